import mongoose from 'mongoose';
import { bsonTypeOf } from '../lib/bson-type.ts';
import type { Reading } from '../phone/interpret.ts';
import type { PhoneNumber } from '../phone/number.ts';
import type { NumberReader } from '../phone/reader.ts';
import { directionOf } from './direction.ts';
import type { Filter } from './filter.ts';
import { type FieldPath, readPath, valueAt } from './map/paths.ts';
import { isOwnPlace } from './map/places.ts';
import { concerns, type Profile } from './map/profile.ts';
import { type CollectionMap, type DataMap, nameOf } from './map/schema.ts';

const { Binary, Long, ObjectId, UUID } = mongoose.mongo;

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

/**
 * The way from records with an account of their own to those of an entry whose account only others tell, hop by hop;
 * none for an entry with an account.
 */
export function wayTo(map: DataMap, entry: CollectionMap): Reference[] {
  const way: Reference[] = [];
  for (let child = entry; child.owner.kind === 'via' && child.via !== undefined; ) {
    const { collection, key, field } = child.via;
    const parent = map.collections.find((one) => nameOf(one) === collection);
    if (parent === undefined) throw new TypeError(`there is no entry of the name ${collection}`);
    way.unshift({ child, parent, key: readPath(key), field: readPath(field) });
    child = parent;
  }
  return way;
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

/** Says of a value of a child's field whether it is one of these keys, as `selectByKeys` asks. */
export function keyMatcher(keys: readonly unknown[]): (value: unknown) => boolean {
  const known = new Set(keys.map(keyText));
  return (value) => isKey(value) && known.has(keyText(value));
}

/** An id and its text are one. */
function keyText(key: unknown): string {
  const text = textOfKey(key) ?? String(key);
  return HEX.test(text) || UUID_TEXT.test(text) ? text.toLowerCase() : text;
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
const UUID_TEXT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const WHOLE = /^(0|[1-9]\d{0,17})$/;

/** A key as itself, as its text, and as what its text may stand for. */
function writingsOf(key: unknown): unknown[] {
  const text = typeof key === 'string' ? key : textOfKey(key);
  if (text === undefined) return [key];
  return [
    ...(typeof key === 'string' ? [] : [key]),
    text,
    ...(HEX.test(text) ? [new ObjectId(text)] : []),
    ...(UUID_TEXT.test(text) ? [new UUID(text)] : []),
    ...(WHOLE.test(text) ? [Long.fromString(text)] : []),
  ];
}

function textOfKey(key: unknown): string | undefined {
  if (key instanceof Binary) return key.sub_type === Binary.SUBTYPE_UUID ? key.toUUID().toHexString() : undefined;
  const type = bsonTypeOf(key);
  return type === 'objectId' || type === 'number' ? String(key) : undefined;
}

/**
 * Do several people share this record, so that what is known by it is not one person's? A record that is deleted with the
 * number is that person's, whatever other numbers they have; the account's own number is nobody else's.
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
  const { own_number: own } = parent;
  const way = directionOf(parent, record);
  const accounts = typeof own === 'object' ? way !== null && own[way] : own;
  return parent.numbers
    .filter((place) => place.path !== accounts && isOwnPlace(parent, place, fate))
    .flatMap(({ path }) => valuesAlong(record, path.replaceAll('[]', '').split('.')))
    .some((value) => {
      const type = bsonTypeOf(value);
      if (type !== 'string' && type !== 'number') return false;
      return isOther(reader.read(value));
    });
}
