import { type CountryCode, callingCodesOf } from './countries.ts';
import { interpret, type Reading, type Written } from './interpret.ts';
import type { PhoneNumber } from './number.ts';
import { readParts } from './parts.ts';
import { readValue } from './read-value.ts';
import { type Writings, writingsOf } from './writings.ts';

export interface NumberReader {
  readonly countries: readonly CountryCode[];
  /** Every writing for equality look-ups: strings (some hundred at most) and integers. Kept for the last numbers. */
  writings(number: PhoneNumber): Writings;
  /**
   * Reads a stored value that holds one number and nothing else (any BSON type): the inverse of `writings`, and more.
   * What could be two people's is `ambiguous`; what is no number, or several, is `none`.
   */
  read(value: unknown): Reading;
  /** Reads a number of which each part stands in a field of its own. @see readParts */
  readParts(parts: readonly unknown[], code?: boolean): Reading;
}

const MOST_READERS = 100;
const MOST_WRITINGS = 1000;

const readers = new Map<string, NumberReader>();

/**
 * The reader of one account's numbers.
 * @param countries whose national writings are understood; the same list gives the same reader
 * @throws Error on a country that no numbering plan knows
 */
export function createNumberReader(countries: readonly CountryCode[]): NumberReader {
  const key = countries.join();
  const known = readers.get(key);
  if (known !== undefined) return known;
  const reader = makeReader([...countries]);
  if (readers.size >= MOST_READERS) readers.clear();
  readers.set(key, reader);
  return reader;
}

function makeReader(countries: readonly CountryCode[]): NumberReader {
  const callingCodes = callingCodesOf(countries);
  const kept = new Map<PhoneNumber, Writings>();
  const understand = (written: Written) => interpret(written, callingCodes);
  return {
    countries,
    read: (value) => readValue(value, understand),
    readParts: (parts, code) => readParts(parts, code, understand),
    writings: (number) => {
      const known = kept.get(number);
      if (known !== undefined) return known;
      const writings = writingsOf(number, callingCodes);
      const [oldest] = kept.keys();
      if (kept.size >= MOST_WRITINGS && oldest !== undefined) kept.delete(oldest);
      kept.set(number, writings);
      return writings;
    },
  };
}
