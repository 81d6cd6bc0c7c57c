import mongoose from 'mongoose';
import { bsonTypeOf } from '../lib/bson-type.ts';
import { allOf, type Filter } from './filter.ts';
import { valueAt, valuesAlong } from './map/paths.ts';
import { ACCOUNT_TYPES, type AccountType, type CollectionMap, type Scalar } from './map/schema.ts';
import { type AccountValue, assertAccount } from './subject.ts';

const { Long, ObjectId, UUID } = mongoose.mongo;

type Owned = Pick<CollectionMap, 'owner'>;

/**
 * The condition for records without an account field: matches every record, and is never an empty filter. It names no
 * field, so that an index on the number alone serves the query.
 */
export const EVERYBODY: Filter = { $comment: 'account: none' };
const NOBODYS: Filter = { $comment: 'account: any' };

/**
 * The condition that a record is an account's: every filter on the platform's records has it from here.
 * @throws TypeError without an account, and for records that only other records tell the account of
 */
export function ownerFilter({ owner }: Owned, account: AccountValue): Filter {
  assertAccount(account);
  switch (owner.kind) {
    case 'none':
      return EVERYBODY;
    case 'any':
      return NOBODYS;
    case 'via':
      throw new TypeError('these records are found by others, not by their account');
    case 'field':
      return { [owner.path]: owner.types ? { $in: valuesOf(owner, account) } : account } as Filter;
  }
}

/** The condition that the entry is about a record: what its `where` says. */
export function whereFilter({ where }: Pick<CollectionMap, 'where'>): Filter {
  return Object.fromEntries(Object.entries(where).map(([path, values]) => [path, conditionOf(values)])) as Filter;
}

/** The records of an account that an entry is about. @throws TypeError as `ownerFilter` does */
export function scopeOf(entry: Pick<CollectionMap, 'owner' | 'where'>, account: AccountValue): Filter {
  return allOf(ownerFilter(entry, account), whereFilter(entry));
}

/**
 * The condition that a record is no other account's, too: its field may be a list of accounts, or stand in a list. What
 * several have in common is nobody's alone to erase.
 */
export function aloneFilter({ owner }: Owned, account: AccountValue): Filter {
  if (owner.kind !== 'field') return {};
  const others = { $nin: valuesOf(owner, account) };
  const names = owner.path.split('.');
  const lists = names.map((_, index) => {
    const within = names.slice(index + 1).join('.');
    const list = names.slice(0, index + 1).join('.');
    return { [list]: { $not: { $elemMatch: within === '' ? others : { [within]: others } } } };
  });
  return { $and: lists } as Filter;
}

/** The entry as it is about those of its records that tell their account themselves; null for an entry that always does. */
export function asOwned(entry: CollectionMap): CollectionMap | null {
  return entry.owner.kind === 'via' && entry.owner.itself ? { ...entry, owner: entry.owner.itself } : null;
}

/**
 * The records of an entry that may be an account's when another one of its leads to them: ids of two tenants may be alike,
 * so that of those that tell an account themselves, another's are left out.
 * @throws TypeError without an account
 */
export function reachOf(entry: Pick<CollectionMap, 'owner' | 'where'>, account: AccountValue): Filter {
  const { owner } = entry;
  if (owner.kind !== 'via') return scopeOf(entry, account);
  assertAccount(account);
  if (!owner.itself) return whereFilter(entry);
  const { path, types = ACCOUNT_TYPES } = owner.itself;
  const mine = { [path]: { $in: [account, ...accountWritings(account, types), null] } } as Filter;
  return allOf(mine, whereFilter(entry));
}

/** The field that holds the account; undefined where there is none. */
export function accountPathOf({ owner }: Owned): string | undefined {
  return owner.kind === 'field' ? owner.path : undefined;
}

/** `{$in}` for several values, the value itself for one. */
export function conditionOf(values: readonly Scalar[]): unknown {
  // Null stands in a list: a bare one in a filter is taken for something forgotten.
  return values.length === 1 && values[0] !== null ? values[0] : { $in: [...values] };
}

/** Does a stored value equal one of these, as MongoDB compares? */
export function isOneOf(values: readonly Scalar[], stored: unknown): boolean {
  if (Array.isArray(stored)) return stored.some((one) => isOneOf(values, one));
  if (stored === undefined || stored === null) return values.includes(null);
  if (bsonTypeOf(stored) === 'number')
    return values.some((one) => typeof one === 'number' && one === Number(String(stored)));
  return values.includes(stored as Scalar);
}

/** Is the entry about this record? The same as `whereFilter`, of a record at hand. */
export function matchesWhere({ where }: Pick<CollectionMap, 'where'>, record: unknown): boolean {
  return Object.entries(where).every(([path, values]) => isOneOf(values, valueAt(record, path)));
}

const valuesOf = ({ types }: { types?: readonly AccountType[] | undefined }, account: AccountValue) =>
  types ? accountWritings(account, types) : [account];

/** Is a record at hand the account's, perhaps among others? The same as `ownerFilter`. */
export function isOwned({ owner }: Owned, account: AccountValue, record: unknown): boolean {
  if (owner.kind !== 'field') return true;
  const keys = valuesOf(owner, account).map(accountKey);
  return storedAccounts(owner.path, record).some((stored) => keys.includes(accountKey(stored)));
}

/** Is a record of the account's another account's, too? The opposite of `aloneFilter`. */
export function isOfSeveral({ owner }: Owned, account: AccountValue, record: unknown): boolean {
  if (owner.kind !== 'field') return false;
  const stored = storedAccounts(owner.path, record);
  if (stored.length < 2) return false;
  const keys = valuesOf(owner, account).map(accountKey);
  return stored.some((one) => !keys.includes(accountKey(one)));
}

/** One value as a rule; several where the field is a list, or stands in one. */
function storedAccounts(path: string, record: unknown): unknown[] {
  const stored = valueAt(record, path);
  return stored === undefined || Array.isArray(stored) ? valuesAlong(record, path.split('.')) : [stored];
}

/** A text for an account value or a stored one: numbers of every type alike, and no number like a text. */
function accountKey(value: unknown): string {
  return `${bsonTypeOf(value)} ${String(value)}`;
}

const UUID_TEXT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const WHOLE = /^-?(0|[1-9]\d{0,17})$/;

/** Every value of these types that is the account's id; itself where it can be none of them. */
export function accountWritings(account: AccountValue, types: readonly AccountType[]): AccountValue[] {
  const text = String(account);
  const writings = types.flatMap((type) => writingAs(type, text) ?? []);
  // MongoDB compares an Int32 and an Int64 by value: one will do.
  const once = new Map(writings.map((one) => [accountKey(one), one]));
  return once.size > 0 ? [...once.values()] : [account];
}

/** An id as a value of one type; null when it can be none. */
function writingAs(type: AccountType, text: string): AccountValue | null {
  switch (type) {
    case 'string':
      return text;
    case 'objectid':
      return /^[0-9a-f]{24}$/i.test(text) ? new ObjectId(text) : null;
    case 'uuid':
      return UUID_TEXT.test(text) ? new UUID(text) : null;
    case 'int':
    case 'long':
      return WHOLE.test(text) ? Long.fromString(text) : null;
  }
}
