import type mongoose from 'mongoose';
import { writingsOf } from '../../engine/by-id.ts';
import { collectionOf } from '../../engine/collection.ts';
import { wentFilter } from '../../engine/direction.ts';
import { allOf, type Filter } from '../../engine/filter.ts';
import { readPath } from '../../engine/map/paths.ts';
import {
  type CollectionMap,
  type DataMap,
  type Direction,
  nameOf,
  type Product,
  type TimeField,
} from '../../engine/map/schema.ts';
import type { Span } from '../../engine/moment.ts';
import { scopeOf } from '../../engine/owner.ts';
import { productFilter, productsOf } from '../../engine/products.ts';
import { type AccountValue, assertAccount, everyValue } from '../../engine/subject.ts';
import type { CountryCode } from '../../phone/countries.ts';
import type { PhoneNumber } from '../../phone/number.ts';

/** One end of a message or call: a number, searched in every form, or a sender's name or short code as it stands. */
export type Party = { readonly number: PhoneNumber } | { readonly name: string };

/** Which transaction records are wanted. Nothing given: all of the account. */
export interface RecordQuery {
  readonly product?: Product;
  readonly direction?: Direction;
  readonly from?: Party;
  readonly to?: Party;
  readonly status?: string;
  readonly ids?: readonly string[];
  /** Records of this moment and later. */
  readonly since?: Date;
  /** Records before this moment. */
  readonly until?: Date;
}

/** A mapped collection as a query sees it. */
export interface Source {
  readonly name: string;
  readonly entry: CollectionMap;
  /** The field with the moment it happened. */
  readonly at: TimeField;
  readonly id: string;
  /** Every condition of the query but the time. */
  readonly filter: Filter;
  readonly collection: (db: mongoose.mongo.Db) => mongoose.mongo.Collection;
  /** The time, when a bound of it is asked for. */
  readonly range: Span | null;
}

/**
 * The collections a query is about, with one filter each. A collection without a field for a condition is left out.
 * @param countries whose national writings of numbers are meant
 * @throws TypeError without an account
 */
export function selectSources(
  map: DataMap,
  query: RecordQuery,
  account: AccountValue,
  countries: readonly CountryCode[],
): Source[] {
  assertAccount(account);
  return map.collections.flatMap((entry): Source[] => {
    const { id, at } = entry;
    if (id === undefined || at === undefined || productsOf(entry).length === 0) return [];
    if (entry.owner.kind === 'via') return [];
    const conditions = conditionsOf(entry, query, countries);
    if (conditions === null) return [];
    const range = query.since || query.until ? { from: query.since, to: query.until } : null;
    const filter = allOf(
      scopeOf(entry, account),
      query.ids ? { [readPath(id).dotted]: { $in: query.ids.flatMap(writingsOf) } } : {},
      conditions,
    );
    return [
      { name: nameOf(entry), entry, at, id, filter, range, collection: (db) => collectionOf(db, entry, account) },
    ];
  });
}

/** The filter on columns; null when no record of this collection can match. */
function conditionsOf(entry: CollectionMap, query: RecordQuery, countries: readonly CountryCode[]): Filter | null {
  const product = query.product === undefined ? {} : productFilter(entry, query.product);
  const went = query.direction === undefined ? {} : wentFilter(entry, query.direction);
  if (product === null || went === null) return null;
  const conditions: Filter[] = [product, went];
  const wanted = [
    [entry.columns?.from, query.from && matchParty(query.from, countries)],
    [entry.columns?.to, query.to && matchParty(query.to, countries)],
    [entry.columns?.status, query.status],
  ] as const;
  for (const [path, condition] of wanted) {
    if (condition === undefined) continue;
    if (path === undefined) return null;
    conditions.push({ [path]: condition } as Filter);
  }
  return allOf(...conditions);
}

function matchParty(party: Party, countries: readonly CountryCode[]): unknown {
  return 'number' in party ? { $in: [...everyValue(party.number, countries)] } : party.name;
}
