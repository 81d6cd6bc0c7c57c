import { GAP, gapAt, isApart, type Run } from './digit-runs.ts';

// Digits that stand as a number's would, and by what is among them are not one number.

/** `Room 7, 916 123-45-67`: an entry before, and no calling code. */
export function isListed(text: string, run: Run, from: number, at: number): boolean {
  if (((run.gaps[from] ?? 0) & GAP.plus) !== 0) return false;
  for (let next = from + 1; next <= at; next += 1) {
    if (((run.gaps[next] ?? 0) & GAP.wide) === 0) continue;
    const between = gapAt(text, run, next);
    if (between !== ',' && /[,\n\r]/.test(between)) return true;
  }
  return false;
}

/** `1405, 1680, 1843`: a part of one group and a group beside it are nobody's number. */
export function isPatched(run: Run, from: number, to: number): boolean {
  const forbidden = !isApart(run, from) ? GAP.apart : !isApart(run, to) ? GAP.wide : 0;
  for (let index = from + 1; index < to; index += 1) if (((run.gaps[index] ?? 0) & forbidden) !== 0) return true;
  return false;
}

/** As long as an ObjectId's half; shorter ones are words. */
const SHORTEST_HEX = 16;
const LONGEST_TOKEN = 64;
const MONEY = /(?:[$£€¥₹]|\bRs\.?) ?$/;
const PRICE = /^p(?:pm|m)?(?![a-z])/i;

/**
 * Digits without plus, trunk prefix or calling code that say something else: the end of a sentence or of an entry stands
 * among them (`to 87070. 150p`), or they are a price, or a part of a hexadecimal id.
 */
export function isSaid(text: string, run: Run, from: number, to: number): boolean {
  let isBroken = false;
  for (let index = from + 1; index < to; index += 1) {
    const gap = run.gaps[index] ?? 0;
    if ((gap & GAP.apart) === 0) continue;
    isBroken = true;
    if ((gap & GAP.plus) !== 0) return true;
    const between = gapAt(text, run, index);
    if (/[.,]\s|\s[.,]/.test(between)) return true;
  }
  const first = run.places[from] ?? 0;
  const end = (run.places[to - 1] ?? 0) + 1;
  if (MONEY.test(text.slice(Math.max(0, first - 4), first))) return true;
  if (isBroken) return PRICE.test(text.slice(end, end + 4));
  return isHexadecimal(tokenAround(text, first, end));
}

/**
 * `8b0770090012344658a0a7ac3b7`: digits cut out of more of them, within an id that has letters on either side. What is run
 * together with a word, or with a code, is none: `cafe0770090012316`.
 */
export function isInId(text: string, run: Run, from: number, to: number): boolean {
  if (isApart(run, from) && isApart(run, to)) return false;
  const first = run.places[from] ?? 0;
  const end = (run.places[to - 1] ?? 0) + 1;
  const token = tokenAround(text, first, end);
  return isHexadecimal(token) && HEX_LETTER.test(token.before) && HEX_LETTER.test(token.after);
}

const HEX_LETTER = /[a-f]/i;

/** The letters and digits that a stretch of text stands among. */
interface Token {
  readonly before: string;
  readonly within: string;
  readonly after: string;
}

function tokenAround(text: string, first: number, end: number): Token {
  let from = first;
  while (from > 0 && first - from < LONGEST_TOKEN && /[0-9a-z]/i.test(text[from - 1] ?? '')) from -= 1;
  let to = end;
  while (to < text.length && to - end < LONGEST_TOKEN && /[0-9a-z]/i.test(text[to] ?? '')) to += 1;
  return { before: text.slice(from, first), within: text.slice(first, end), after: text.slice(end, to) };
}

function isHexadecimal({ before, within, after }: Token): boolean {
  const token = before + within + after;
  return token.length >= SHORTEST_HEX && /^[0-9a-f]+$/i.test(token) && HEX_LETTER.test(token);
}
