import { useQuery } from '@tanstack/react-query';
import { Button } from '../../base/button.tsx';
import { fileStamp, saveFile } from '../../base/files.ts';
import { Problem, Waiting } from '../../base/notice.tsx';
import { Card, Facts, Page, Section } from '../../base/page.tsx';
import { Time } from '../../base/time.tsx';
import { plainName, showValue } from '../../base/words.ts';
import { useAccounts } from '../../shell/accounts.tsx';
import { useClient } from '../../shell/session.tsx';
import styles from './records.module.css';

type Sheet = Readonly<Record<string, unknown>>;

/** The records of processing (GDPR, article 30), made from the data map: whatever it names stands here. */
export default function ProcessingRecordsView() {
  const client = useClient();
  const { chosen } = useAccounts();
  const { data, error, refetch } = useQuery({
    queryKey: ['records', chosen?.id],
    queryFn: () => client.call<Sheet>('/records-of-processing', { account: chosen?.id }),
    staleTime: 300_000,
  });
  const save = () =>
    saveFile(`processing-${fileStamp(new Date())}.json`, JSON.stringify(data, null, 2), 'application/json');
  return (
    <Page
      title="Records of processing"
      lede="What article 30 of the GDPR asks for, as far as the data map knows it: what is held where, why, and for how long."
      actions={
        data && (
          <>
            <Button icon="download" onClick={save}>
              Save as JSON
            </Button>
            <Button icon="print" onClick={() => window.print()}>
              Print
            </Button>
          </>
        )
      }
    >
      {error && <Problem error={error} again={() => void refetch()} />}
      {!data && !error && <Waiting lines={8} />}
      {data && <Parts sheet={data} />}
    </Page>
  );
}

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null;

const heading = (name: string): string => {
  const text = plainName(name);
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;
};

/** Short values first, then a part for each list and each group. */
function Parts({ sheet }: { sheet: Sheet }) {
  const entries = Object.entries(sheet);
  const short = entries.filter(([, value]) => isPlain(value) || isShortList(value));
  const parts = entries.filter(([, value]) => !isPlain(value) && !isShortList(value));
  return (
    <>
      {short.length > 0 && (
        <Card>
          <Facts
            items={Object.fromEntries(
              short.map(([name, value]) => [
                heading(name),
                name === 'made_at' ? <Time key={name} at={String(value)} exact /> : showValue(value),
              ]),
            )}
          />
        </Card>
      )}
      {parts.map(([name, value]) => (
        <Section key={name} title={heading(name)}>
          <Card>
            <Part value={value} />
          </Card>
        </Section>
      ))}
    </>
  );
}

/** Words, not sentences. */
const isShortList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => isPlain(one) && String(one).length < 50);

function Part({ value }: { value: unknown }) {
  if (isPlain(value) || isShortList(value)) return <>{showValue(value)}</>;
  if (Array.isArray(value))
    return (
      <ul className={styles.list}>
        {value.map((one) => (
          <li key={JSON.stringify(one)}>
            <Part value={one} />
          </li>
        ))}
      </ul>
    );
  return (
    <Facts
      items={Object.fromEntries(
        Object.entries(value as Sheet).map(([name, one]) => [heading(name), <Part key={name} value={one} />]),
      )}
    />
  );
}
