import type mongoose from 'mongoose';
import { AUDIT, type AuditAction, type AuditEntry } from './entry.ts';

type Db = mongoose.mongo.Db;

/** Which entries are wanted. What is not given is not asked for. */
export interface AuditQuery {
  readonly action?: AuditAction | undefined;
  /** The id of a key, or `schedule`. */
  readonly actor?: string | undefined;
  /** Of a request, a key or a person. */
  readonly reference?: string | undefined;
  /** Entries at or after this moment. */
  readonly from?: Date | undefined;
  /** Entries before this moment. */
  readonly to?: Date | undefined;
}

/** A place in the order of a list: newest first, entries of one moment by their ids. */
export interface AuditPosition {
  readonly at: Date;
  readonly id: mongoose.mongo.ObjectId;
}

export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditEntry[];
  /** Where the next page begins; null: there is none. */
  readonly next: AuditPosition | null;
}

/** Entries read at once. */
const CHUNK = 500;
/** Entries of an account that are read for one page, wanted or not: a page costs the same however rare what is wanted is. */
const MOST_READ = 10_000;
/** Accounts that are read side by side. */
const SIDE_BY_SIDE = 8;

/**
 * One page of the entries of accounts, by their time. Found by an index, in bounded memory. A page may be short, or empty,
 * and have a next one: what is wanted is rare then.
 * @param accounts ids; none: nothing is found
 */
export async function readAuditPage(
  db: Db,
  accounts: readonly string[],
  query: AuditQuery,
  { limit, after }: { limit: number; after?: AuditPosition | undefined },
): Promise<AuditPage> {
  let best: AuditEntry[] = [];
  let horizon: AuditPosition | null = null;
  for (let from = 0; from < accounts.length; from += SIDE_BY_SIDE) {
    const some = accounts.slice(from, from + SIDE_BY_SIDE);
    const pages = await Promise.all(some.map((account) => readAccount(db, account, query, limit, after)));
    for (const page of pages) {
      best.push(...page.entries);
      if (page.next && (horizon === null || compare(page.next, horizon) < 0)) horizon = page.next;
    }
    best = best.sort((one, other) => compare(positionOf(one), positionOf(other))).slice(0, limit);
  }
  // Behind the first place where an account was not read on, that account may have entries that belong here.
  const bound = horizon;
  const entries = bound === null ? best : best.filter((entry) => compare(positionOf(entry), bound) <= 0);
  const last = entries.at(-1);
  if (last && entries.length === limit) return { entries, next: positionOf(last) };
  return { entries, next: horizon };
}

async function readAccount(
  db: Db,
  account: string,
  query: AuditQuery,
  limit: number,
  after: AuditPosition | undefined,
): Promise<AuditPage> {
  const found: AuditEntry[] = [];
  let position = after;
  for (let read = 0; read < MOST_READ; read += CHUNK) {
    const rows = await db
      .collection<AuditEntry>(AUDIT)
      .find({ account_id: account, ...between(query, position) })
      .sort({ at: -1, _id: -1 })
      .limit(CHUNK)
      .toArray();
    for (const row of rows) {
      position = positionOf(row);
      if (isWanted(row, query)) found.push(row);
      if (found.length === limit) return { entries: found, next: position };
    }
    if (rows.length < CHUNK) return { entries: found, next: null };
  }
  return { entries: found, next: position ?? null };
}

/** The part of the filter that the index answers. */
function between({ from, to }: AuditQuery, position: AuditPosition | undefined): object {
  const at = { ...(from && { $gte: from }), ...(to && { $lt: to }) };
  if (!position) return Object.keys(at).length === 0 ? {} : { at };
  const last = { at: position.at };
  return {
    // A bound on the index's next key; which of one moment are left, the ids tell.
    at: { ...at, $lte: position.at },
    $or: [{ at: { $lt: last.at } }, { ...last, _id: { $lt: position.id } }],
  };
}

const isWanted = (entry: AuditEntry, { action, actor, reference }: AuditQuery) =>
  (action === undefined || entry.action === action) &&
  (actor === undefined || entry.actor === actor) &&
  (reference === undefined || entry.reference === reference);

const positionOf = ({ at, _id }: AuditEntry): AuditPosition => ({ at, id: _id });

/** Negative: the first is newer. */
function compare(one: AuditPosition, other: AuditPosition): number {
  const byTime = other.at.getTime() - one.at.getTime();
  if (byTime !== 0) return byTime;
  return one.id.toHexString() < other.id.toHexString() ? 1 : one.id.equals(other.id) ? 0 : -1;
}

/** All wanted entries of one account in the order of its chain, in constant memory. */
export async function* eachAuditEntry(db: Db, account: string, query: AuditQuery): AsyncGenerator<AuditEntry> {
  const entries = db
    .collection<AuditEntry>(AUDIT)
    .find({ account_id: account }, { batchSize: CHUNK })
    .sort({ account_id: 1, seq: 1 });
  for await (const entry of entries) {
    const isWithin = (!query.from || entry.at >= query.from) && (!query.to || entry.at < query.to);
    if (isWithin && isWanted(entry, query)) yield entry;
  }
}
