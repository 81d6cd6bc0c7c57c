/** Rows as aligned columns under a header, for a terminal and for `awk` alike: an empty cell is a dash. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [header, ...rows.map((row) => row.map((cell) => (cell === '' ? '-' : cell)))];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** A moment as it is written in tables: UTC, to the second. */
export function formatTime(date: Date | undefined): string {
  return date ? `${date.toISOString().slice(0, 19)}Z` : '';
}
