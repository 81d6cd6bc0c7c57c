import { digitsOf } from '../find/understand.ts';

/** As many as one file may hold. */
const MOST_NUMBERS = 10_000;

export interface FileLine {
  /** From 1, as an editor counts. */
  readonly line: number;
  readonly written: string;
  /** Empty where the line holds none. */
  readonly number: string;
  /** Why it will not be sent. */
  readonly refused?: string;
}

/**
 * Reads the numbers of a file: the first cell of each line that holds one. The file is read in the browser.
 * @throws Error when it holds too many
 */
export function readNumbers(text: string): readonly FileLine[] {
  const seen = new Set<string>();
  const lines: FileLine[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    if (raw.trim() === '') continue;
    const written = firstCell(raw);
    const number = digitsOf(written);
    if (index === 0 && number === '') continue;
    const refused = faultOf(written, number, seen);
    seen.add(number);
    lines.push({ line: index + 1, written, number, ...(refused && { refused }) });
  }
  if (lines.length > MOST_NUMBERS)
    throw new Error(
      `The file holds ${lines.length.toLocaleString('en-GB')} numbers; ${MOST_NUMBERS.toLocaleString('en-GB')} are the most. Split it.`,
    );
  return lines;
}

function firstCell(line: string): string {
  const cells = line.split(/[,;\t]/).map((cell) =>
    cell
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .replace(/^'/, ''),
  );
  return cells.find((cell) => /\d{3}/.test(cell)) ?? cells[0] ?? '';
}

function faultOf(written: string, number: string, seen: ReadonlySet<string>): string | undefined {
  if (number === '') return 'holds no number';
  if (/[A-Za-z]/.test(written)) return 'holds letters: a spreadsheet may have shortened it';
  if (number.length < 7 || number.length > 15) return 'is no possible number: 7 to 15 digits with the country code';
  if (seen.has(number)) return 'stands further up already';
  return undefined;
}
