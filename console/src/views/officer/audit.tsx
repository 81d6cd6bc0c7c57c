import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useLocation, useSearch } from 'wouter';
import type { ApiClient } from '../../api/client.ts';
import type { AuditEntry, AuditVerdict, Page as ListPage } from '../../api/types.ts';
import { Button } from '../../base/button.tsx';
import { toCsv } from '../../base/csv.ts';
import { SelectField, TextField } from '../../base/field.tsx';
import { fileStamp, saveFile } from '../../base/files.ts';
import { Empty, Notice, Problem } from '../../base/notice.tsx';
import { Facts, Page } from '../../base/page.tsx';
import { type Column, Table } from '../../base/table.tsx';
import { Time } from '../../base/time.tsx';
import { utcMoment } from '../../base/times.ts';
import { useTell } from '../../base/toast.tsx';
import { plainName, plural, showValue } from '../../base/words.ts';
import { useAccountName, useAccounts } from '../../shell/accounts.tsx';
import { useClient } from '../../shell/session.tsx';
import { Reference } from '../request/reference.tsx';
import bar from '../requests/requests.module.css';
import { ACTIONS, actionWord } from './audit-words.ts';

const FILTERS = ['action', 'actor', 'reference', 'from', 'to', 'cursor'] as const;
type Filters = Partial<Record<(typeof FILTERS)[number], string>>;

/** Who did what to whose data, in a chain that shows whether anything was changed afterwards. */
export default function AuditView() {
  const { chosen } = useAccounts();
  return (
    <Page
      title="Audit"
      lede="Every act on personal data, in a chain: an entry that was changed or taken out afterwards is seen."
      actions={<SaveAudit account={chosen?.id} />}
    >
      <Verify key={chosen?.id} account={chosen?.id} />
      <Entries account={chosen?.id} />
    </Page>
  );
}

function Verify({ account }: { account: string | undefined }) {
  const client = useClient();
  const verify = useMutation({
    mutationFn: () => client.call<AuditVerdict>('/audit/verify', { method: 'POST', body: {}, account }),
  });
  return (
    <>
      <div>
        <Button kind="primary" icon="shield" busy={verify.isPending} onClick={() => verify.mutate()}>
          Verify
        </Button>
      </div>
      {verify.isError && <Problem error={verify.error} again={() => verify.mutate()} />}
      {verify.isSuccess && <Verdict verdict={verify.data} />}
    </>
  );
}

const OUTSIDE = {
  compared: 'agree with the file of AUDIT_HEAD_FILE',
  unreadable: 'AUDIT_HEAD_FILE cannot be read: whether an end was cut off is not known. Tell the operator.',
  none: 'not kept outside of the database',
} as const;

function titleOf({ ok, entries, faults_found: found }: AuditVerdict): string {
  if (found > 0) return 'The audit was changed';
  const what = plural(entries, 'entry', 'entries');
  return ok
    ? `The audit is as it was written: ${what}`
    : `Nothing wrong was found, and not all could be looked at: ${what}`;
}

function Verdict({ verdict }: { verdict: AuditVerdict }) {
  const { ok, chains, faults, faults_found: found, kept_outside: outside } = verdict;
  const name = useAccountName();
  const now = new Date().toISOString();
  return (
    <Notice kind={ok ? 'good' : 'bad'} title={titleOf(verdict)}>
      {chains.map(({ account, from, to, head, head_at }) => (
        <Facts
          key={account}
          items={{
            Account: chains.length > 1 && name(account),
            Range: `${from} to ${to}`,
            'Last entry': head_at && <Time at={head_at} exact />,
            Head: <code>{head}</code>,
          }}
        />
      ))}
      <Facts
        items={{
          Verified: <Time at={now} exact />,
          Ends: (outside !== 'compared' || found === 0) && OUTSIDE[outside],
          Faults:
            found > 0 &&
            `${found}: ${faults.map(({ sequence, fault }) => `no. ${sequence} ${plainName(fault)}`).join('; ')}`,
        }}
      />
      {found > 0 &&
        'Tell the operator and keep this page: somebody with access to the database changed entries or took them out.'}
    </Notice>
  );
}

const COLUMNS: readonly Column<AuditEntry>[] = [
  { id: 'sequence', head: 'No.', right: true, cell: ({ sequence }) => sequence.toLocaleString('en-GB') },
  { id: 'at', head: 'When', cell: ({ at }) => <Time at={at} exact /> },
  { id: 'action', head: 'Act', names: true, cell: ({ action }) => actionWord(action) },
  { id: 'actor', head: 'Who', cell: ({ actor }) => actor },
  { id: 'reference', head: 'About', cell: ({ reference }) => (reference ? <Entry reference={reference} /> : '–') },
  { id: 'detail', head: 'Detail', wide: true, cell: (entry) => detailOf(entry) || '–' },
];

const accountColumn = (name: (id: string) => string): Column<AuditEntry> => ({
  id: 'account',
  head: 'Account',
  cell: ({ account }) => (account === 'installation' ? 'The installation' : account ? name(account) : '–'),
});

