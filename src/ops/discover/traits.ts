import { bsonTypeOf } from '../../lib/bson-type.ts';
import { isNamedLikeId, type TimeUnit, timeUnitOf, wordsOf } from './field.ts';
import type { CollectionProfile, FieldProfile } from './profile.ts';

const OUT = /^(?:out|outbound(?:-[a-z]+)?|outgoing|sent|send|mt)$/i;
const IN = /^(?:in|inbound(?:-[a-z]+)?|incoming|received|receive|mo)$/i;
const DIRECTION_WORDS = new Set('direction dir type way flow kind'.split(' '));

/** The field that tells which way a record went, and its values: words that say nothing of anybody. */
export interface DirectionTrait {
  readonly path: string;
  readonly outbound: readonly (string | boolean)[];
  readonly inbound: readonly (string | boolean)[];
}

export function findDirection({ fields }: CollectionProfile): DirectionTrait | undefined {
  for (const field of fields.filter(isPlain)) {
    const values = [...field.distinct.values()];
    if (
      /(?:^|\.)(?:from_?me|is_?outgoing|outgoing)$/i.test(field.path) &&
      values.every((one) => typeof one === 'boolean')
    )
      return { path: field.path, outbound: [true], inbound: [false] };
    if (!wordsOf(field.path).some((word) => DIRECTION_WORDS.has(word))) continue;
    const outbound = values.filter((one): one is string => typeof one === 'string' && OUT.test(one));
    const inbound = values.filter((one): one is string => typeof one === 'string' && IN.test(one));
    if (values.length === 0 || outbound.length + inbound.length < values.length) continue;
    const isWord = (one: string) => one === 'outbound' || one === 'inbound';
    return {
      path: field.path,
      outbound: outbound.length > 0 ? outbound : inbound.every(isWord) ? ['outbound'] : ['SENT'],
      inbound: inbound.length > 0 ? inbound : outbound.every(isWord) ? ['inbound'] : ['RECEIVED'],
    };
  }
  return undefined;
}

const WHEN = [
  'sent',
  'received',
  'started',
  'submitted',
  'created',
  'occurred',
  'timestamp',
  'ts',
  'date',
  'time',
  'at',
];
const NOT_WHEN = new Set(
  'updated modified expires expiry ended closed deleted last due send done seen read scheduled upload'.split(' '),
);
const NEARLY_ALL = 0.8;

/** When a record happened. */
export function findTime(profile: CollectionProfile): { readonly path: string; readonly unit: TimeUnit } | undefined {
  const candidates = profile.fields
    .filter(isPlain)
    .flatMap((field) => {
      const unit = timeUnitOf(field);
      const words = wordsOf(field.path);
      const rank = WHEN.findIndex((word) => words.includes(word));
      if (unit === null || rank < 0 || words.some((word) => NOT_WHEN.has(word))) return [];
      return field.records >= profile.records * NEARLY_ALL ? [{ path: field.path, unit, rank }] : [];
    })
    .sort((one, other) => Number(other.unit === 'date') - Number(one.unit === 'date') || one.rank - other.rank);
  return candidates[0];
}

const MOST_COMPARED = 64;

/** The id customers know a record by: different in each, and named so; undefined where only `_id` is. */
export function findId(profile: CollectionProfile, taken: readonly string[]): string | undefined {
  const { fields, records } = profile;
  return fields
    .filter(isPlain)
    .filter(({ path }) => path !== '_id' && !path.includes('.') && !taken.includes(path) && isNamedLikeId(path))
    .filter((field) => field.texts === field.values && field.records >= records * NEARLY_ALL)
    .filter((field) => field.distinct.size >= Math.min(field.values, MOST_COMPARED))
    .map(({ path }) => path)
    .find((path) => /^(?:[a-z]+_)?(?:id|sid|uuid|guid)$|^[A-Za-z]+(?:Id|ID|Sid|Uuid)$/.test(path));
}

const MOST_OWN = 2;
const FEWEST_RECORDS = 8;

/**
 * Is it always the same number or two, in many records? Then it is most likely the account's own.
 * @param others the collection's other fields that hold numbers
 */
export function isOwnNumber(field: FieldProfile, others: readonly FieldProfile[]): boolean {
  const numbers = [...field.distinct.values()].filter((value) => ['string', 'number'].includes(bsonTypeOf(value)));
  return (
    isPlain(field) &&
    numbers.length <= (field.values >= FEWEST_RECORDS * MOST_OWN ? MOST_OWN : 1) &&
    field.values >= FEWEST_RECORDS &&
    others.some((other) => other.distinct.size > MOST_OWN * numbers.length)
  );
}

function isPlain({ path, json, isUnmappable }: FieldProfile): boolean {
  return json === undefined && !isUnmappable && !/\[\]|\{key\}/.test(path);
}
