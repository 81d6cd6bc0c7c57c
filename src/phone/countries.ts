import { type CountryCode, Metadata } from 'libphonenumber-js/min';

/** ISO 3166-1 alpha-2, as the numbering plans know it: `GB`. */
export type { CountryCode } from 'libphonenumber-js/min';

/**
 * The countries that served numbers come from, told by what they begin with: the default where nobody says more.
 * A calling code that several countries share stands for the main one of them, whose plan they share: `['44']` gives
 * `['GB']`, `['1']` gives `['US']`. A prefix may be longer than its calling code; one of no country gives nothing.
 * @param prefixes digits without a plus: `['44', '353']`
 */
export function countriesOf(prefixes: readonly string[]): CountryCode[] {
  const found = prefixes.flatMap((prefix) => {
    const codes = [1, 2, 3].map((length) => prefix.slice(0, length));
    return codes.map(mainCountryOf).find((country) => country !== undefined) ?? [];
  });
  return [...new Set(found)];
}

/** The calling codes of countries, each once, in their order: `['GB', 'JE', 'US']` gives `['44', '1']`. */
export function callingCodesOf(countries: readonly CountryCode[]): string[] {
  return [...new Set(countries.map(callingCodeOf))];
}

/** Whether numbering plans know this country: the check of a configuration's word. */
export function isCountry(value: string): value is CountryCode {
  return (metadata as unknown as Countries).hasCountry(value);
}

/** The library carries these and leaves them out of its types. */
interface Countries {
  getCountryCodeForCallingCode(callingCode: string): CountryCode | undefined;
  hasCountry(country: string): boolean;
  selectNumberingPlan(country: CountryCode): { numberingPlan: { callingCode(): string } };
}

const metadata = new Metadata();

/** The country whose plan a calling code's countries share; undefined for a code of no country. */
export function mainCountryOf(callingCode: string): CountryCode | undefined {
  return (metadata as unknown as Countries).getCountryCodeForCallingCode(callingCode);
}

/** @throws Error on a country that no plan knows */
function callingCodeOf(country: CountryCode): string {
  return (metadata as unknown as Countries).selectNumberingPlan(country).numberingPlan.callingCode();
}
