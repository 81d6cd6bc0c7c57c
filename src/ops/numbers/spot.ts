import { bsonTypeOf } from '../../lib/bson-type.ts';
import { type CountryCode, callingCodesOf } from '../../phone/countries.ts';
import { eachRun, endOf, GAP, type Run } from '../../phone/digit-runs.ts';
import { codeOf, FEWEST_DIGITS, fits } from '../../phone/interpret.ts';
import { createNumberMatcher } from '../../phone/matcher.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { createNumberReader } from '../../phone/reader.ts';
import { writtenSpan } from '../../phone/wrapping.ts';

/** Where some number, nobody's in particular, seems to stand in a text. */
interface Spotted {
  readonly start: number;
  readonly end: number;
  readonly number: PhoneNumber;
}

/** A value that is a number. */
interface Spot {
  readonly number: PhoneNumber;
  /** It is written as an international number, or is one of a served country. */
  readonly sure: boolean;
  /** Nothing but its digits says so: no plus, no trunk prefix, no calling code. An id may look the same. */
  readonly bare: boolean;
}

/**
 * Sees what may be phone numbers without looking for anybody's: for reports on what a database holds. An erasure does
 * not go by it.
 */
export interface Spotter {
  /**
   * The number that a value is, words of a channel apart (`whatsapp:+44..`); null for what is none, or could be two
   * people's.
   */
  read(value: unknown): Spot | null;
  /** Numbers of served countries, and any with a plus, in a text that may hold more. */
  spot(text: string): Spotted[];
  /** May a text, or an id, be or hold anybody's number? More than `spot` sees: for what must not be shown. */
  mayHold(value: unknown): boolean;
}

const ANNOUNCED = /(?:\+|\uff0b|%2b|(?<!\d)(?:00|011)[1-9])/i;
/** What is read as a date, a fraction or an id before it is read as a number. */
const NO_NUMBERS =
  /\b(?:19|20)\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?|\b\d{1,3}(?:\.\d{1,3}){3}\b|(?<![\d.+])0?\.\d{7,}(?!\d)|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|(?<![0-9a-z])(?=\d*[a-f])[0-9a-f]{16,64}(?![0-9a-z])/gi;

/** The address of a machine, or a fraction: `198.51.100.7`, `0.7700900123`. */
const DOTTED = /^\s*(?:\d{1,3}(?:\.\d{1,3}){3}|0?\.\d+)\s*$/;

/**
 * @param countries the served ones
 * @throws Error on a country that no numbering plan knows
 */
export function createSpotter(countries: readonly CountryCode[]): Spotter {
  const reader = createNumberReader(countries);
  const served = new Set(callingCodesOf(countries));
  const judge = (number: PhoneNumber) => {
    const { callingCode, plan } = codeOf(number);
    return { isServed: served.has(callingCode), isLikely: fits(plan, number) };
  };

  const readSpan = (text: string, run: Run, from: number, to: number): Spotted | null => {
    const { start, end } = writtenSpan(text, run, from, to);
    const written = text.slice(start, end);
    const reading = reader.read(written);
    if (reading.kind !== 'number') return null;
    const { isServed, isLikely } = judge(reading.number);
    return isLikely && (isServed || ANNOUNCED.test(written)) ? { start, end, number: reading.number } : null;
  };

  // One look at the characters spares most texts all else.
  const { mayHold } = createNumberMatcher([], countries);

  const spot = (text: string): Spotted[] => {
    const found: Spotted[] = [];
    if (!mayHold(text)) return found;
    // Blanked at the same length, so that places stay what they are.
    const readable = text.replace(NO_NUMBERS, (match) => 'x'.repeat(match.length));
    eachRun(readable, (run) => {
      for (const [from, to] of partsOf(run)) {
        const one = readSpan(readable, run, from, to);
        if (one === null) continue;
        found.push(one);
        if (from === 0 && to === run.size) return;
      }
    });
    return found;
  };

  return {
    read(value) {
      if (typeof value === 'string' && (!mayHold(value) || DOTTED.test(value))) return null;
      const reading = reader.read(value);
      if (reading.kind !== 'number') return null;
      const { isServed, isLikely } = judge(reading.number);
      const isAnnounced = typeof value === 'string' && ANNOUNCED.test(value);
      const digits = String(value).replace(/\D/g, '');
      const { callingCode, plan } = codeOf(reading.number);
      const trunk = plan?.trunk ?? '';
      const hasHead = digits.startsWith(callingCode) || (trunk !== '' && digits.startsWith(trunk));
      const sure = isLikely && (isServed || isAnnounced);
      return { number: reading.number, sure, bare: !isAnnounced && !hasHead };
    },
    spot,
    mayHold(value) {
      if (bsonTypeOf(value) === 'number') return reader.read(value).kind !== 'none';
      return typeof value === 'string' && (reader.read(value).kind !== 'none' || spot(value).length > 0);
    },
  };
}

/** The whole run, and where it has wide gaps, what stands between them: a number beside a count, two numbers in a list. */
function partsOf(run: Run): [number, number][] {
  const starts = [0];
  for (let at = 1; at < run.size; at += 1) if (((run.gaps[at] ?? 0) & GAP.wide) !== 0) starts.push(at);
  const parts = starts.map((from, index): [number, number] => [from, starts[index + 1] ?? run.size]);
  const all: [number, number] = [0, run.size];
  return (parts.length > 1 ? [all, ...parts] : [all]).filter(([from, to]) => to - from >= FEWEST_DIGITS);
}

/** Where the first run of digits stands: a shape is told by what is around it. */
export function spanOfDigits(text: string): { start: number; end: number } | null {
  let span: { start: number; end: number } | null = null;
  eachRun(text, (run) => {
    span ??= { start: run.places[0] ?? 0, end: endOf(text, run, run.size - 1) };
  });
  return span;
}
