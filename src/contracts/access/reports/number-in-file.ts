import type { FileHandle } from 'node:fs/promises';
import { mayHoldEncoded } from '../../../engine/rewrite/base64.ts';
import { mayHoldHex } from '../../../engine/rewrite/hex.ts';
import { createOpener, findsOf, type Hit, walk } from '../../../engine/rewrite/walk.ts';
import type { CountryCode } from '../../../phone/countries.ts';
import { createNumberMatcher, type Mention } from '../../../phone/matcher.ts';
import type { PhoneNumber } from '../../../phone/number.ts';

/** Says which of the numbers a text holds: one of them, or null. */
export type NumberSearch = (text: string) => PhoneNumber | null;

/**
 * Looks for several numbers at once, line by line, in every writing that a scan finds in a record: a report has it from
 * there. What may be another's number is left alone, as it is in the answer to a subject access.
 * @param countries whose national writings are read
 * @throws TypeError without a number: such a search would find nothing, and every file would look clean
 */
export function searchFor(numbers: readonly PhoneNumber[], countries: readonly CountryCode[]): NumberSearch {
  if (numbers.length === 0) throw new TypeError('a number is needed for a search');
  const matcher = createNumberMatcher(numbers, countries);
  const findIn = (text: string): PhoneNumber | null => {
    for (const hit of walk(text, matcher, createOpener()))
      for (const find of findsOf(hit)) if (find.sure && !isPartOfCell(hit, find)) return find.number;
    return null;
  };
  const findInteger = (digits: string) => matcher.findNumber(digits).find(({ sure }) => sure)?.number ?? null;
  const mayHold = createPreview(numbers);
  return (text) => {
    if (!mayHold(text)) return null;
    for (const line of text.split('\n')) {
      if (!mayHold(line)) continue;
      // A record of a JSON report ends in a comma. What stands in two cells of a table is no one number.
      const found =
        findIn(line.replace(/,?\r?$/, '')) ?? firstIn(line.split(','), findIn) ?? firstIn(digitsIn(line), findInteger);
      if (found !== null) return found;
    }
    return null;
  };
}

/** Of all that are written in full, a number ends in its last digits, whatever stands between them. */
const TAIL = 7;
/** Digits by the codes of their characters, in a list of bytes. */
const CODES = /(?:\b(?:4[89]|5[0-7])\b\D{1,9}){6}/;
/** Digits of other scripts, and those that an exponent leaves out. */
const OTHER_DIGITS = /[^\P{Nd}0-9]|\d\.\d+[eE]/u;

/** Says of a text, cheaply, whether it may hold one of the numbers: of most of a file it does not. */
function createPreview(numbers: readonly PhoneNumber[]): (text: string) => boolean {
  const tails = new RegExp(numbers.map((number) => number.slice(-TAIL)).join('|'));
  const harmless = new Set<string>();
  return (text) =>
    tails.test(text.replace(/\D+/g, '')) ||
    OTHER_DIGITS.test(text) ||
    CODES.test(text) ||
    mayHoldHex(text) ||
    mayHoldEncoded(text, harmless);
}

/** Cells of digits alone: they may stand in the record as numbers, which have lost their zero. */
const digitsIn = (line: string) => [...line.matchAll(/(?<=^|[",])\d{7,15}(?=[",\r]|$)/g)].map(([digits]) => digits);

function firstIn(cells: readonly string[], find: NumberSearch): PhoneNumber | null {
  for (const cell of cells) {
    const found = find(cell);
    if (found !== null) return found;
  }
  return null;
}

/** Is it the beginning or the end of a longer row of digits that fills its cell? In a text it may be run together with others. */
function isPartOfCell({ value, mentions }: Hit, find: unknown): boolean {
  const mention = mentions.find((one) => one === find);
  if (mention === undefined || typeof value !== 'string') return false;
  const [from, to] = [cellBefore(value, mention), cellBehind(value, mention)];
  return from + to > 0 && isEdge(value[mention.start - from - 1]) && isEdge(value[mention.end + to]);
}

/** More digits are nobody's cell. */
const LONGEST = 40;

const cellBefore = (text: string, { start }: Mention) =>
  /\d*$/.exec(text.slice(Math.max(0, start - LONGEST), start))?.[0].length ?? 0;
const cellBehind = (text: string, { end }: Mention) => /^\d*/.exec(text.slice(end, end + LONGEST))?.[0].length ?? 0;

const isEdge = (character: string | undefined) => character === undefined || /[",+'\r]/.test(character);

/** What a search of a file has found so far. */
export interface FileSearch {
  /** The number that was found first; null for none. */
  readonly found: PhoneNumber | null;
  /** So many bytes from its beginning hold none; Infinity: the whole file does not. */
  readonly clean: number;
}

const LINE_BREAK = 0x0a;

/**
 * Searches a report's file in constant memory: at most a chunk and a record are held. No writing of a number contains a
 * line break, so the text is searched up to the last line break.
 * @param file closed when this returns
 * @param isGivenUp asked before each chunk
 * @param from where to begin, in bytes: where a search that was given up has come to
 */
export async function findInFile(
  file: FileHandle,
  search: NumberSearch,
  isGivenUp: () => boolean,
  from = 0,
): Promise<FileSearch> {
  let rest: Buffer[] = [];
  let clean = from;
  for await (const chunk of file.createReadStream({ start: from }) as AsyncIterable<Buffer>) {
    if (isGivenUp()) return { found: null, clean };
    const cut = chunk.lastIndexOf(LINE_BREAK) + 1;
    if (cut > 0) {
      const lines = Buffer.concat([...rest, chunk.subarray(0, cut)]);
      const found = search(lines.toString('utf8'));
      if (found !== null) return { found, clean };
      clean += lines.length;
      rest = [];
    }
    rest.push(chunk.subarray(cut));
  }
  return { found: search(Buffer.concat(rest).toString('utf8')), clean: Number.POSITIVE_INFINITY };
}
