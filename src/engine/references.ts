import mongoose from 'mongoose';
import { bsonTypeOf } from '../lib/bson-type.ts';
import type { Reading } from '../phone/interpret.ts';
import type { PhoneNumber } from '../phone/number.ts';
import type { NumberReader } from '../phone/reader.ts';
import type { Filter } from './filter.ts';
import { type FieldPath, readPath, valueAt } from './map/paths.ts';
import { isOwnPlace } from './map/places.ts';
import { concerns, type Profile } from './map/profile.ts';
import { type CollectionMap, type DataMap, nameOf } from './map/schema.ts';

const { ObjectId } = mongoose.mongo;

/** Records that are known by others: the entry, and how one of its records names its parent. */
export interface Reference {
  readonly child: CollectionMap;
  readonly parent: CollectionMap;
  /** Where the parent has what the child names it by. */
  readonly key: FieldPath;
  /** Where the child has it. */
  readonly field: FieldPath;
}

/** The references of a map that a profile is about. */
export function referencesOf(map: DataMap, profile: Profile): Reference[] {
  return map.collections.flatMap((child) => {
    if (child.via === undefined || !concerns(profile, child)) return [];
    const { collection, key, field } = child.via;
    const parent = map.collections.find((entry) => nameOf(entry) === collection);
    return parent === undefined ? [] : [{ child, parent, key: readPath(key), field: readPath(field) }];
  });
}

/** The values by which a record's children name it; those that name nothing are left out. */
export function keysIn(record: unknown, { key }: Reference): unknown[] {
  return valuesAlong(record, key.dotted.split('.')).filter(isKey);
}

/** A value that is nothing would find every record without one. */
function isKey(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return false;
  return typeof value !== 'object' || '_bsontype' in value;
}

function valuesAlong(value: unknown, names: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((element) => valuesAlong(element, names));
  const [name, ...rest] = names;
  if (name === undefined) return [value];
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
  return valuesAlong((value as Record<string, unknown>)[name], rest);
}

/**
 * Matches the children of parents by their keys, whether the platform keeps an id as itself or as its text.
 * @throws TypeError without a key: such a filter would match other people's records
 */
export function selectByKeys({ field }: Reference, keys: readonly unknown[]): Filter {
  if (keys.length === 0 || !keys.every(isKey)) throw new TypeError('a key is needed for every filter');
  return { [field.dotted]: { $in: keys.flatMap(writingsOf) } } as Filter;
}

const HEX = /^[0-9a-f]{24}$/i;

function writingsOf(key: unknown): unknown[] {
  if (key instanceof ObjectId) return [key, key.toHexString()];
  return typeof key === 'string' && HEX.test(key) ? [key, new ObjectId(key)] : [key];
}

/**
 * Do several people share this record, so that what is known by it is not one person's? A record that is deleted with the
 * number is that person's, whatever other numbers they have.
 */
export function isShared(
  record: unknown,
  { parent }: Reference,
  profile: Profile,
  number: PhoneNumber,
  reader: NumberReader,
): boolean {
  const fate = profile.records[parent.record];
  if (fate === 'delete') return false;
  const isOther = (read: Reading) => read.kind === 'number' && read.number !== number;
  const isJoinedOther = parent.joined.some(({ parts, code }) =>
    isOther(
      reader.readParts(
        parts.map((path) => valueAt(record, path)),
        code,
      ),
    ),
  );
  if (isJoinedOther) return true;
  return parent.numbers
    .filter((place) => isOwnPlace(parent, place, fate))
    .flatMap(({ path }) => valuesAlong(record, path.replaceAll('[]', '').split('.')))
    .some((value) => {
      const type = bsonTypeOf(value);
      if (type !== 'string' && type !== 'number') return false;
      return isOther(reader.read(value));
    });
}
