import { KIND, kindOf, tagsIn } from './characters.ts';
import { type CountryCode, callingCodesOf } from './countries.ts';
import { eachRun, GAP, type Run } from './digit-runs.ts';
import { isFigure } from './figures.ts';
import { interpret, type Reading, type Written } from './interpret.ts';
import { judge } from './judge.ts';
import { maskNumber } from './mask.ts';
import { type Head, type Needle, needlesOf } from './needles.ts';
import type { PhoneNumber } from './number.ts';
import { readParts } from './parts.ts';
import { isInId, isListed, isPatched, isSaid } from './patches.ts';
import { numericWriting, wholeDigits } from './read-value.ts';
import { createRoundedIndex } from './rounded.ts';
import { isWhole, writtenSpan } from './wrapping.ts';

/** Where a text mentions a number: from its plus or bracket to its last digit, `end` exclusive. */
export interface Mention {
  readonly start: number;
  readonly end: number;
  readonly number: PhoneNumber;
  /** False: these digits may be another person's number too. Several numbers' unsure mentions may share one stretch. */
  readonly sure: boolean;
  /** The text is this number and nothing else: white space, quotes and the words of a channel apart. */
  readonly whole: boolean;
}

export interface NumberMatcher {
  readonly numbers: readonly PhoneNumber[];
  /** Every mention of one of the numbers, in order, sure ones not overlapping. Its time grows with the text alone. */
  find(text: string): Mention[];
  /** The same for a stored number (Int32, Int64, Double, Decimal128), given as its decimal text. */
  findNumber(decimal: string): Mention[];
  /**
   * The same for a number of which each part stands in a field of its own.
   * @returns null when the parts are nobody's number; mentions are of the parts together, and their places mean nothing
   */
  findParts(parts: readonly unknown[], code?: boolean): Mention[] | null;
  /** Can the text hold any mention at all? Cheap; false only where it surely does not: fewer than seven digits. */
  mayHold(text: string): boolean;
}

/** Needles are looked up by their last digits: seven where they have as many, four else. */
const LONG_TAIL = { digits: 7, modulus: 10 ** 7 };
const SHORT_TAIL = { digits: 4, modulus: 10 ** 4 };
/** Bits of a filter before the look-up: with 10,000 numbers one in a hundred is set. */
const FILTER_BITS = 1 << 20;
const MOST_KEPT_READINGS = 2000;
const FEWEST_DIGITS = 7;

/**
 * Looks for many numbers at once, in every writing that people use: what stands between the digits is left out, and
 * national digits are looked up at each digit, so that 10,000 numbers cost what one costs.
 * @param countries whose national writings are understood
 * @throws Error on a country that no numbering plan knows
 */
export function createNumberMatcher(numbers: readonly PhoneNumber[], countries: readonly CountryCode[]): NumberMatcher {
  const callingCodes = callingCodesOf(countries);
  const wanted = new Set(numbers);
  return matcherOf(
    numbers,
    [...wanted].flatMap((number) => needlesOf(number, callingCodes)),
    callingCodes,
  );
}

/** Numbers between two pauses: so many take about ten milliseconds. */
const COMPILED_AT_ONCE = 200;

/**
 * As `createNumberMatcher`, in steps: ten thousand numbers would hold the loop of events for a third of a second.
 * @param pause lets others have their turn
 */
export async function compileNumberMatcher(
  numbers: readonly PhoneNumber[],
  countries: readonly CountryCode[],
  pause: () => Promise<unknown>,
): Promise<NumberMatcher> {
  const callingCodes = callingCodesOf(countries);
  const wanted = [...new Set(numbers)];
  const needles: Needle[] = [];
  for (let from = 0; from < wanted.length; from += COMPILED_AT_ONCE) {
    if (from > 0) await pause();
    for (const number of wanted.slice(from, from + COMPILED_AT_ONCE)) needles.push(...needlesOf(number, callingCodes));
  }
  return matcherOf(numbers, needles, callingCodes);
}

