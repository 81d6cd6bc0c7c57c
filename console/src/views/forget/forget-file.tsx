import { useMutation } from '@tanstack/react-query';
import { type ChangeEvent, useState } from 'react';
import type { Batch } from '../../api/types.ts';
import { Button, ButtonLink } from '../../base/button.tsx';
import { TextField } from '../../base/field.tsx';
import { Empty, Notice, Problem } from '../../base/notice.tsx';
import { Card, Page, Section } from '../../base/page.tsx';
import { type Column, Table } from '../../base/table.tsx';
import { plural } from '../../base/words.ts';
import { AccountNeeded } from '../../shell/account-needed.tsx';
import { useAccounts } from '../../shell/accounts.tsx';
import { useClient } from '../../shell/session.tsx';
import { BatchProgress } from './batch-progress.tsx';
import styles from './forget.module.css';
import { type FileLine, readNumbers } from './read-numbers.ts';

/** A file of numbers: what is refused and why before anything is sent, then progress, then a file of the results. */
export default function ForgetFileView() {
  const { chosen } = useAccounts();
  return (
    <Page
      title="Forget a file of numbers"
      lede="A CSV or text file with a number on each line, up to 10,000. It is read in your browser first."
      actions={<ButtonLink href="/forget">Forget one number</ButtonLink>}
      narrow
    >
      {chosen ? <FileSteps key={chosen.id} account={chosen.id} /> : <AccountNeeded />}
    </Page>
  );
}

function FileSteps({ account }: { account: string }) {
  const client = useClient();
  const [lines, setLines] = useState<readonly FileLine[]>();
  const [fault, setFault] = useState<string>();
  const send = useMutation({
    mutationFn: (numbers: readonly string[]) =>
      client.call<Batch>('/gdpr/forget/batch', { method: 'POST', body: { numbers }, account }),
    gcTime: 0,
  });
  const onFile = async ({ target }: ChangeEvent<HTMLInputElement>) => {
    const [file] = target.files ?? [];
    setFault(undefined);
    setLines(undefined);
    send.reset();
    if (!file) return;
    try {
      setLines(readNumbers(await file.text()));
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
  };
  const good = lines?.filter(({ refused }) => !refused) ?? [];
  if (send.isSuccess) return <BatchProgress sent={good} batch={send.data} account={account} />;
  return (
    <>
      <Card>
        <div className={styles.form}>
          <label htmlFor="file">File of numbers</label>
          <input
            id="file"
            type="file"
            accept=".csv,.txt,text/csv,text/plain"
            className={styles.file}
            onChange={(event) => void onFile(event)}
          />
          {fault && <Notice kind="bad">{fault}</Notice>}
        </div>
      </Card>
      {lines && <Preview lines={lines} />}
      {good.length > 0 && (
        <Send count={good.length} busy={send.isPending} onSend={() => send.mutate(good.map(({ number }) => number))} />
      )}
      {send.isError && <Problem error={send.error} />}
    </>
  );
}

const COLUMNS: readonly Column<FileLine>[] = [
  { id: 'line', head: 'Line', cell: ({ line }) => line },
  { id: 'written', head: 'Written', names: true, cell: ({ written }) => written || '–' },
  { id: 'why', head: 'Refused because it', wide: true, cell: ({ refused }) => refused },
];
/** More are only counted. */
const MOST_SHOWN = 100;

function Preview({ lines }: { lines: readonly FileLine[] }) {
  const refused = lines.filter((line) => line.refused);
  if (lines.length === 0)
    return <Empty title="The file holds no number">Put one number on each line, with its country code.</Empty>;
  return (
    <Section
      title={`${plural(lines.length - refused.length, 'number')} to forget, ${refused.length === 0 ? 'none refused' : `${plural(refused.length, 'line')} refused`}`}
      note={refused.length > MOST_SHOWN ? `The first ${MOST_SHOWN} refused lines are shown.` : undefined}
    >
      {refused.length > 0 && (
        <Table
          label="Refused lines"
          columns={COLUMNS}
          rows={refused.slice(0, MOST_SHOWN)}
          rowKey={({ line }) => String(line)}
          empty={null}
        />
      )}
    </Section>
  );
}

function Send({ count, busy, onSend }: { count: number; busy: boolean; onSend: () => void }) {
  const [typed, setTyped] = useState('');
  const matches = typed === String(count);
  return (
    <Card>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (matches) onSend();
        }}
      >
        <TextField
          label={`Type how many numbers will be forgotten: ${count}`}
          value={typed}
          inputMode="numeric"
          autoComplete="off"
          onChange={({ target }) => setTyped(target.value.replace(/\D/g, ''))}
          hint="What is erased cannot be brought back."
        />
        <Button type="submit" kind="danger" icon="eraser" busy={busy} disabled={!matches}>
          Forget {plural(count, 'number')}
        </Button>
      </form>
    </Card>
  );
}
