import { countriesOf } from './countries.ts';
import type { PhoneNumber } from './number.ts';
import { createNumberReader } from './reader.ts';

/**
 * Reads the number of a record, in whatever way the platform stored it. A text that could be two people's numbers is not
 * guessed at: what is erased for the wrong person cannot be had back.
 * @param value a string, or a whole number of any BSON type
 * @param prefixes what served numbers begin with (`['44']`): they tell the countries of national writings
 * @returns null when it is no number, or not one alone
 */
export function readStoredNumber(value: unknown, prefixes: readonly string[]): PhoneNumber | null {
  const reading = createNumberReader(countriesOf(prefixes)).read(value);
  return reading.kind === 'number' ? reading.number : null;
}
