import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { HeldData } from '../../api/types.ts';
import { Button } from '../../base/button.tsx';
import { toCsv } from '../../base/csv.ts';
import { TextField } from '../../base/field.tsx';
import { fileStamp, saveFile } from '../../base/files.ts';
import { Empty, Notice, Problem, Waiting } from '../../base/notice.tsx';
import { Card, Facts, Page, Section } from '../../base/page.tsx';
import { Time } from '../../base/time.tsx';
import { plainName, plural, showValue, totalOf } from '../../base/words.ts';
import { AccountNeeded } from '../../shell/account-needed.tsx';
import { useAccounts } from '../../shell/accounts.tsx';
import { useCarried } from '../../shell/carried.tsx';
import { useClient } from '../../shell/session.tsx';
import { digitsOf } from '../find/understand.ts';
import styles from './access.module.css';
import { HeldCollection } from './held-collection.tsx';

/** Everything that is held on a number (GDPR, article 15), to read, to save and to print. */
export default function AccessView() {
  const { chosen } = useAccounts();
  return (
    <Page
      title="Access"
      lede="Everything held on a number, by collection. It shows the person's messages: each look is written into the audit with your name."
    >
      {chosen ? <Ask key={chosen.id} account={chosen.id} /> : <AccountNeeded />}
    </Page>
  );
}

function Ask({ account }: { account: string }) {
  const client = useClient();
  const carried = useCarried();
  const [text, setText] = useState(() => carried.take());
  const ask = useMutation({
    mutationFn: (number: string) =>
      client.call<HeldData>('/gdpr/access', { method: 'POST', body: { number }, account }),
    gcTime: 0,
  });
  const number = digitsOf(text);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    ask.mutate(number);
  };
  return (
    <>
      <form className={styles.ask} onSubmit={onSubmit}>
        <TextField
          label="Number"
          value={text}
          onChange={({ target }) => setText(target.value)}
          placeholder="447700 900123"
          autoComplete="off"
          inputMode="tel"
          required
        />
        <Button type="submit" kind="primary" busy={ask.isPending} disabled={number.length < 7}>
          Show what is held
        </Button>
      </form>
      {ask.isPending && <Waiting lines={6} label="Reading all collections" />}
      {ask.isError && <Problem error={ask.error} again={() => ask.mutate(number)} />}
      {ask.isSuccess && <Held data={ask.data} />}
    </>
  );
}

function Held({ data }: { data: HeldData }) {
  const names = Object.keys(data.collections);
  const total = totalOf(data.counts);
  return (
    <>
      <Card>
        <Section
          title={
            total === 0
              ? 'Nothing is held on this number'
              : `${plural(total, 'record')} in ${plural(names.length, 'collection')}`
          }
          actions={<Exports data={data} />}
        >
          <Facts
            items={{
              Searched: data.searched.map(plainName).join(', '),
              At: <Time at={data.searched_at} exact />,
            }}
          />
        </Section>
      </Card>
      {names.map((name) => {
        const held = data.collections[name];
        return held && <HeldCollection key={name} name={name} records={held.records} />;
      })}
      <Kept kept={data.kept} />
      {total === 0 && (
        <Empty title="No record of the platform names this number">
          What Lethe itself keeps, if anything, stands above.
        </Empty>
      )}
    </>
  );
}

function Exports({ data }: { data: HeldData }) {
  const stamp = fileStamp(new Date(data.searched_at));
  const json = () => saveFile(`held-${stamp}.json`, JSON.stringify(data, null, 2), 'application/json');
  const csv = () => {
    const rows = Object.entries(data.collections).flatMap(([name, { records }]) =>
      records.flatMap(({ id, at, fields }) =>
        fields.map(({ path, value }) => [name, id ?? '', at ?? '', path, showValue(value)]),
      ),
    );
    saveFile(`held-${stamp}.csv`, toCsv(['collection', 'record', 'at', 'field', 'value'], rows), 'text/csv');
  };
  return (
    <>
      <Button icon="download" onClick={json}>
        JSON
      </Button>
      <Button icon="download" onClick={csv}>
        CSV
      </Button>
      <Button icon="print" onClick={() => window.print()}>
        Print
      </Button>
    </>
  );
}

/** What stays under the number's keyed hash: no number stands in any of it. */
function Kept({ kept: { suppressions, requests, audit } }: { kept: HeldData['kept'] }) {
  if (suppressions.length + requests.length + audit.length === 0) return null;
  const list = (rows: readonly Readonly<Record<string, unknown>>[], fields: readonly string[]) => (
    <ul className={styles.kept}>
      {rows.map((row) => (
        <li key={JSON.stringify(row)}>
          {fields
            .map((field) => row[field])
            .filter(Boolean)
            .map(showValue)
            .join(' · ')}
        </li>
      ))}
    </ul>
  );
  return (
    <Card>
      <Section title="Kept by Lethe" note="Under a keyed hash of the number: proof, and the suppression itself.">
        <Facts
          items={{
            Suppressions: suppressions.length > 0 && list(suppressions, ['masked', 'reason', 'created_at']),
            Requests: requests.length > 0 && list(requests, ['reference', 'state', 'created_at']),
            Audit: audit.length > 0 && list(audit, ['at', 'action', 'actor', 'reason']),
          }}
        />
        {audit.length >= 100 && <Notice>The newest 100 entries of the audit are shown; the view Audit has all.</Notice>}
      </Section>
    </Card>
  );
}
