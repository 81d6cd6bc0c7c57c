import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { type CountryCode, mainCountryOf } from './countries.ts';
import type { PhoneNumber } from './number.ts';

/** How a number was read, for the person who typed it. */
export interface NumberReading {
  /** Digits, as a request takes them. */
  readonly number: PhoneNumber;
  /** `+44 7700 900123` */
  readonly international: string;
  /** `07700 900123` */
  readonly national: string;
  /** ISO 3166-1 alpha-2; null for a calling code of no country. Of countries that share a plan, the main one. */
  readonly country: CountryCode | null;
}

export function describeNumber(number: PhoneNumber): NumberReading {
  const parsed = parsePhoneNumberFromString(`+${number}`);
  // A number that no plan knows may be asked about all the same.
  if (!parsed) return { number, international: `+${number}`, national: number, country: null };
  return {
    number,
    international: parsed.formatInternational(),
    national: parsed.formatNational(),
    country: parsed.country ?? mainCountryOf(parsed.countryCallingCode) ?? null,
  };
}
