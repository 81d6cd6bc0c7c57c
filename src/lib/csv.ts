/**
 * The start of a cell that a spreadsheet would run as a formula (OWASP, CSV injection), full-width forms included. What
 * follows a semicolon, a tab or a bar is a cell of its own to a spreadsheet that takes these for separators.
 */
const FORMULA = /^(?=[\t\r\n])|(?<=^|[;\t|])(?=[=+\-@＝＋－＠])/g;

/** One cell by RFC 4180. An apostrophe makes a formula text. */
export function writeCell(value: string | null): string {
  if (value === null) return '';
  const text = value.replace(FORMULA, "'");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line of cells, without its end. */
export function writeCells(cells: readonly (string | null)[]): string {
  return cells.map(writeCell).join(',');
}