function matcherOf(
  numbers: readonly PhoneNumber[],
  needles: readonly Needle[],
  callingCodes: readonly string[],
): NumberMatcher {
  const wanted = new Set(numbers);
  const index = indexOf(needles);
  const read = keepReadings(callingCodes);
  const rounded = createRoundedIndex(needles);
  const former = new Map(needles.map(({ reads, number }) => [reads, number]));
  const wantedOf = (one: PhoneNumber) => (wanted.has(one) ? one : former.get(one));
  const wantedAmong = (some: readonly PhoneNumber[]) => some.flatMap((one) => wantedOf(one) ?? []);
  const unsureOf = (some: readonly PhoneNumber[], end: number): Mention[] =>
    some.map((number) => ({ start: 0, end, number, sure: false, whole: true }));

  const lookAt = (text: string, run: Run, last: number, needle: Needle): Found | null => {
    const at = last + 1 - needle.digits.length;
    if (!endsWith(run, last, needle.digits)) return null;
    let unsure: Found | null = null;
    for (const head of needle.heads) {
      const from = at - head.digits.length;
      if (!isHeadAt(run, from, at, head) || isListed(text, run, from, at) || isPatched(run, from, last + 1)) continue;
      if (head.digits === '' && !head.international && isSaid(text, run, from, last + 1)) continue;
      if (isInId(text, run, from, last + 1) || isFigure(text, run, from, last + 1)) continue;
      const verdict = judge(text, run, { from, to: last + 1, at, head, needle }, read);
      const found = { from, to: last + 1, number: needle.number, sure: verdict === 'sure' };
      if (verdict === 'sure') return found;
      if (verdict === 'unsure') unsure ??= found;
    }
    return unsure;
  };

  return {
    numbers,
    find(text) {
      const mentions: Mention[] = [];
      if (needles.length === 0) return mentions;
      eachRun(text, (run) => {
        for (const { from, to, number, sure } of findInRun(text, run, index, lookAt)) {
          const { start, end } = writtenSpan(text, run, from, to);
          mentions.push({ start, end, number, sure, whole: isWhole(text, start, end) });
        }
      });
      return mentions.length > 0 ? mentions : unsureOf(rounded.find(text), text.length);
    },
    findNumber(decimal) {
      const digits = wholeDigits(decimal);
      if (digits === null) return [];
      const reading = read(numericWriting(digits));
      if (reading.kind === 'ambiguous') return unsureOf(wantedAmong(reading.numbers), decimal.length);
      const number = wantedOf(reading.kind === 'number' ? reading.number : (digits as PhoneNumber));
      if (number !== undefined) return [{ start: 0, end: decimal.length, number, sure: true, whole: true }];
      return unsureOf(rounded.findInteger(digits), decimal.length);
    },
    findParts(parts, code) {
      const reading = readParts(parts, code, read);
      if (reading.kind === 'none') return null;
      const found = wantedAmong(reading.kind === 'number' ? [reading.number] : reading.numbers);
      return reading.kind === 'ambiguous'
        ? unsureOf(found, 0)
        : found.map((number) => ({ start: 0, end: 0, number, sure: true, whole: true }));
    },
    mayHold: hasSevenDigits,
  };
}

/**
 * Masks the digits of mentions in a text, their pluses, prefixes and brackets included, and leaves the rest alone. Tags
 * among the digits come behind them: each that is opened has to be closed.
 */
export function maskMentions(text: string, mentions: readonly Mention[]): string {
  let output = '';
  let kept = 0;
  for (const { start, end, number } of mentions) {
    if (start < kept) continue;
    output += text.slice(kept, start) + maskNumber(number) + tagsIn(text.slice(start, end));
    kept = end;
  }
  return kept === 0 ? text : output + text.slice(kept);
}

/** A mention by the indexes of its digits in a run. */
interface Found {
  readonly from: number;
  readonly to: number;
  readonly number: PhoneNumber;
  readonly sure: boolean;
}

interface Index {
  readonly filter: Uint8Array;
  readonly byLongTail: ReadonlyMap<number, readonly Needle[]>;
  readonly byShortTail: ReadonlyMap<number, readonly Needle[]>;
}

