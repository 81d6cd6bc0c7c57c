import mongoose from 'mongoose';
import { bsonTypeOf } from '../lib/bson-type.ts';
import type { Reading } from '../phone/interpret.ts';
import type { PhoneNumber } from '../phone/number.ts';
import type { NumberReader } from '../phone/reader.ts';
import { directionOf, ownNumberPath } from './direction.ts';
import type { Filter } from './filter.ts';
import { type FieldPath, KEY, readPath, valueAt, valuesAlong } from './map/paths.ts';
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
  /** How the child writes it, with `{key}` in its place; undefined: as it is. */
  readonly form?: string | undefined;
}

/** Children that stay though the record goes that leads to them. */
interface Orphans {
  readonly reference: Reference;
  /** Which of the children. */
  readonly only: Filter;
}

/** How a record leads to others. */
export interface Lead {
  readonly reference: Reference;
  /** What says of the record, by its `where`, that it leads there. */
  readonly by: CollectionMap;
}

/** The references of a map that matter to a profile. */
export interface ReferenceTree {
  /** Those whose children it changes, and those that lead to them; parents before their children. */
  readonly all: readonly Reference[];
  /** What nobody would find by the number any more when a record goes that the profile deletes. */
  readonly orphans: readonly Orphans[];
  /**
   * How records of this entry lead to others. A record that goes may be another entry's, too, as one that is known by its
   * own number and by its owner's: what is known by it as such would be found by nothing any more, and goes with it.
   */
  leadsOf(entry: CollectionMap): readonly Lead[];
  /** Do others that matter belong to records of this entry? */
  isParent(entry: CollectionMap): boolean;
  /** Does the profile change records of this entry that are known by others? */
  isChanged(entry: CollectionMap): boolean;
  /** Does it change records of this entry, however they are found? */
  isMeant(entry: CollectionMap): boolean;
}

/**
 * The references along which a profile finds records. A profile that is about some entries only, as those of
 * interactions, is also about what belongs to them: the messages of a chat.
 */
export function referencesOf(map: DataMap, profile: Profile): ReferenceTree {
  const every = parentsFirst(map).flatMap((child) => referenceTo(map, child) ?? []);
  const changed = new Set<CollectionMap>();
  for (const { child, parent } of every) {
    const isMeant = concerns(profile, child) || concerns(profile, parent) || changed.has(parent);
    if (profile.records[child.record] !== 'skip' && isMeant) changed.add(child);
  }
  const onTheWay = new Set(changed);
  for (const { child, parent } of [...every].reverse()) if (onTheWay.has(child)) onTheWay.add(parent);
  const all = every.filter(({ child }) => onTheWay.has(child));
  const isDeleted = (entry: CollectionMap) =>
    profile.records[entry.record] === 'delete' && (concerns(profile, entry) || changed.has(entry));
  const orphans = every.flatMap((reference) =>
    isDeleted(reference.parent) ? orphansOf(reference, profile, changed.has(reference.child)) : [],
  );
  const leads = new Map(
    map.collections.map((entry) => [
      entry,
      all.flatMap((reference): Lead[] => {
        const { parent } = reference;
        if (parent === entry) return [{ reference, by: parent }];
        return isDeleted(entry) && isOfSameRecords(entry, parent)
          ? [{ reference: { ...reference, parent: entry }, by: parent }]
          : [];
      }),
    ]),
  );
  const parents = new Set(orphans.map(({ reference }) => reference.parent));
  const leadsOf = (entry: CollectionMap) => leads.get(entry) ?? [];
  return {
    all,
    orphans,
    leadsOf,
    isParent: (entry) => parents.has(entry) || leadsOf(entry).length > 0,
    isChanged: (entry) => changed.has(entry),
    isMeant: (entry) => concerns(profile, entry) || changed.has(entry),
  };
}

/** May one record be of both entries? */
function isOfSameRecords(one: CollectionMap, other: CollectionMap): boolean {
  const isWhole = one.elements === undefined && other.elements === undefined;
  return isWhole && one.collection === other.collection && one.database === other.database;
}

/** Of the children of a record that goes, those that do not go with it and have no number by which they could be found. */
function orphansOf(reference: Reference, profile: Profile, isChanged: boolean): Orphans[] {
  const { numbers, joined, json, pending } = reference.child;
  if (numbers.length + joined.length > 0 || json.some((one) => one.numbers.length > 0)) return [];
  if (!isChanged) return [{ reference, only: {} }];
  // What waits to be sent is waited for when somebody is forgotten, and else by nobody.
  if (pending === undefined || profile.clearsReports) return [];
  return [{ reference, only: { [pending.path]: { $in: [...pending.values] } } }];
}

