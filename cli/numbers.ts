import type { DataMap } from '../src/engine/map/schema.ts';
import { type CountryCode, isCountry } from '../src/phone/countries.ts';
import { isPhoneNumber, type PhoneNumber } from '../src/phone/number.ts';
import { createNumberReader } from '../src/phone/reader.ts';
import { UsageFault } from './faults.ts';

export const COUNTRIES_OPTION =
  'whose national writings are read, e.g. GB,IE (default: those of the data map, of COUNTRIES, or of NUMBER_PREFIXES)';

/**
 * A list of countries from the command line.
 * @throws UsageFault on a word that is no country
 */
export function readCountries(text: string): CountryCode[] {
  const words = text.split(',').map((word) => word.trim().toUpperCase());
  return words.map((word) => {
    if (!isCountry(word)) throw new UsageFault('--countries is a list of countries by two letters, e.g. GB,IE');
    return word;
  });
}

export const ACCOUNT_COUNTRIES_OPTION =
  'whose national writings of numbers its records hold, e.g. GB,US (default: COUNTRIES, or those of NUMBER_PREFIXES)';

/**
 * An account's own countries from the command line.
 * @param map the map in use: what it says of countries is said of every account
 * @returns null for `default`: as configured
 * @throws UsageFault
 */
export function readAccountCountries(text: string, map: Pick<DataMap, 'countries'>): CountryCode[] | null {
  if (text === 'default') return null;
  if (map.countries !== undefined)
    throw new UsageFault('the data map names countries for all accounts: take them out of it first');
  return readCountries(text);
}

/**
 * A number a person typed, in any writing.
 * @throws UsageFault, which does not repeat it
 */
export function readTypedNumber(text: string, countries: readonly CountryCode[]): PhoneNumber {
  if (text === '') throw new UsageFault('give the number on standard input, e.g. with its country code: +44...');
  const digits = text.replace(/^\+/, '');
  const reading = createNumberReader(countries).read(text);
  if (reading.kind === 'number') return reading.number;
  if (reading.kind === 'ambiguous')
    throw new UsageFault('this could be several numbers: write a plus and the country code before it');
  // No plan knows it, and an erasure may be asked for it all the same.
  if (isPhoneNumber(digits)) return digits;
  throw new UsageFault('what stands on standard input is not a phone number');
}
