import type { CommandContext } from './context.ts';

/**
 * Prints a table: one line a row, or on a terminal that is too narrow for it several, the further ones indented under the
 * first.
 */
export function printTable(
  context: Pick<CommandContext, 'print' | 'columns'>,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  for (const line of foldTable(header, rows, context.columns)) context.print(line);
}

/**
 * Rows as aligned columns under a header, for a terminal and for `awk` alike: an empty cell is a dash.
 * @param width columns of the terminal; none: lines may be as long as they are
 */
export function foldTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const table = tabulate(filled(header, rows));
  const widths = header.map((_, column) => Math.max(0, ...table.map((cells) => cells[column]?.length ?? 0)));
  // The last column is padded for nobody: its cells may be as long as they are.
  const lines = packColumns(widths, width);
  return table.flatMap((cells) =>
    lines.map(
      (columns, line) =>
        (line === 0 ? '' : INDENT) +
        columns
          .map((column) => cells[column])
          .join('  ')
          .trimEnd(),
    ),
  );
}

const INDENT = '    ';

/** The columns of each line, in their order, as many a line as fit. */
function packColumns(widths: readonly number[], width: number): number[][] {
  const lines: number[][] = [[]];
  let left = width;
  for (const [column, wide] of widths.entries()) {
    const line = lines.at(-1) ?? [];
    if (line.length > 0 && wide + 2 > left) {
      lines.push([column]);
      left = width - INDENT.length - wide;
    } else {
      line.push(column);
      left -= wide + (line.length > 1 ? 2 : 0);
    }
  }
  return lines;
}

const filled = (header: readonly string[], rows: readonly (readonly string[])[]) => [
  header,
  ...rows.map((row) => row.map((cell) => (cell === '' ? '-' : cell))),
];

/** Cells padded to the width of their columns. */
function tabulate(rows: readonly (readonly string[])[]): string[][] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
}

/** A moment as it is written in tables: UTC, to the second. */
export function formatTime(date: Date | undefined): string {
  return date ? `${date.toISOString().slice(0, 19)}Z` : '';
}
