import type { Counts } from '../api/types.ts';

/** `1 record`, `12 records`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;

/** `sent_sms` as `sent sms`. */
export const plainName = (name: string): string => name.replaceAll('_', ' ');

export const totalOf = (counts: Counts | undefined): number =>
  Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0);

/** `12 in sent sms, 3 in calls`: the places with something in them, the largest first. */
export function listCounts(counts: Counts | undefined): string {
  const places = Object.entries(counts ?? {}).filter(([, count]) => count > 0);
  places.sort(([, a], [, b]) => b - a);
  return places.map(([name, count]) => `${count.toLocaleString('en-GB')} in ${plainName(name)}`).join(', ');
}

/** Anything a record may hold, as text. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((one) => typeof one === 'string' || typeof one === 'number'))
    return value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const countries = new Intl.DisplayNames('en', { type: 'region' });

/** `GB` as `United Kingdom`; a name stays one. */
export const countryName = (code: string): string => (/^[A-Z]{2}$/.test(code) ? (countries.of(code) ?? code) : code);
