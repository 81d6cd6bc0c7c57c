import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import { INTERACTION_KINDS, type Interaction, type InteractionPage, type RedactionSettings } from '../../api/types.ts';
import { Button, ButtonLink } from '../../base/button.tsx';
import { SelectField, TextField } from '../../base/field.tsx';
import { Menu, MenuCheck } from '../../base/menu.tsx';
import { Empty, Notice, Problem } from '../../base/notice.tsx';
import { Page } from '../../base/page.tsx';
import { type Column, Table } from '../../base/table.tsx';
import { AccountNeeded } from '../../shell/account-needed.tsx';
import { useAccounts } from '../../shell/accounts.tsx';
import { useClient, useMay } from '../../shell/session.tsx';
import bar from '../requests/requests.module.css';
import { fitsWords, interactionColumns, KIND_WORDS } from './columns.tsx';
import styles from './interactions.module.css';
import { RedactDialog } from './redact-dialog.tsx';
import { RunningRedactions } from './running-redactions.tsx';

/** The log of calls, texts, chats and forms, with the red flag. */
export default function InteractionsView() {
  const { chosen } = useAccounts();
  return (
    <Page
      title="Interactions"
      lede="Calls, texts, chats and forms. The red flag redacts one, or everything earlier from the same contact."
      actions={<ButtonLink href="/interactions/settings">Redaction settings</ButtonLink>}
    >
      {chosen ? <Log key={chosen.id} account={chosen.id} /> : <AccountNeeded />}
    </Page>
  );
}

const FILTERS = ['kind', 'from', 'to', 'redacted', 'cursor'] as const;
type Filters = Partial<Record<(typeof FILTERS)[number], string>>;

function Log({ account }: { account: string }) {
  const client = useClient();
  const cache = useQueryClient();
  const may = useMay();
  const [, go] = useLocation();
  const given = new URLSearchParams(useSearch());
  const filters: Filters = Object.fromEntries(
    FILTERS.flatMap((name) => (given.get(name) ? [[name, given.get(name)]] : [])),
  );
  const show = (next: Filters) => {
    const pairs = Object.entries(next).filter((pair): pair is [string, string] => Boolean(pair[1]));
    go(`/interactions${pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : ''}`);
  };
  const [words, setWords] = useState('');
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [flagged, setFlagged] = useState<Interaction>();
  const { data: settings } = useQuery({
    queryKey: ['redaction', account],
    queryFn: () => client.call<RedactionSettings>(`/accounts/${account}/redaction`, { account }),
  });
  const { data, error, refetch } = useQuery({
    queryKey: ['interactions', account, filters],
    queryFn: ({ signal }) =>
      client.call<InteractionPage>(`/accounts/${account}/interactions`, {
        query: { limit: '50', ...filters },
        account,
        signal,
      }),
    // Each look at the log is an entry of the audit: it is asked for when somebody looks, not by the clock.
    staleTime: 60_000,
    refetchOnWindowFocus: false,
    placeholderData: keepPreviousData,
    gcTime: 0,
  });
  const inForce = settings?.effective.manual === true;
  const all = interactionColumns();
  const flag: Column<Interaction> = {
    id: 'flag',
    head: 'Redact',
    right: true,
    cell: (row) => (row.redacted ? null : <Flag row={row} off={!inForce} onFlag={() => setFlagged(row)} />),
  };
  const columns = [...all.filter(({ id }) => !hidden.has(id)), ...(may('redact') ? [flag] : [])];
  return (
    <>
      {settings && !inForce && may('redact') && <NotInForce settings={settings} />}
      <RunningRedactions account={account} />
      <FilterLine filters={filters} show={show} words={words} setWords={setWords}>
        <Menu label="Columns">
          {all.map(({ id, head }) => (
            <MenuCheck
              key={id}
              checked={!hidden.has(id)}
              onChange={(is) =>
                setHidden(is ? new Set([...hidden].filter((one) => one !== id)) : new Set([...hidden, id]))
              }
            >
              {head}
            </MenuCheck>
          ))}
        </Menu>
      </FilterLine>
      {error && <Problem error={error} again={() => void refetch()} />}
      {!(error && !data) && (
        <Table
          label="Interactions"
          columns={columns}
          rows={data?.interactions.filter((row) => fitsWords(row, words))}
          rowKey={({ kind, direction, id, at }) => `${kind} ${direction} ${id} ${at}`}
          empty={<Empty title="No interaction fits">Choose another kind or a longer time, or clear the words.</Empty>}
        />
      )}
      <nav className={bar.pages} aria-label="Pages of the log">
        {filters.cursor && <Button onClick={() => show({ ...filters, cursor: '' })}>Newest</Button>}
        {data?.next && <Button onClick={() => show({ ...filters, cursor: data.next ?? '' })}>Older</Button>}
      </nav>
      {flagged && (
        <RedactDialog
          interaction={flagged}
          account={account}
          onClose={() => setFlagged(undefined)}
          onDone={async () => {
            setFlagged(undefined);
            await cache.invalidateQueries({ queryKey: ['interactions', account] });
            await cache.invalidateQueries({ queryKey: ['redactions', account] });
          }}
        />
      )}
    </>
  );
}

