import type mongoose from 'mongoose';
import { type RelayDependencies, relayWork, unfinishedRows } from '../work/relay.ts';
import { REQUEST_CALL, requestsOf } from './ledger.ts';

export interface RequestRelayDependencies extends RelayDependencies {
  readonly db: mongoose.mongo.Db;
}

/** Overdue requests reported in one round. */
const AT_ONCE = 500;

/**
 * Gives every unfinished request that is due for a look a live job again, and reports those past their deadline.
 * @param reach as in `relayWork`
 * @returns how many jobs were added
 */
export async function relayRequests(deps: RequestRelayDependencies, reach: Date): Promise<number> {
  await reportOverdue(deps);
  return relayWork(deps, REQUEST_CALL, unfinishedRows(requestsOf(deps.db), ['reference']), reach);
}

/** Logs every request past its deadline once, whatever it is waiting for. */
async function reportOverdue({ db, logger, now }: RequestRelayDependencies): Promise<void> {
  const requests = requestsOf(db);
  const unreported = { unfinished: true as const, overdue: { $exists: false } };
  const late = await requests
    .find({ ...unreported, due_at: { $lt: now() } }, { projection: { reference: 1, account_id: 1, due_at: 1 } })
    .limit(AT_ONCE)
    .toArray();
  for (const { _id, account_id, reference, due_at } of late) {
    const marked = await requests.updateOne({ ...unreported, _id, account_id }, { $set: { overdue: true } });
    if (marked.modifiedCount === 1) logger.error('request is overdue', { reference, due_at });
  }
}

/** Requests that a worker could go on with now, or that one is going on with. */
export function countDue(db: mongoose.mongo.Db, now: Date): Promise<number> {
  // Every look lies later. With a bound on its key the partial index of the unfinished is taken; else all are read.
  return requestsOf(db).countDocuments({ unfinished: true, look_at: { $gt: new Date(0) }, not_before: { $lte: now } });
}
