import { useMutation } from '@tanstack/react-query';
import type { ApiClient } from '../../api/client.ts';
import type { Page, RequestItem } from '../../api/types.ts';
import { Button } from '../../base/button.tsx';
import { toCsv } from '../../base/csv.ts';
import { fileStamp, saveFile } from '../../base/files.ts';
import { useTell } from '../../base/toast.tsx';
import { plural } from '../../base/words.ts';
import { useClient } from '../../shell/session.tsx';
import type { RequestColumn } from './columns.tsx';
import { type Filters, queryOf } from './filters.ts';

/** More rows than a spreadsheet is opened for; a narrower filter makes a smaller file. */
const MOST_ROWS = 10_000;

interface SaveTableProps {
  readonly filters: Filters;
  readonly account: string | undefined;
  readonly columns: readonly RequestColumn[];
}

/** The table as a file: the same filters, order and columns, all pages. */
export function SaveTable({ filters, account, columns }: SaveTableProps) {
  const client = useClient();
  const tell = useTell();
  const save = useMutation({
    mutationFn: () => readAll(client, filters, account),
    onSuccess: ({ rows, more }) => {
      const now = new Date();
      const lines = rows.map((row) => columns.map(({ text }) => text(row, now)));
      saveFile(
        `requests-${fileStamp(now)}.csv`,
        toCsv(
          columns.map(({ head }) => head),
          lines,
        ),
        'text/csv',
      );
      tell(
        more
          ? `Saved the first ${plural(rows.length, 'request')}: narrow the filters for the rest.`
          : `Saved ${plural(rows.length, 'request')}.`,
      );
    },
    onError: (error) => tell(error.message),
  });
  return (
    <Button icon="download" busy={save.isPending} onClick={() => save.mutate()}>
      Save as CSV
    </Button>
  );
}

async function readAll(client: ApiClient, { cursor: _page, ...filters }: Filters, account: string | undefined) {
  const rows: RequestItem[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.call<Page<RequestItem>>('/requests', {
      query: { limit: '200', ...queryOf(filters), cursor },
      account,
    });
    rows.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && rows.length < MOST_ROWS);
  return { rows, more: cursor !== undefined };
}
