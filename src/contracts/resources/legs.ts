import type mongoose from 'mongoose';
import { writingsOf } from '../../engine/by-id.ts';
import { collectionOf } from '../../engine/collection.ts';
import { allOf } from '../../engine/filter.ts';
import { valueAt } from '../../engine/map/paths.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import { scopeOf } from '../../engine/owner.ts';
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
    if (entry.resource !== 'leg' || id === undefined || entry.owner.kind === 'via') continue;
    if (query.conversation !== undefined && conversation === undefined) continue;
    const filter = allOf(
      scopeOf(entry, account),
      query.conversation !== undefined && conversation
        ? { [conversation]: { $in: writingsOf(query.conversation) } }
        : {},
    );
    const collection = collectionOf(db, entry, account);
    const skip = Math.max(0, query.skip - total);
    total += await collection.countDocuments(filter);
    if (legs.length >= query.limit) continue;
    const records = await collection
      .find(filter)
      .sort({ ...(at !== undefined && { [at.path]: 1 as const }), _id: 1 })
      .skip(skip)
      .limit(query.limit - legs.length)
      .toArray();
    const read = (record: unknown, path: string | undefined) => (path ? textOf(valueAt(record, path)) : null);
    for (const record of records)
      legs.push({
        id: read(record, id) ?? '',
        conversation: read(record, conversation),
        status: read(record, columns?.status ?? log?.status),
        started_at: read(record, at?.path),
        ended_at: read(record, columns?.closed_at),
      });
  }
  return { legs, total };
}
