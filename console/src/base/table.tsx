import type { ReactNode } from 'react';
import styles from './table.module.css';

export interface Column<Row> {
  readonly id: string;
  readonly head: string;
  readonly cell: (row: Row) => ReactNode;
  /** Numbers stand to the right. */
  readonly right?: boolean;
  /** The column that names the row. */
  readonly names?: boolean;
  /** Its cells say what they are by themselves: the head is only read out. */
  readonly bare?: boolean;
  /** Takes what width is left. */
  readonly wide?: boolean;
}

interface TableProps<Row> {
  /** What the table lists, for those who do not see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[] | undefined;
  readonly rowKey: (row: Row) => string;
  /** In the place of the rows when there are none. */
  readonly empty: ReactNode;
  /** Rows that hold the place while the first page comes. */
  readonly expect?: number;
}

/**
 * A table. j and k move over its rows, Enter follows a row's link. On a narrow screen each row is a card of names and
 * values; the roles keep it a table for those who do not see it.
 */
export function Table<Row>({ label, columns, rows, rowKey, empty, expect = 8 }: TableProps<Row>) {
  if (rows?.length === 0) return <>{empty}</>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard
    <section className={styles.frame} aria-label={label} tabIndex={0}>
      {/* biome-ignore-start lint/a11y/noRedundantRoles: a table that is laid out as cards loses its own roles */}
      {/* biome-ignore-start lint/a11y/useSemanticElements: they are those elements */}
      <table className={styles.table} role="table" aria-busy={rows === undefined}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map(({ id, head, right, wide, bare }) => (
              <th
                key={id}
                role="columnheader"
                scope="col"
                className={`${right ? styles.right : ''} ${wide ? styles.wide : ''}`}
              >
                {bare ? <span className="visually-hidden">{head}</span> : head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows
            ? rows.map((row) => (
                <tr key={rowKey(row)} role="row" data-row tabIndex={-1}>
                  {columns.map(({ id, head, cell, right, names }) => (
                    <td
                      key={id}
                      role={names ? 'rowheader' : 'cell'}
                      data-head={head}
                      className={`${right ? styles.right : ''} ${names ? styles.names : ''}`}
                    >
                      <span className={styles.value}>{cell(row)}</span>
                    </td>
                  ))}
                </tr>
              ))
            : placeholders(columns.length, expect)}
        </tbody>
      </table>
      {/* biome-ignore-end lint/a11y/useSemanticElements: as above */}
      {/* biome-ignore-end lint/a11y/noRedundantRoles: as above */}
    </section>
  );
}

function placeholders(columns: number, rows: number): ReactNode {
  return Array.from({ length: rows }, (_row, row) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
    <tr key={row}>
      {Array.from({ length: columns }, (_column, column) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the cells are all alike
        <td key={column} className={styles.blank}>
          <span />
        </td>
      ))}
    </tr>
  ));
}
