import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import type { MonthFigures } from '../../api/types.ts';
import { Button } from '../../base/button.tsx';
import { TextField } from '../../base/field.tsx';
import { saveFile } from '../../base/files.ts';
import { Notice, Problem, Waiting } from '../../base/notice.tsx';
import { Card, Facts, Page, Section } from '../../base/page.tsx';
import { spokenLength } from '../../base/times.ts';
import { plainName } from '../../base/words.ts';
import { useAccountName, useAccounts } from '../../shell/accounts.tsx';
import { useClient } from '../../shell/session.tsx';
import { profileWord } from '../requests/profiles.ts';
import styles from './figures.module.css';
import { MonthChart } from './month-chart.tsx';

/** A month in figures, to read, to print and to save. */
export default function FiguresView() {
  const client = useClient();
  const { chosen } = useAccounts();
  const [, go] = useLocation();
  const [fault, setFault] = useState<unknown>();
  const month = new URLSearchParams(useSearch()).get('month') ?? new Date().toISOString().slice(0, 7);
  const { data, error, refetch } = useQuery({
    queryKey: ['figures', chosen?.id, month],
    queryFn: () => client.call<MonthFigures>('/figures', { query: { month }, account: chosen?.id }),
    placeholderData: keepPreviousData,
  });
  const save = () => {
    setFault(undefined);
    client
      .text('/figures', { query: { month }, account: chosen?.id, accept: 'text/csv' })
      .then((text) => saveFile(`figures-${month}.csv`, text, 'text/csv'), setFault);
  };
  return (
    <Page
      title={`Month figures, ${month}`}
      lede={chosen ? `Of ${chosen.name}.` : 'Of all accounts you may see.'}
      actions={
        <>
          <Button icon="download" onClick={save}>
            Save as CSV
          </Button>
          <Button icon="print" onClick={() => window.print()}>
            Print
          </Button>
        </>
      }
    >
      <div className={styles.month}>
        <TextField
          label="Month"
          type="month"
          value={month}
          max={new Date().toISOString().slice(0, 7)}
          onChange={({ target }) => target.value && go(`/figures?month=${target.value}`)}
        />
      </div>
      {fault !== undefined && <Problem error={fault} />}
      {error && <Problem error={error} again={() => void refetch()} />}
      {!data && !error && <Waiting lines={8} />}
      {data && <Figures figures={data} />}
    </Page>
  );
}

const seconds = (value: number | null): string => (value === null ? '–' : spokenLength(value * 1000));

function Figures({ figures }: { figures: MonthFigures }) {
  const name = useAccountName();
  const { received, completed, overdue, missed, by_profile: profiles } = figures;
  return (
    <>
      <dl className={styles.tiles}>
        <Tile name="Received" value={received.toLocaleString('en-GB')} />
        <Tile name="Done" value={completed.toLocaleString('en-GB')} />
        <Tile name="Time to erase, median" value={seconds(figures.median_seconds)} />
        <Tile name="95 of 100 within" value={seconds(figures.p95_seconds)} />
        <Tile name="Overdue now" value={overdue.toLocaleString('en-GB')} bad={overdue > 0} />
        <Tile name="Done too late" value={missed.toLocaleString('en-GB')} bad={missed > 0} />
      </dl>
      {received + completed === 0 && <Notice>No request was received or done in this month.</Notice>}
      <Card>
        <Section title="Day by day">
          <MonthChart days={figures.by_day} />
        </Section>
      </Card>
      <div className={styles.pair}>
        <Card>
          <Section title="What stood in the way">
            {Object.keys(figures.failed_by_cause).length === 0 ? (
              <p>Nothing: no attempt failed.</p>
            ) : (
              <Facts
                items={Object.fromEntries(
                  Object.entries(figures.failed_by_cause).map(([cause, count]) => [plainName(cause), count]),
                )}
              />
            )}
          </Section>
        </Card>
        <Card>
          <Section title="By kind">
            <Facts
              items={Object.fromEntries(
                Object.entries(profiles).map(([profile, value]) => [profileWord(profile), showFigure(value)]),
              )}
            />
          </Section>
        </Card>
        {figures.by_account.length > 1 && (
          <Card>
            <Section title="By account">
              <Facts
                items={Object.fromEntries(
                  figures.by_account.map(({ account, ...rest }) => [name(account), showFigure(rest)]),
                )}
              />
            </Section>
          </Card>
        )}
      </div>
    </>
  );
}

const COUNTED = ['received', 'completed', 'overdue', 'missed'];

function showFigure(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .filter(([name, one]) => typeof one === 'number' && COUNTED.includes(name))
    .map(([name, one]) => `${plainName(name)} ${String(one)}`)
    .join(', ');
}

function Tile({ name, value, bad = false }: { name: string; value: string; bad?: boolean }) {
  return (
    <div className={`${styles.tile} ${bad ? styles.bad : ''}`}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
