import type mongoose from 'mongoose';
import { type RelayDependencies, relayWork, unfinishedRows } from '../work/relay.ts';
import { type AlarmDependencies, reportDueSoon, reportOverdue } from './alarms.ts';
import { REQUEST_CALL, requestsOf } from './ledger.ts';

export interface RequestRelayDependencies extends RelayDependencies {
  readonly db: mongoose.mongo.Db;
  readonly times: RelayDependencies['times'] & AlarmDependencies['times'];
  readonly note: AlarmDependencies['note'];
}

const READ = ['reference', 'created_at', 'due_at'] as const;

/**
 * Gives every unfinished request that is due for a look a live job again, and reports those whose deadline is
 * near or past.
 * @param reach as in `relayWork`
 * @returns how many jobs were added
 */
export async function relayRequests(deps: RequestRelayDependencies, reach: Date): Promise<number> {
  await reportOverdue(deps);
  await reportDueSoon(deps);
  return relayWork(deps, REQUEST_CALL, unfinishedRows(requestsOf(deps.db), READ), reach);
}

/** Requests that a worker could go on with now, or that one is going on with. */
export function countDue(db: mongoose.mongo.Db, now: Date): Promise<number> {
  // Every look lies later. With a bound on its key the partial index of the unfinished is taken; else all are read.
  return requestsOf(db).countDocuments({ unfinished: true, look_at: { $gt: new Date(0) }, not_before: { $lte: now } });
}