function referenceTo(map: DataMap, child: CollectionMap): Reference | null {
  if (child.via === undefined) return null;
  const { collection, key, field, form } = child.via;
  const parent = map.collections.find((entry) => nameOf(entry) === collection);
  return parent === undefined ? null : { child, parent, key: readPath(key), field: readPath(field), form };
}

/** Parents before their children, so that the keys of all of them are known when it is the children's turn. */
export function parentsFirst(map: DataMap): CollectionMap[] {
  const depthOf = ({ via }: CollectionMap): number => {
    const parent = via && map.collections.find((entry) => nameOf(entry) === via.collection);
    return parent === undefined ? 0 : 1 + depthOf(parent);
  };
  const depths = new Map(map.collections.map((entry) => [entry, depthOf(entry)]));
  return [...map.collections].sort((one, other) => (depths.get(one) ?? 0) - (depths.get(other) ?? 0));
}

/**
 * The way from records with an account of their own to those of an entry whose account only others tell, hop by hop;
 * none for an entry with an account.
 */
export function wayTo(map: DataMap, entry: CollectionMap): Reference[] {
  const way: Reference[] = [];
  for (let child = entry; child.owner.kind === 'via' && child.via !== undefined; ) {
    const hop = referenceTo(map, child);
    if (hop === null) throw new TypeError(`there is no entry of the name ${child.via.collection}`);
    way.unshift(hop);
    child = hop.parent;
  }
  return way;
}

/** The values by which a record's children name it; those that name nothing are left out. */
export function keysIn(record: unknown, { key, form }: Reference): unknown[] {
  return valuesAlong(record, key.dotted.split('.'))
    .filter(isKey)
    .map((value) => writeKey(value, form));
}

/** A key as the field of a child has it. @param form a text with `{key}` in it; undefined: the key itself */
export function writeKey(key: unknown, form: string | undefined): unknown {
  return form === undefined ? key : form.replace(KEY, () => textOfKey(key) ?? String(key));
}

/** The key in what a child's field holds; undefined where it holds none in this form. */
export function readKey(value: unknown, form: string | undefined): unknown {
  if (!isKey(value) || form === undefined) return isKey(value) ? value : undefined;
  const [before = '', behind = ''] = form.split(KEY);
  const text = String(value);
  const isIn = text.startsWith(before) && text.endsWith(behind) && text.length > before.length + behind.length;
  return isIn ? text.slice(before.length, text.length - behind.length) : undefined;
}

/** A value that is nothing would find every record without one. */
function isKey(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return false;
  return typeof value !== 'object' || '_bsontype' in value;
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

/** Keys asked for in one query. */
export const KEYS_AT_ONCE = 1_000;

/** As `selectByKeys`, of any number of keys: one filter a query; none without a key. */
export function selectionsByKeys(reference: Reference, keys: readonly unknown[]): Filter[] {
  return Array.from({ length: Math.ceil(keys.length / KEYS_AT_ONCE) }, (_, index) =>
    selectByKeys(reference, keys.slice(index * KEYS_AT_ONCE, (index + 1) * KEYS_AT_ONCE)),
  );
}

/**
 * Matches the children of parents by their keys, whether the platform keeps an id as itself or as its text.
 * @throws TypeError without a key: such a filter would match other people's records
 */
function selectByKeys({ field }: Reference, keys: readonly unknown[]): Filter {
  if (keys.length === 0 || !keys.every(isKey)) throw new TypeError('a key is needed for every filter');
  return { [field.dotted]: { $in: keys.flatMap(writingsOf) } } as Filter;
}

const HEX = /^[0-9a-f]{24}$/i;
const UUID_TEXT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const WHOLE = /^(0|[1-9]\d{0,17})$/;

/** A key as itself, as its text, and as what its text may stand for. */
export function writingsOf(key: unknown): unknown[] {
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
 * @param profile of forgetting, which says whose a record is
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
  const accounts = ownNumberPath(parent, directionOf(parent, record));
  return parent.numbers
    .filter((place) => place.path !== accounts && isOwnPlace(parent, place, fate))
    .flatMap(({ path }) => valuesAlong(record, path.replaceAll('[]', '').split('.')))
    .some((value) => {
      const type = bsonTypeOf(value);
      if (type !== 'string' && type !== 'number') return false;
      return isOther(reader.read(value));
    });
}
