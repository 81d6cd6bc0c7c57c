import { digitAt, separatorLength } from './characters.ts';
import { maskNumber } from './mask.ts';
import { isPossibleE164, type PhoneNumber } from './number.ts';
import { splitNumber } from './numbering-plan.ts';

export { REDACTED_RUN, redactDigitRuns } from './hide-digits.ts';

/** A stretch of text, `end` exclusive. */
interface Span {
  start: number;
  end: number;
}

/** The digits of a text in order, and where each of them stands. */
interface Digits {
  digits: string;
  places: Int32Array;
}

/** `+44 (0) - 7700`: the widest gap people write between two digits of one number. */
const WIDEST_GAP = 4;

/** E.164 allows 15 digits after the plus; a longer run holds more than one number. */
const LONGEST_NUMBER = 15;

/**
 * Says whether a text holds this number in any writing people use: `07700 900 123`, `+44 (0)7700-900123`,
 * `00447700900123`, `44.7700.900.123`, `call07700900123now`, `0770090012316`. Digits are compared with whatever stands
 * between them left out, so it may see a number in neighbouring figures; it is meant to miss nothing.
 *
 * Two readings are refused because they are somebody else's number: national digits inside a possible international
 * number of another country (`+20 7700 900123` is Egyptian), and the bare national number (`7700900123`) where more
 * digits adjoin it.
 */
export function containsNumber(text: string, number: PhoneNumber): boolean {
  return !findSpans(text, number).next().done;
}

/**
 * Replaces every writing of the number that `containsNumber` sees with its mask, its plus, country prefix and brackets
 * included, and leaves every other character as it was. Applying it again changes nothing.
 */
export function maskInText(text: string, number: PhoneNumber): string {
  const mask = maskNumber(number);
  let output = '';
  let kept = 0;
  for (const span of findSpans(text, number)) {
    output += text.slice(kept, span.start) + mask;
    kept = span.end;
  }
  return kept === 0 ? text : output + text.slice(kept);
}

function* findSpans(text: string, number: PhoneNumber): Generator<Span> {
  const { countryCode, national, trunk } = splitNumber(number);
  const heads = [`00${countryCode}${trunk}`, `00${countryCode}`, countryCode + trunk, countryCode, trunk]
    .filter((head, index, all) => head !== '' && head !== '00' && all.indexOf(head) === index)
    .map((head) => ({ head, national: head === trunk && head !== countryCode }));
  const read = readDigits(text);
  const { digits, places } = read;
  const foreign = new Map<string, boolean>();

  let from = 0;
  for (let at = digits.indexOf(national); at !== -1; at = digits.indexOf(national, from)) {
    from = at + 1;
    const end = at + national.length;
    const found = heads.find(({ head }) => at >= head.length && isHeadAt(text, read, head, at - head.length));
    const first = at - (found?.head.length ?? 0);

    if (found === undefined && !standsAlone(text, places, at, end)) continue;
    if ((found === undefined || found.national) && isInsideForeign(digits, first, end, foreign)) continue;

    from = end;
    yield writtenSpan(text, placeOf(places, first), placeOf(places, end - 1) + 1);
  }
}

/**
 * The text's digits in order, each with its place. A plus stands for itself, as it begins an international number; any
 * other character that may not stand inside a number, or a gap too wide, becomes an `x`.
 */
function readDigits(text: string): Digits {
  const places = new Int32Array(text.length);
  const parts: string[] = [];
  let gap = 0;
  for (let index = 0; index < text.length; ) {
    const digit = digitAt(text, index);
    const separator = digit === '' ? separatorBetween(text, index) : 0;
    if (separator > 0 && gap < WIDEST_GAP) {
      gap += 1;
      index += separator;
      continue;
    }
    const mark = digit !== '' ? digit : text[index] === '+' ? '+' : 'x';
    if (mark !== 'x' || parts[parts.length - 1] !== 'x') {
      places[parts.length] = index;
      parts.push(mark);
    }
    gap = 0;
    index += 1;
  }
  return { digits: parts.join(''), places };
}

/** Commas part digits here and not in logs: looking for one known number, a chance match is no concern. */
function separatorBetween(text: string, index: number): number {
  return text[index] === ',' ? 1 : separatorLength(text, index);
}

/**
 * Whether the digits before the national number are the prefix `head`. One that begins in the middle of a group must
 * run on unbroken: in `100 447700900123` the hundred is no `00`, but in `8712107700900123` the zero is a trunk prefix.
 */
function isHeadAt(text: string, { digits, places }: Digits, head: string, first: number): boolean {
  if (!digits.startsWith(head, first)) return false;
  const begins = digitAt(text, placeOf(places, first) - 1) === '';
  return begins || placeOf(places, first + head.length) - placeOf(places, first) === head.length;
}

/** Whether no digit touches the bare national number on either side. */
function standsAlone(text: string, places: Int32Array, at: number, end: number): boolean {
  return digitAt(text, placeOf(places, at) - 1) === '' && digitAt(text, placeOf(places, end - 1) + 1) === '';
}

/**
 * Whether the national digits from `first` to `end` are the tail of another country's number, announced by a plus or by
 * a leading `00` and short enough to be one number. Verdicts are kept by what precedes the digits, as a hostile text
 * may repeat the question at every word.
 */
function isInsideForeign(digits: string, first: number, end: number, verdicts: Map<string, boolean>): boolean {
  const length = end - first;
  const reach = Math.max(0, first - (LONGEST_NUMBER - length) - 2);
  let start = first;
  while (start > reach && /[0-9]/.test(digits.charAt(start - 1))) start -= 1;

  const run = digits.slice(start, first);
  const announced = digits[start - 1] === '+';
  if (!announced && !(run.startsWith('00') && !/[0-9]/.test(digits.charAt(start - 1)))) return false;
  const lead = announced ? run : run.slice(2);
  if (lead === '' || lead.length + length > LONGEST_NUMBER) return false;

  const key = `${lead} ${length}`;
  const verdict = verdicts.get(key) ?? isPossibleE164(lead + digits.slice(first, end));
  verdicts.set(key, verdict);
  return verdict;
}

/** Widens a span of digits to the plus before it, and to an opening bracket whose partner lies inside. */
function writtenSpan(text: string, first: number, end: number): Span {
  const inside = text.slice(first, end);
  const closes = inside.indexOf(')');
  const opens = inside.indexOf('(');
  const unopened = closes !== -1 && (opens === -1 || closes < opens);
  const before = text.slice(Math.max(0, first - 2), first);

  if (unopened && (before.endsWith('(+') || before.endsWith('+('))) return { start: first - 2, end };
  if (before.endsWith('+') || (unopened && before.endsWith('('))) return { start: first - 1, end };
  return { start: first, end };
}

function placeOf(places: Int32Array, index: number): number {
  return places[index] ?? 0;
}
