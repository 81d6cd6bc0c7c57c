import type { RequestDetail } from '../../api/types.ts';
import { Card, Section } from '../../base/page.tsx';
import { type Column, Table } from '../../base/table.tsx';
import { Time } from '../../base/time.tsx';
import { plural } from '../../base/words.ts';
import styles from './request.module.css';

type Attempt = NonNullable<RequestDetail['attempts']>[number];

const COLUMNS: readonly Column<Attempt>[] = [
  { id: 'at', head: 'When', cell: ({ at }) => <Time at={at} exact /> },
  { id: 'plain', head: 'What stood in the way', names: true, wide: true, cell: ({ plain, code }) => plain ?? code },
  { id: 'code', head: 'Code', cell: ({ code }) => <code>{code}</code> },
  { id: 'where', head: 'Where', cell: ({ where }) => (where ? <code>{where}</code> : '–') },
];

/** The attempts that failed, and the records that stand in the way. An `_id` is no personal data: an operator finds the record by it. */
export function Attempts({ request }: { request: RequestDetail }) {
  const attempts = request.attempts ?? [];
  if (attempts.length === 0) return null;
  const ids = [...new Set(attempts.flatMap(({ ids = [] }) => ids))];
  return (
    <Section
      title={plural(attempts.length, 'failed attempt')}
      note="It is tried again by itself. What stays in the way needs an operator."
    >
      <Table
        label="Failed attempts"
        columns={COLUMNS}
        rows={attempts}
        rowKey={({ at, code, where }) => `${at} ${code} ${where ?? ''}`}
        empty={null}
      />
      {ids.length > 0 && (
        <Card>
          <Section title="Records in the way" note="The _id of each, for an operator with access to the database.">
            <p className={styles.ids}>
              {ids.map((id) => (
                <code key={id}>{id}</code>
              ))}
            </p>
          </Section>
        </Card>
      )}
    </Section>
  );
}
