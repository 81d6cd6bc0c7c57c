import type mongoose from 'mongoose';
import type { DeadlineState } from '../ledger/requests/deadline.ts';
import { requestsOf } from '../ledger/requests/ledger.ts';
import { readDeadlines } from './deadlines.ts';

/**
 * Counts requests by how they stand to their deadlines, each by an index of few rows.
 * @param completed all requests that were ever completed
 */
export async function readDeadlineFigures(
  db: mongoose.mongo.Db,
  now: Date,
  { dueSoonMs, completed }: { readonly dueSoonMs: number; readonly completed: number },
): Promise<Record<DeadlineState, number>> {
  const requests = requestsOf(db);
  // A bound on the moment of completion would have the local engine read all that were completed.
  const [{ on_track, due_soon, overdue }, late, open] = await Promise.all([
    readDeadlines(db, now, dueSoonMs),
    requests.countDocuments({ overdue: true }),
    requests.countDocuments({ overdue: true, unfinished: true, due_at: { $gt: new Date(0) } }),
  ]);
  const missed = Math.max(0, late - open);
  return { on_track, due_soon, overdue, met: Math.max(0, completed - missed), missed };
}