/** The reference of a request is one of 15 letters and digits; a key or a report has other ones. */
const Entry = ({ reference }: { reference: string }) =>
  /^[A-Za-z0-9]{15}$/.test(reference) ? <Reference of={reference} /> : <code>{reference}</code>;

function detailOf({ detail }: AuditEntry): string {
  if (typeof detail !== 'object' || detail === null) return showDetail(detail);
  const { reason, counts, ...rest } = detail as Record<string, unknown>;
  return [reason, counts, ...Object.values(rest)].map(showDetail).filter(Boolean).join('; ');
}

function showDetail(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object' || Array.isArray(value)) return showValue(value);
  return Object.entries(value)
    .map(([name, one]) => `${name} ${showValue(one)}`)
    .join(', ');
}

/** Filters that are written: asked for when they are done, not with every letter. */
const WRITTEN = [
  { filter: 'actor', label: 'Who', hint: 'address or key' },
  { filter: 'reference', label: 'Reference', hint: 'of a request' },
] as const;

function Entries({ account }: { account: string | undefined }) {
  const client = useClient();
  const name = useAccountName();
  const [, go] = useLocation();
  const given = new URLSearchParams(useSearch());
  const filters: Filters = Object.fromEntries(
    FILTERS.flatMap((name) => (given.get(name) ? [[name, given.get(name)]] : [])),
  );
  const show = (next: Filters) => {
    const pairs = Object.entries(next).filter((pair): pair is [string, string] => Boolean(pair[1]));
    go(`/audit${pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : ''}`);
  };
  const set = (name: keyof Filters, value: string) => show({ ...filters, [name]: value, cursor: '' });
  const { data, error, refetch } = useQuery({
    queryKey: ['audit', account, filters],
    queryFn: ({ signal }) =>
      client.call<ListPage<AuditEntry>>('/audit', { query: { limit: '50', ...filters }, account, signal }),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <div className={bar.fields}>
        <SelectField label="Act" value={filters.action ?? ''} onChange={({ target }) => set('action', target.value)}>
          <option value="">Any</option>
          {ACTIONS.map((action) => (
            <option key={action} value={action}>
              {actionWord(action)}
            </option>
          ))}
        </SelectField>
        {WRITTEN.map(({ filter, label, hint }) => (
          <TextField
            key={`${filter} ${filters[filter] ?? ''}`}
            label={label}
            defaultValue={filters[filter] ?? ''}
            onBlur={({ target }) => target.value.trim() !== (filters[filter] ?? '') && set(filter, target.value.trim())}
            onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
            autoComplete="off"
            placeholder={hint}
          />
        ))}
        <TextField
          label="From"
          type="date"
          value={filters.from ?? ''}
          onChange={({ target }) => set('from', target.value)}
        />
        <TextField label="to" type="date" value={filters.to ?? ''} onChange={({ target }) => set('to', target.value)} />
      </div>
      {error && <Problem error={error} again={() => void refetch()} />}
      {!(error && !data) && (
        <Table
          label="Entries of the audit"
          columns={account === undefined ? [...COLUMNS, accountColumn(name)] : COLUMNS}
          rows={data?.items}
          rowKey={({ sequence, account: of }) => `${of ?? ''} ${sequence}`}
          empty={<Empty title="No entry fits">Choose another act, or a longer time.</Empty>}
        />
      )}
      <nav className={bar.pages} aria-label="Pages of the audit">
        {filters.cursor && <Button onClick={() => show({ ...filters, cursor: '' })}>Newest</Button>}
        {data?.next && <Button onClick={() => show({ ...filters, cursor: data.next ?? '' })}>Older</Button>}
      </nav>
    </>
  );
}

/** More make no file that anybody opens: narrow the filters. */
const MOST_ROWS = 20_000;

function SaveAudit({ account }: { account: string | undefined }) {
  const client = useClient();
  const tell = useTell();
  const given = new URLSearchParams(useSearch());
  const save = useMutation({
    mutationFn: () => readAll(client, account, given),
    onSuccess: (entries) => {
      const rows = entries.map((entry) => [
        entry.sequence,
        utcMoment(entry.at),
        entry.action,
        entry.actor,
        entry.reference ?? '',
        detailOf(entry),
      ]);
      const head = ['number', 'when', 'act', 'who', 'request', 'detail'];
      saveFile(`audit-${fileStamp(new Date())}.csv`, toCsv(head, rows), 'text/csv');
      tell(`Saved ${plural(entries.length, 'entry', 'entries')}.`);
    },
    onError: (error) => tell(error.message),
  });
  return (
    <Button icon="download" busy={save.isPending} onClick={() => save.mutate()}>
      Save as CSV
    </Button>
  );
}

async function readAll(
  client: ApiClient,
  account: string | undefined,
  given: URLSearchParams,
): Promise<readonly AuditEntry[]> {
  const entries: AuditEntry[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: '200', ...Object.fromEntries(given), cursor };
    const page = await client.call<ListPage<AuditEntry>>('/audit', { query, account });
    entries.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && entries.length < MOST_ROWS);
  return entries;
}
