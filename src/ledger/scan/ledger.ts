import type mongoose from 'mongoose';
import type { Call } from '../work/call.ts';
import type { WorkRow } from '../work/row.ts';
import type { StoredPosition } from './position.ts';

export const SCANS = 'lethe_scans';

/** The pass over one account's records; one row an account. */
export interface ScanRow extends WorkRow {
  readonly _id: mongoose.mongo.ObjectId;
  /** Lethe's account. */
  readonly account_id: string;
  /** Present and true while requests wait for it. */
  unfinished?: true;
  /** No work before this moment: a large account is read once an interval. */
  not_before: Date;
  /** Counts who asked: a pass ends only when nobody has asked since it looked who waits. */
  asked: number;
  position: StoredPosition;
  /** Stands for the list of places: another data map is another circle, and is begun anew. */
  places: string;
  /** Records read in all turns together. */
  read: number;
  /** Records read in this turn, and in the last whole one. */
  turn_read: number;
  size?: number;
  /** A part of this turn was left out, as nobody waited for it: it does not tell how many records there are. */
  skipped: boolean;
  /** When this turn began to read. */
  began_at?: Date;
  /** Milliseconds spent reading and changing in this turn, and in the last whole one; rests are none of it. */
  worked_ms: number;
  took_ms?: number;
}

/** The ledger of passes as a native collection. */
export function scansOf(db: mongoose.mongo.Db): mongoose.mongo.Collection<ScanRow> {
  return db.collection<ScanRow>(SCANS);
}

/** Longest rest between two turns over an account that is not large. */
export const MOST_REST_MS = 5_000;

/** How the queue is told of a pass. */
export const SCAN_CALL: Call<Pick<ScanRow, 'account_id' | 'generation'>, 'scan'> = {
  what: 'scan',
  job: 'scan',
  keyOf: ({ account_id }) => `scan-${account_id}`,
  payloadOf: ({ account_id }) => ({ account: account_id }),
  factsOf: ({ account_id }) => ({ account: account_id }),
};

/**
 * When a turn must begin to be over when a request is due: twice the last one's length before, as it may have grown.
 * @param due in milliseconds since 1970, as the answer is
 */
export function latestBeginning(due: number, tookMs: number): number {
  return due - 2 * tookMs;
}