function Flag({ row, off, onFlag }: { row: Interaction; off: boolean; onFlag: () => void }) {
  return (
    <Button
      kind="quiet"
      icon="flag"
      className={styles.flag}
      disabled={off || row.id === null}
      aria-label={`Redact this ${KIND_WORDS[row.kind].toLowerCase()}${row.at ? ` of ${row.at.slice(0, 16).replace('T', ' ')} UTC` : ''}`}
      title={off ? 'Redaction by hand is not in force' : 'Redact'}
      onClick={onFlag}
    />
  );
}

function NotInForce({ settings }: { settings: RedactionSettings }) {
  return (
    <Notice
      kind="warn"
      title="Redaction by hand is not in force"
      actions={<ButtonLink href="/interactions/settings">Redaction settings</ButtonLink>}
    >
      {settings.manual
        ? 'It is turned on here, but the agency does not allow it.'
        : 'An administrator can turn it on for this account.'}
    </Notice>
  );
}

interface FilterLineProps {
  readonly filters: Filters;
  readonly show: (next: Filters) => void;
  readonly words: string;
  readonly setWords: (words: string) => void;
  readonly children: React.ReactNode;
}

function FilterLine({ filters, show, words, setWords, children }: FilterLineProps) {
  const set = (name: keyof Filters, value: string) => show({ ...filters, [name]: value, cursor: '' });
  return (
    <div className={bar.filters}>
      <div className={bar.views}>
        <button type="button" className={bar.view} aria-pressed={!filters.kind} onClick={() => set('kind', '')}>
          All
        </button>
        {INTERACTION_KINDS.map((kind) => (
          <button
            key={kind}
            type="button"
            className={bar.view}
            aria-pressed={filters.kind === kind}
            onClick={() => set('kind', kind)}
          >
            {KIND_WORDS[kind]}s
          </button>
        ))}
      </div>
      <div className={bar.fields}>
        <TextField
          label="From"
          type="date"
          value={filters.from ?? ''}
          onChange={({ target }) => set('from', target.value)}
        />
        <TextField label="to" type="date" value={filters.to ?? ''} onChange={({ target }) => set('to', target.value)} />
        <SelectField
          label="Redacted"
          value={filters.redacted ?? ''}
          onChange={({ target }) => set('redacted', target.value)}
        >
          <option value="">Any</option>
          <option value="false">Not redacted</option>
          <option value="true">Redacted</option>
        </SelectField>
        <TextField
          label="Within this page"
          value={words}
          onChange={({ target }) => setWords(target.value)}
          placeholder="contact, source, tag …"
          autoComplete="off"
        />
        <div className={styles.columns}>{children}</div>
      </div>
    </div>
  );
}
