import type mongoose from 'mongoose';
import type { DeadlineState } from '../ledger/requests/deadline.ts';
import { requestsOf } from '../ledger/requests/ledger.ts';

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
  const soon = new Date(now.getTime() + dueSoonMs);
  const unfinished = { unfinished: true as const };
  const [on_track, due_soon, overdue, missed] = await Promise.all([
    requests.countDocuments({ ...unfinished, due_at: { $gte: soon } }),
    requests.countDocuments({ ...unfinished, due_at: { $gte: now, $lt: soon } }),
    requests.countDocuments({ ...unfinished, due_at: { $lt: now } }),
    requests.countDocuments({ overdue: true, completed_at: { $gt: new Date(0) } }),
  ]);
  return { on_track, due_soon, overdue, met: Math.max(0, completed - missed), missed };
}
