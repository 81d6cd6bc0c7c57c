import type { DataMap } from '../../engine/map/schema.ts';
import { type CountryCode, countriesOf } from '../../phone/countries.ts';
import type { Account } from './accounts.ts';

/** Whose national writings of numbers are read in an account's records. */
export type CountriesOf = (account: Pick<Account, 'countries'>) => readonly CountryCode[];

/** The settings that speak of countries. */
export interface CountrySettings {
  readonly COUNTRIES?: readonly CountryCode[] | undefined;
  readonly NUMBER_PREFIXES: readonly string[];
}

/** The same, where somebody has said so: the data map, the account, or COUNTRIES. */
export type StatedCountriesOf = (account: Pick<Account, 'countries'>) => readonly CountryCode[] | undefined;

/** What the data map says is true of its records, whoever's they are; else the account's own countries count, else COUNTRIES. */
export function createStatedCountriesOf(
  map: Pick<DataMap, 'countries'>,
  { COUNTRIES }: CountrySettings,
): StatedCountriesOf {
  return (account) => map.countries ?? account.countries ?? COUNTRIES;
}

/**
 * Everything that reads a written number asks this: the countries that were stated, else the main ones of
 * NUMBER_PREFIXES.
 */
export function createCountriesOf(map: Pick<DataMap, 'countries'>, settings: CountrySettings): CountriesOf {
  const stated = createStatedCountriesOf(map, settings);
  const general = countriesOf(settings.NUMBER_PREFIXES);
  return (account) => stated(account) ?? general;
}
