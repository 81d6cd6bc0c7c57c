import type mongoose from 'mongoose';
import { writingsOf } from '../../engine/by-id.ts';
import { type CollectionMap, type DataMap, type Direction, nameOf, type Product } from '../../engine/map/schema.ts';
import type { Filter } from '../../engine/plan.ts';
import { type AccountValue, assertAccount, storedValues } from '../../engine/subject.ts';
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
  readonly at: string;
  readonly id: string;
  /** Every condition of the query but the time. */
  readonly filter: Filter;
  /** The time; null when the query has no bound of it. */
  readonly range: { $gte?: Date; $lt?: Date } | null;
}

/**
 * The collections a query is about, with one filter each. A collection without a field for a condition is left out.
 * @throws TypeError without an account
 */
export function selectSources(map: DataMap, query: RecordQuery, account: AccountValue): Source[] {
  assertAccount(account);
  return map.collections.flatMap((entry): Source[] => {
    const { id, at, products } = entry;
    if (id === undefined || at === undefined || products === undefined) return [];
    if (query.product !== undefined && !products.includes(query.product)) return [];
    const conditions = conditionsOf(entry, query);
    if (conditions === null) return [];
    const range =
      query.since || query.until
        ? { ...(query.since && { $gte: query.since }), ...(query.until && { $lt: query.until }) }
        : null;
    const filter: Filter = {
      [entry.account]: account,
      ...(query.ids && { [id]: { $in: query.ids.flatMap(writingsOf) } }),
      ...conditions,
    };
    return [{ name: nameOf(entry), entry, at, id, filter, range }];
  });
}

/** The filter on columns; null when no record of this collection can match. */
function conditionsOf(entry: CollectionMap, query: RecordQuery): Filter | null {
  const conditions: mongoose.mongo.Document = {};
  if (query.direction !== undefined) {
    // Collections without a direction (verifications, insights) count as outbound.
    const direction = entry.direction ?? 'outbound';
    if (typeof direction === 'object') conditions[direction.path] = query.direction;
    else if (direction !== query.direction) return null;
  }
  const wanted = [
    [entry.columns?.from, query.from && matchParty(query.from)],
    [entry.columns?.to, query.to && matchParty(query.to)],
    [entry.columns?.status, query.status],
  ] as const;
  for (const [path, condition] of wanted) {
    if (condition === undefined) continue;
    if (path === undefined) return null;
    conditions[path] = condition;
  }
  return conditions;
}

function matchParty(party: Party): unknown {
  return 'number' in party ? { $in: [...storedValues(party.number)] } : party.name;
}
