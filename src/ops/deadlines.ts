import type mongoose from 'mongoose';
import { requestsOf } from '../ledger/requests/ledger.ts';

/** How unfinished requests stand to their deadlines. */
export interface Deadlines {
  readonly on_track: number;
  /** Not overdue, and little of the time is left. */
  readonly due_soon: number;
  readonly overdue: number;
  /** Of all of them, those whose last attempt failed. */
  readonly failed: number;
}

/**
 * Counts unfinished requests, by an index that finished ones are not in.
 * @param dueSoonMs how much of the time is little
 */
export async function readDeadlines(db: mongoose.mongo.Db, now: Date, dueSoonMs: number): Promise<Deadlines> {
  const requests = requestsOf(db);
  const soon = new Date(now.getTime() + dueSoonMs);
  const unfinished = { unfinished: true as const };
  const [on_track, due_soon, overdue, failed] = await Promise.all([
    requests.countDocuments({ ...unfinished, due_at: { $gte: soon } }),
    requests.countDocuments({ ...unfinished, due_at: { $gte: now, $lt: soon } }),
    requests.countDocuments({ ...unfinished, due_at: { $lt: now } }),
    requests.countDocuments({ ...unfinished, due_at: { $gt: new Date(0) }, state: 'failed' }),
  ]);
  return { on_track, due_soon, overdue, failed };
}