function indexOf(needles: readonly Needle[]): Index {
  const filter = new Uint8Array(FILTER_BITS >>> 3);
  const byLongTail = new Map<number, Needle[]>();
  const byShortTail = new Map<number, Needle[]>();
  for (const needle of needles) {
    const isLong = needle.digits.length >= LONG_TAIL.digits;
    const tail = Number(needle.digits.slice(isLong ? -LONG_TAIL.digits : -SHORT_TAIL.digits));
    const tails = isLong ? byLongTail : byShortTail;
    tails.set(tail, [...(tails.get(tail) ?? []), needle]);
    if (isLong) filter[hashOf(tail) >>> 3] = (filter[hashOf(tail) >>> 3] ?? 0) | (1 << (hashOf(tail) & 7));
  }
  return { filter, byLongTail, byShortTail };
}

function hashOf(tail: number): number {
  return Math.imul(tail, 0x9e3779b1) >>> 12;
}

const NONE: readonly Needle[] = [];

function findInRun(
  text: string,
  run: Run,
  { filter, byLongTail, byShortTail }: Index,
  lookAt: (text: string, run: Run, last: number, needle: Needle) => Found | null,
): Found[] {
  const found: Found[] = [];
  let tail = 0;
  for (let last = 0; last < run.size; last += 1) {
    tail = (tail % (LONG_TAIL.modulus / 10)) * 10 + (run.digits[last] ?? 0);
    const hash = hashOf(tail);
    const isListed = ((filter[hash >>> 3] ?? 0) & (1 << (hash & 7))) !== 0;
    if (!isListed && byShortTail.size === 0) continue;
    const long = isListed && last >= LONG_TAIL.digits - 1 ? (byLongTail.get(tail) ?? NONE) : NONE;
    const short = byShortTail.get(tail % SHORT_TAIL.modulus) ?? NONE;
    for (const needle of long) add(found, lookAt(text, run, last, needle));
    for (const needle of short) add(found, lookAt(text, run, last, needle));
  }
  return found;
}

/** Of two mentions that share digits the sure one stays, then the one that holds the other, then the earlier one. */
function add(found: Found[], next: Found | null): void {
  if (next === null) return;
  const last = found.at(-1);
  if (last === undefined || next.from >= last.to) found.push(next);
  else if (!next.sure && !last.sure) {
    // Two people's numbers in the same digits: neither may be passed over.
    if (!found.some(({ number, to }) => number === next.number && to > next.from)) found.push(next);
  } else if (next.sure && (!last.sure || (next.from <= last.from && next.to >= last.to))) {
    while ((found.at(-1)?.to ?? 0) > next.from) found.pop();
    found.push(next);
  }
}

function endsWith(run: Run, last: number, digits: string): boolean {
  const at = last + 1 - digits.length;
  if (at < 0) return false;
  for (let index = digits.length - 1; index >= 0; index -= 1) {
    if (digits.charCodeAt(index) - 0x30 !== run.digits[at + index]) return false;
  }
  return true;
}

/**
 * Whether the digits before the national number are this prefix. One that begins in the middle of a group must run on
 * unbroken: in `100 447700900123` the hundred is no `00`, but in `8712107700900123` the zero is a trunk prefix.
 */
function isHeadAt(run: Run, from: number, at: number, head: Head): boolean {
  if (from < 0 || !(head.digits === '' || endsWith(run, at - 1, head.digits))) return false;
  if (((run.gaps[from] ?? 0) & GAP.apart) !== 0) return true;
  for (let index = from + 1; index <= at; index += 1) {
    if (((run.gaps[index] ?? 0) & GAP.apart) !== 0) return false;
  }
  return true;
}

function keepReadings(callingCodes: readonly string[]): (written: Written) => Reading {
  const kept = new Map<string, Reading>();
  return (written) => {
    const { digits, plus, bracket, grouped334, numeric } = written;
    const key = `${digits} ${plus} ${bracket?.before} ${bracket?.inside} ${grouped334} ${numeric}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const reading = interpret(written, callingCodes);
    // A hostile text asks for ever new readings; what is asked again and again is cheap.
    if (kept.size >= MOST_KEPT_READINGS) kept.clear();
    kept.set(key, reading);
    return reading;
  };
}

function hasSevenDigits(text: string): boolean {
  let digits = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    // Half of a mathematical digit is enough to look closer.
    if (kindOf(code) >= KIND.digit || code === 0xd835) digits += 1;
    if (digits >= FEWEST_DIGITS) return true;
  }
  return false;
}
