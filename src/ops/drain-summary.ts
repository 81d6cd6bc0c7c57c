import type mongoose from 'mongoose';
import { requestsOf } from '../ledger/requests/ledger.ts';
import { type Deadlines, readDeadlines } from './deadlines.ts';

/** How things stand when a drain ends. */
export interface DrainSummary extends Omit<Deadlines, 'on_track' | 'due_soon'> {
  /** Requests completed since it began, by whatever worker. */
  readonly completed: number;
  /** Still to be done: they wait for a later moment. */
  readonly open: number;
}

/** @param since when the drain began */
export async function summariseDrain(db: mongoose.mongo.Db, since: Date, now: Date): Promise<DrainSummary> {
  const [completed, { on_track, due_soon, overdue, failed }] = await Promise.all([
    requestsOf(db).countDocuments({ completed_at: { $gte: since } }),
    readDeadlines(db, now, 0),
  ]);
  return { completed, open: on_track + due_soon + overdue, failed, overdue };
}
