import mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import { type ErasureRequest, requestsOf } from '../requests/ledger.ts';

type Db = mongoose.mongo.Db;

export const TOMBSTONES = 'lethe_tombstones';

/** What a completed request leaves, so that what comes late is known for what it is. No number. */
export interface Tombstone {
  /** Lethe's account. */
  readonly account_id: string;
  /** Stands for the number. */
  readonly token: string;
  /** Of the request. */
  readonly reference: string;
  /** When it was completed: what is older had to go. */
  readonly cut_off: Date;
  /** The number stayed on the suppression list. */
  readonly suppressed: boolean;
}

interface TombstoneRow extends Tombstone {
  readonly _id: mongoose.mongo.ObjectId;
  /** Present and true until it is written down outside of the database. */
  readonly unexported?: true;
}

export function tombstonesOf(db: Db): mongoose.mongo.Collection<TombstoneRow> {
  return db.collection<TombstoneRow>(TOMBSTONES);
}

/** What a request leaves; null for one that does not say of a whole number that it is gone. */
function tombstoneOf(request: ErasureRequest): Tombstone | null {
  const { account_id, token, reference, completed_at, keep_suppression: suppressed, selector, profile } = request;
  const isWhole = profile === 'forget' && selector.by === 'number' && !selector.before && !selector.late;
  return isWhole && completed_at ? { account_id, token, reference, cut_off: completed_at, suppressed } : null;
}

/** Writes the tombstones of requests that end in this transaction. */
export async function leaveTombstones(
  db: Db,
  requests: readonly ErasureRequest[],
  session: mongoose.mongo.ClientSession,
): Promise<void> {
  const rows = requests.flatMap((request) => tombstoneOf(request) ?? []).map(freshRow);
  if (rows.length > 0) await tombstonesOf(db).insertMany(rows, { session });
}

const freshRow = (tombstone: Tombstone): TombstoneRow => ({
  _id: new mongoose.mongo.ObjectId(),
  ...tombstone,
  unexported: true,
});

/** Adds those that are not there. @returns them */
export async function addTombstones(db: Db, some: readonly Tombstone[]): Promise<Tombstone[]> {
  const added: Tombstone[] = [];
  for (const tombstone of some) {
    try {
      await tombstonesOf(db).insertOne(freshRow(tombstone));
      added.push(tombstone);
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }
  return added;
}

/** Tokens asked for in one query. */
const ASKED_AT_ONCE = 5_000;

/** The tombstones of some tokens: of each its latest. */
export async function findTombstones(
  db: Db,
  account: string,
  tokens: readonly string[],
): Promise<Map<string, Tombstone>> {
  const found = new Map<string, Tombstone>();
  for (let from = 0; from < tokens.length; from += ASKED_AT_ONCE) {
    const rows = tombstonesOf(db).find({
      account_id: account,
      token: { $in: tokens.slice(from, from + ASKED_AT_ONCE) },
    });
    for await (const row of rows) {
      const known = found.get(row.token);
      if (known === undefined || known.cut_off < row.cut_off) found.set(row.token, row);
    }
  }
  return found;
}

/** The accounts in which somebody was forgotten. */
export function accountsWithTombstones(db: Db): Promise<string[]> {
  return tombstonesOf(db).distinct('account_id');
}

/** Requests that were completed before tombstones were left: read once, and adopted. */
export async function adoptCompleted(db: Db): Promise<number> {
  let adopted = 0;
  const completed = requestsOf(db).find({ profile: 'forget', state: 'completed', 'selector.by': 'number' });
  for await (const request of completed) {
    const tombstone = tombstoneOf(request);
    if (tombstone !== null) adopted += (await addTombstones(db, [tombstone])).length;
  }
  return adopted;
}
