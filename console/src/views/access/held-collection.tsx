import type { HeldData } from '../../api/types.ts';
import { Section } from '../../base/page.tsx';
import { type Column, Table } from '../../base/table.tsx';
import { Time } from '../../base/time.tsx';
import { plainName, plural, showValue } from '../../base/words.ts';

type HeldRecord = HeldData['collections'][string]['records'][number];

/** More would make the page slow; the files hold all of them. */
const MOST_SHOWN = 200;

/** One collection's records on a number: a column for each field. */
export function HeldCollection({ name, records }: { name: string; records: readonly HeldRecord[] }) {
  const paths = [...new Set(records.flatMap(({ fields }) => fields.map(({ path }) => path)))];
  const columns: readonly Column<HeldRecord>[] = [
    ...(records.some(({ at }) => at)
      ? [{ id: 'at', head: 'Time', cell: ({ at }: HeldRecord) => <Time at={at} /> }]
      : []),
    ...paths.map((path) => ({
      id: path,
      head: plainName(path),
      cell: (row: HeldRecord) =>
        row.fields
          .filter((field) => field.path === path)
          .map(({ value }) => showValue(value))
          .join(', ') || '–',
    })),
  ];
  return (
    <Section
      title={`${plainName(name)}: ${plural(records.length, 'record')}`}
      note={records.length > MOST_SHOWN ? `The first ${MOST_SHOWN} are shown; JSON and CSV hold all.` : undefined}
    >
      <Table
        label={plainName(name)}
        columns={columns}
        rows={records.slice(0, MOST_SHOWN)}
        rowKey={(row) => `${row.id ?? ''} ${row.at ?? ''} ${JSON.stringify(row.fields)}`}
        empty={null}
      />
    </Section>
  );
}
