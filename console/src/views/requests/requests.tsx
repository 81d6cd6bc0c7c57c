import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import type { Page as ListPage, RequestItem } from '../../api/types.ts';
import { Button } from '../../base/button.tsx';
import { Empty, Notice, Problem } from '../../base/notice.tsx';
import { Page } from '../../base/page.tsx';
import { PickBar, pickColumn } from '../../base/pick.tsx';
import { Table } from '../../base/table.tsx';
import { useTell } from '../../base/toast.tsx';
import { plural } from '../../base/words.ts';
import { useAccountName, useAccounts } from '../../shell/accounts.tsx';
import { useClient, useMay } from '../../shell/session.tsx';
import { requestColumns, tellChosen } from './columns.tsx';
import { FilterBar } from './filter-bar.tsx';
import { type Filters, queryOf, readFilters, writeFilters } from './filters.ts';
import styles from './requests.module.css';
import { SaveTable } from './save-table.tsx';

const PAGE = '50';

const referenceOf = ({ reference }: RequestItem): string => reference;

/** All requests, by their deadline; live while the page is seen. The filters stand in the address, so that it can be passed on. */
export function RequestsView() {
  const client = useClient();
  const { chosen, accounts } = useAccounts();
  const name = useAccountName();
  const may = useMay();
  const [, go] = useLocation();
  const filters = readFilters(useSearch());
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const show = (next: Filters) => go(`/requests${writeFilters(next)}`);
  const { data, error, refetch, isPlaceholderData } = useQuery({
    queryKey: ['requests', chosen?.id, filters],
    queryFn: ({ signal }) =>
      client.call<ListPage<RequestItem>>('/requests', {
        query: { limit: PAGE, ...queryOf(filters) },
        account: chosen?.id,
        signal,
      }),
    refetchInterval: 5_000,
    placeholderData: keepPreviousData,
  });
  const mayPick = may('forget') && data?.items.some(({ state }) => state === 'failed') === true;
  const columns = requestColumns(!chosen && accounts.length > 1 ? name : null);
  const pick = pickColumn<RequestItem>({
    picked,
    onPick: setPicked,
    rowKey: referenceOf,
    nameOf: ({ reference, state }) => (state === 'failed' ? reference : null),
  });
  return (
    <Page
      title="Requests"
      lede="Requests to forget or redact: what is open, the next deadline first."
      actions={<SaveTable filters={filters} account={chosen?.id} columns={columns} />}
    >
      <FilterBar filters={filters} show={show} />
      {error && <Problem error={error} again={() => void refetch()} />}
      <Retry items={data?.items ?? []} picked={picked} clear={() => setPicked(new Set())} />
      {!(error && !data) && (
        <div aria-busy={isPlaceholderData}>
          <Table
            label="Requests"
            columns={mayPick ? [...columns, pick] : columns}
            rows={data?.items}
            rowKey={referenceOf}
            empty={<Nothing filtered={writeFilters(filters) !== ''} show={show} />}
          />
        </div>
      )}
      <nav className={styles.pages} aria-label="Pages of the table">
        {filters.cursor && <Button onClick={() => show({ ...filters, cursor: '' })}>First page</Button>}
        {data?.next && <Button onClick={() => show({ ...filters, cursor: data.next ?? '' })}>Next page</Button>}
      </nav>
    </Page>
  );
}

function Retry({
  items,
  picked,
  clear,
}: {
  items: readonly RequestItem[];
  picked: ReadonlySet<string>;
  clear: () => void;
}) {
  const client = useClient();
  const cache = useQueryClient();
  const tell = useTell();
  const may = useMay();
  const { chosen } = useAccounts();
  const failed = items.filter(({ state }) => state === 'failed');
  const references = [...picked];
  const retry = useMutation({
    mutationFn: (which: readonly string[]) =>
      client.call<{ retried: readonly string[]; refused: readonly unknown[] }>('/requests/retry', {
        method: 'POST',
        body: { references: which },
        account: chosen?.id,
      }),
    onSuccess: async ({ retried, refused }) => {
      clear();
      const others = refused.length > 0 ? ` ${plural(refused.length, 'other')} cannot be, as they stand.` : '';
      tell(`${plural(retried.length, 'request')} will be tried again now.${others}`);
      await cache.invalidateQueries({ queryKey: ['requests'] });
    },
  });
  if (!may('forget') || failed.length === 0) return null;
  return (
    <PickBar
      said={
        references.length === 0
          ? `${plural(failed.length, 'request')} on this page failed`
          : tellChosen(references.length)
      }
      onNone={references.length > 0 ? clear : undefined}
    >
      <Button
        busy={retry.isPending}
        onClick={() => retry.mutate(references.length > 0 ? references : failed.map(({ reference }) => reference))}
      >
        {references.length > 0 ? 'Try the chosen ones again' : 'Try all of them again'}
      </Button>
      {retry.isError && <Notice kind="bad">{retry.error.message}</Notice>}
    </PickBar>
  );
}

function Nothing({ filtered, show }: { filtered: boolean; show: (filters: Filters) => void }) {
  return filtered ? (
    <Empty
      title="No request fits these filters"
      actions={<Button onClick={() => show({ sort: 'newest' })}>Show all requests</Button>}
    >
      That is good news for “Overdue” and “Failed”.
    </Empty>
  ) : (
    <Empty
      title="Nothing is open"
      actions={<Button onClick={() => show({ sort: 'newest' })}>Show all requests</Button>}
    >
      Every request is done. New ones appear here as soon as somebody asks to forget a number, by the API or under
      Forget.
    </Empty>
  );
}
