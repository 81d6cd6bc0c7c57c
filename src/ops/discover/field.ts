import type { FieldProfile } from './profile.ts';

/** The words of a field's own name: `webhook.fromNumber` -> from, number. */
export function wordsOf(path: string): string[] {
  const name =
    path
      .replace(/\[\]|\{key\}/g, '')
      .split('.')
      .filter(Boolean)
      .at(-1) ?? '';
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .map((word) => word.replace(/\d+$/, ''))
    .filter(Boolean);
}

const NUMBER_WORDS = new Set(
  'phone phones mobile mob cell cellphone msisdn tel telephone fax sms whatsapp wa jid number numbers to from sender recipient recipients caller callee destination dest dst src receiver contact subscriber lead lid participant participants author'.split(
    ' ',
  ),
);
const ID_WORDS = new Set(
  'id ids sid uuid guid key hash token ref reference code v version size count seq offset etag'.split(' '),
);
const TIME_WORDS = new Set(
  'ts t at time times timestamp stamp date day created updated modified expires expiry'.split(' '),
);

const hasOne = (words: readonly string[], set: ReadonlySet<string>) => words.some((word) => set.has(word));

const isNamedLikeNumber = (path: string) => {
  const words = wordsOf(path);
  return (
    hasOne(words, NUMBER_WORDS) &&
    !ID_WORDS.has(words.at(-1) ?? '') &&
    !hasOne(words, new Set(['city', 'country', 'name', 'type', 'state', 'zip']))
  );
};
export const isNamedLikeId = (path: string) => ID_WORDS.has(wordsOf(path).at(-1) ?? '');
export const isNamedLikeTime = (path: string) => TIME_WORDS.has(wordsOf(path).at(-1) ?? '');

/** Values that say something: not blank, and nothing an erasure left. */
export const saidValues = (field: FieldProfile) => field.texts + field.numerics;

const MOST = 0.8;

export type TimeUnit = 'date' | 's' | 'ms' | 'text';

/** The unit of a field that holds times; null for one that does not. */
export function timeUnitOf(field: FieldProfile): TimeUnit | null {
  const { dates, seconds, milliseconds, isoTexts, values } = field;
  if (values === 0) return null;
  if (dates / values >= MOST) return 'date';
  if (isoTexts / values >= MOST) return 'text';
  const isTime = isNamedLikeTime(field.path) || !isNamedLikeNumber(field.path);
  if (isTime && seconds / values >= MOST) return 's';
  return isTime && milliseconds / values >= MOST ? 'ms' : null;
}

/** What a field has to do with numbers: it holds them, mentions them, has them as keys, or nothing. */
export type NumberRole = 'numbers' | 'keys' | 'mentions' | 'none';

const FEW = 0.3;
const HALF = 0.5;

/**
 * What the values of a field say about numbers. What is bare digits is believed only of a field whose name says so: ids
 * look the same.
 */
export function numberRoleOf(field: FieldProfile): NumberRole {
  if (timeUnitOf(field) !== null) return 'none';
  if (field.keys > 0) return 'keys';
  const said = saidValues(field);
  const isNamed = isNamedLikeNumber(field.path);
  const { plain, bare, foreign, mentions, encoded } = field;
  // Where more texts mention numbers than are one, look-ups would miss most.
  if (said > 0 && mentions <= plain + bare + foreign) {
    if (plain > 0 && (isNamed || plain / said >= FEW)) return 'numbers';
    if (isNamed && (bare + foreign) / said >= HALF) return 'numbers';
  }
  return plain + mentions + encoded > 0 ? 'mentions' : 'none';
}
