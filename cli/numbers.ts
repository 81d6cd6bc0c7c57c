import { type CountryCode, countriesOf, isCountry } from '../src/phone/countries.ts';
import { isPhoneNumber, type PhoneNumber } from '../src/phone/number.ts';
import { createNumberReader } from '../src/phone/reader.ts';
import { UsageFault } from './faults.ts';

export const COUNTRIES_OPTION =
  'whose national writings are read, e.g. GB,IE (default: the countries of NUMBER_PREFIXES)';

/**
 * The countries of an option, or those of the served prefixes.
 * @throws UsageFault on a word that is no country
 */
export function readCountries(text: string | undefined, prefixes: readonly string[]): CountryCode[] {
  if (text === undefined) return countriesOf(prefixes);
  const words = text.split(',').map((word) => word.trim().toUpperCase());
  return words.map((word) => {
    if (!isCountry(word)) throw new UsageFault('--countries is a list of countries by two letters, e.g. GB,IE');
    return word;
  });
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
