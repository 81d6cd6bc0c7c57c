import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Page as ListPage, Suppression, SuppressionCheck } from '../../api/types.ts';
import { Button } from '../../base/button.tsx';
import { Dialog } from '../../base/dialog.tsx';
import { TextField } from '../../base/field.tsx';
import { Empty, Notice, Problem } from '../../base/notice.tsx';
import { Card, Facts, Page, Section } from '../../base/page.tsx';
import { State } from '../../base/state.tsx';
import { type Column, Table } from '../../base/table.tsx';
import { Time } from '../../base/time.tsx';
import { useTell } from '../../base/toast.tsx';
import { plainName } from '../../base/words.ts';
import { AccountNeeded } from '../../shell/account-needed.tsx';
import { useAccounts } from '../../shell/accounts.tsx';
import { useClient, useMay } from '../../shell/session.tsx';
import access from '../access/access.module.css';
import { digitsOf } from '../find/understand.ts';
import { Reference } from '../request/reference.tsx';

/** Numbers that are not written to: is one among them, since when and why, and taking it off. */
export default function SuppressionsView() {
  const { chosen } = useAccounts();
  return (
    <Page
      title="Suppressions"
      lede="A suppressed number is not written to. The list holds keyed hashes, no numbers: ask by the number."
    >
      {chosen ? (
        <>
          <Check key={chosen.id} account={chosen.id} />
          <List account={chosen.id} />
        </>
      ) : (
        <AccountNeeded />
      )}
    </Page>
  );
}

function Check({ account }: { account: string }) {
  const client = useClient();
  const [text, setText] = useState('');
  const check = useMutation({
    mutationFn: (number: string) =>
      client.call<SuppressionCheck>('/suppressions/check', { method: 'POST', body: { number }, account }),
    gcTime: 0,
  });
  const number = digitsOf(text);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    check.mutate(number);
  };
  return (
    <>
      <form className={access.ask} onSubmit={onSubmit}>
        <TextField
          label="Number"
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            check.reset();
          }}
          placeholder="447700 900123"
          autoComplete="off"
          inputMode="tel"
          required
        />
        <Button type="submit" kind="primary" busy={check.isPending} disabled={number.length < 7}>
          Check
        </Button>
      </form>
      <div aria-live="polite">
        {check.isError && <Problem error={check.error} again={() => check.mutate(number)} />}
        {check.isSuccess && (
          <Answer found={check.data} number={check.variables} account={account} onLifted={() => check.mutate(number)} />
        )}
      </div>
    </>
  );
}

interface AnswerProps {
  readonly found: SuppressionCheck;
  readonly number: string;
  readonly account: string;
  readonly onLifted: () => void;
}

function Answer({ found, number, account, onLifted }: AnswerProps) {
  const may = useMay();
  const [asks, setAsks] = useState(false);
  if (!found.suppressed)
    return <Notice kind="good">This number is not suppressed: the platform may write to it.</Notice>;
  return (
    <Card>
      <Section
        title="This number is suppressed"
        actions={
          may('forget') && (
            <Button kind="danger" onClick={() => setAsks(true)}>
              Lift the suppression
            </Button>
          )
        }
      >
        <Facts
          items={{
            State: <State state="suppressed" />,
            Since: <Time at={found.since} />,
            Why: found.why && plainName(found.why),
            By: found.by,
            Request: found.reference && <Reference of={found.reference} />,
          }}
        />
      </Section>
      {asks && <Lift number={number} account={account} onClose={() => setAsks(false)} onLifted={onLifted} />}
    </Card>
  );
}

interface LiftProps {
  readonly number: string;
  readonly account: string;
  readonly onClose: () => void;
  readonly onLifted: () => void;
}

function Lift({ number, account, onClose, onLifted }: LiftProps) {
  const client = useClient();
  const cache = useQueryClient();
  const tell = useTell();
  const [reason, setReason] = useState('');
  const lift = useMutation({
    mutationFn: () =>
      client.call<{ suppressed: boolean }>('/suppressions/lift', {
        method: 'POST',
        body: { number, reason: reason.trim() },
        account,
      }),
    onSuccess: async ({ suppressed }) => {
      onClose();
      tell(
        suppressed ? 'Lifted here; the platform itself keeps the number on its list.' : 'The suppression is lifted.',
      );
      onLifted();
      await cache.invalidateQueries({ queryKey: ['suppressions', account] });
    },
    gcTime: 0,
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Lift this suppression?"
      lede="The platform may write to the number again. The reason goes into the audit with your name; write no phone number into it."
      closeWord="Keep it suppressed"
      actions={
        <Button kind="danger" busy={lift.isPending} disabled={reason.trim().length < 3} onClick={() => lift.mutate()}>
          Lift the suppression
        </Button>
      }
    >
      <TextField
        label="Reason"
        value={reason}
        onChange={({ target }) => setReason(target.value)}
        placeholder="The person asked for messages again, by letter"
        maxLength={300}
        autoComplete="off"
        error={/\d{6}/.test(reason) ? 'This looks like a phone number: leave it out.' : undefined}
      />
      {lift.isError && <Problem error={lift.error} />}
    </Dialog>
  );
}

const COLUMNS: readonly Column<Suppression>[] = [
  { id: 'masked', head: 'Number', names: true, cell: ({ masked }) => masked ?? '–' },
  { id: 'since', head: 'Since', cell: ({ since }) => <Time at={since} /> },
  { id: 'why', head: 'Why', wide: true, cell: ({ why }) => (why ? plainName(why) : '–') },
  { id: 'by', head: 'By', cell: ({ by }) => by ?? '–' },
];

function List({ account }: { account: string }) {
  const client = useClient();
  const [cursor, setCursor] = useState<string>();
  const { data, error, refetch } = useQuery({
    queryKey: ['suppressions', account, cursor],
    queryFn: () => client.call<ListPage<Suppression>>('/suppressions', { query: { cursor }, account }),
  });
  return (
    <Section title="All suppressions" note="Masked: country code and the last two digits.">
      {error ? (
        <Problem error={error} again={() => void refetch()} />
      ) : (
        <Table
          label="Suppressions"
          columns={COLUMNS}
          rows={data?.items}
          rowKey={({ id, masked, since }) => id ?? `${masked} ${since}`}
          empty={
            <Empty title="No number is suppressed">
              A number is suppressed when it is forgotten, unless that was not wanted.
            </Empty>
          }
        />
      )}
      <nav aria-label="Pages of the suppressions">
        {cursor && <Button onClick={() => setCursor(undefined)}>First page</Button>}{' '}
        {data?.next && <Button onClick={() => setCursor(data.next ?? undefined)}>Next page</Button>}
      </nav>
    </Section>
  );
}
