import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import type { Interaction, InteractionPage, RedactionSettings } from '../../api/types.ts';
import { Button, ButtonLink } from '../../base/button.tsx';
import { Menu, MenuCheck } from '../../base/menu.tsx';
import { Empty, Notice, Problem } from '../../base/notice.tsx';
import { Page } from '../../base/page.tsx';
import { PickBar, pickColumn } from '../../base/pick.tsx';
import { type Column, Table } from '../../base/table.tsx';
import { plural } from '../../base/words.ts';
import { AccountNeeded } from '../../shell/account-needed.tsx';
import { useAccounts } from '../../shell/accounts.tsx';
import { useClient, useMay } from '../../shell/session.tsx';
import bar from '../requests/requests.module.css';
import { interactionColumns, KIND_WORDS } from './columns.tsx';
import { bodyOf, FilterLine, type Filters, type Numbers, readFilters } from './filter-line.tsx';
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

function Log({ account }: { account: string }) {
  const client = useClient();
  const cache = useQueryClient();
  const may = useMay();
  const [, go] = useLocation();
  const filters = readFilters(useSearch());
  const show = (next: Filters) => {
    const pairs = Object.entries(next).filter((pair): pair is [string, string] => Boolean(pair[1]));
    go(`/interactions${pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : ''}`);
  };
  // Numbers stand in no address: they are asked for in a body, and gone with the view.
  const [numbers, setNumbers] = useState<Numbers>({ contact: '', tracking: '' });
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [flagged, setFlagged] = useState<readonly Interaction[]>([]);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const { data: settings } = useQuery({
    queryKey: ['redaction', account],
    queryFn: () => client.call<RedactionSettings>(`/accounts/${account}/redaction`, { account }),
  });
  const { data, error, refetch } = useQuery({
    queryKey: ['interactions', account, filters, numbers],
    queryFn: ({ signal }) =>
      client.call<InteractionPage>(`/accounts/${account}/interactions/search`, {
        method: 'POST',
        body: bodyOf(filters, numbers),
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
    cell: (row) => (row.redacted ? null : <Flag row={row} off={!inForce} onFlag={() => setFlagged([row])} />),
  };
  const pick = pickColumn<Interaction>({
    picked,
    onPick: setPicked,
    rowKey: keyOf,
    nameOf: (row) => (row.redacted || row.id === null ? null : nameOf(row)),
  });
  const chosen = (data?.interactions ?? []).filter((row) => picked.has(keyOf(row)) && !row.redacted);
  const shown = all.filter(({ id }) => !hidden.has(id));
  const columns = may('redact') ? [...shown, flag, ...(inForce ? [pick] : [])] : shown;
  return (
    <>
      {settings && !inForce && may('redact') && <NotInForce settings={settings} />}
      <RunningRedactions account={account} />
      <FilterLine
        filters={filters}
        show={show}
        numbers={numbers}
        onNumbers={(next) => {
          setNumbers(next);
          if (filters.cursor) show({ ...filters, cursor: '' });
        }}
      >
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
      {chosen.length > 0 && (
        <PickBar said={`${plural(chosen.length, 'activity', 'activities')} chosen`} onNone={() => setPicked(new Set())}>
          <Button kind="danger" icon="flag" onClick={() => setFlagged(chosen)}>
            Redact the chosen ones
          </Button>
        </PickBar>
      )}
      {!(error && !data) && (
        <Table
          label="Interactions"
          columns={columns}
          rows={data?.interactions}
          rowKey={keyOf}
          empty={<Empty title="No interaction fits">Choose another kind or a longer time, or clear a filter.</Empty>}
        />
      )}
      <nav className={bar.pages} aria-label="Pages of the log">
        {filters.cursor && <Button onClick={() => show({ ...filters, cursor: '' })}>Newest</Button>}
        {data?.next && <Button onClick={() => show({ ...filters, cursor: data.next ?? '' })}>Older</Button>}
      </nav>
      {flagged.length > 0 && (
        <RedactDialog
          interactions={flagged}
          account={account}
          onClose={() => setFlagged([])}
          onDone={async () => {
            setFlagged([]);
            setPicked(new Set());
            await cache.invalidateQueries({ queryKey: ['interactions', account] });
            await cache.invalidateQueries({ queryKey: ['redactions', account] });
          }}
        />
      )}
    </>
  );
}

const keyOf = ({ kind, direction, id, at }: Interaction): string => `${kind} ${direction} ${id} ${at}`;

/** `this call of 2026-01-31 12:00 UTC` */
const nameOf = ({ kind, at }: Interaction): string =>
  `this ${KIND_WORDS[kind].toLowerCase()}${at ? ` of ${at.slice(0, 16).replace('T', ' ')} UTC` : ''}`;

function Flag({ row, off, onFlag }: { row: Interaction; off: boolean; onFlag: () => void }) {
  return (
    <Button
      kind="quiet"
      icon="flag"
      className={styles.flag}
      disabled={off || row.id === null}
      aria-label={`Redact ${nameOf(row)}`}
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
