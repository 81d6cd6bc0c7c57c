import type mongoose from 'mongoose';
import { writingsOf } from '../../engine/by-id.ts';
import { valueAt } from '../../engine/map/paths.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import type { Filter } from '../../engine/plan.ts';
import { type AccountValue, assertAccount } from '../../engine/subject.ts';
import { textOf } from '../../lib/bson-text.ts';

/** A leg of a call, with the fields one needs to delete it. */
export interface Leg {
  readonly id: string;
  readonly conversation: string | null;
  readonly status: string | null;
  readonly started_at: string | null;
  readonly ended_at: string | null;
}

export interface LegPage {
  readonly legs: readonly Leg[];
  /** Legs on all pages. */
  readonly total: number;
}

/**
 * One page of an account's legs, oldest first.
 * @param query.conversation only those of one call
 * @throws TypeError without an account
 */
export async function listLegs(
  db: mongoose.mongo.Db,
  map: DataMap,
  account: AccountValue,
  query: { readonly conversation?: string | undefined; readonly skip: number; readonly limit: number },
): Promise<LegPage> {
  assertAccount(account);
  const legs: Leg[] = [];
  let total = 0;
  for (const entry of map.collections) {
    const { id, at, conversation, columns, log } = entry;
    if (entry.resource !== 'leg' || id === undefined) continue;
    if (query.conversation !== undefined && conversation === undefined) continue;
    const filter = {
      [entry.account]: account,
      ...(query.conversation !== undefined &&
        conversation && { [conversation]: { $in: writingsOf(query.conversation) } }),
    } as Filter;
    const collection = db.collection(entry.collection);
    const skip = Math.max(0, query.skip - total);
    total += await collection.countDocuments(filter);
    if (legs.length >= query.limit) continue;
    const records = await collection
      .find(filter)
      .sort({ ...(at !== undefined && { [at]: 1 as const }), _id: 1 })
      .skip(skip)
      .limit(query.limit - legs.length)
      .toArray();
    const read = (record: unknown, path: string | undefined) => (path ? textOf(valueAt(record, path)) : null);
    for (const record of records)
      legs.push({
        id: read(record, id) ?? '',
        conversation: read(record, conversation),
        status: read(record, columns?.status ?? log?.status),
        started_at: read(record, at),
        ended_at: read(record, columns?.closed_at),
      });
  }
  return { legs, total };
}
