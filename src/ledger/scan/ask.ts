import mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import type { Logger } from '../../base/log.ts';
import type { Producer } from '../../base/queue/producer.ts';
import type { Times } from '../../base/times.ts';
import { requestsOf } from '../requests/ledger.ts';
import { callWorker } from '../work/call.ts';
import { relayWork, unfinishedRows } from '../work/relay.ts';
import { newWork } from '../work/row.ts';
import { SCAN_CALL, type ScanRow, scansOf } from './ledger.ts';

export interface AskDependencies {
  readonly db: mongoose.mongo.Db;
  readonly producer: Pick<Producer, 'add' | 'isAlive'>;
  readonly logger: Logger;
  readonly times: Pick<Times, 'graceMs' | 'abandonedMs'>;
  readonly now: () => Date;
}

/**
 * Asks for a pass over an account's records. One that is under way is told that somebody more waits for it. With Redis
 * away the row waits for the relay.
 */
export async function askForScan(deps: AskDependencies, account: string): Promise<void> {
  const { db, now, times } = deps;
  const scans = scansOf(db);
  const underWay = await scans.updateOne({ account_id: account, unfinished: true }, { $inc: { asked: 1 } });
  if (underWay.matchedCount === 1) return;
  const { look_at } = newWork(now(), times.graceMs);
  const begun = await scans.findOneAndUpdate(
    { account_id: account, unfinished: { $exists: false } },
    { $set: { unfinished: true, look_at }, $inc: { asked: 1, generation: 1 } },
    { returnDocument: 'after', projection: { account_id: 1, generation: 1 } },
  );
  if (begun) return callWorker(deps, SCAN_CALL, begun);
  const row: ScanRow = {
    _id: new mongoose.mongo.ObjectId(),
    account_id: account,
    unfinished: true,
    not_before: new Date(0),
    asked: 1,
    position: { turn: 0, place: 0 },
    places: '',
    read: 0,
    ...newWork(now(), times.graceMs),
  };
  try {
    await scans.insertOne(row);
  } catch (error) {
    // Somebody else was first: the row is there now.
    if (isDuplicateKey(error)) return askForScan(deps, account);
    throw error;
  }
  await callWorker(deps, SCAN_CALL, row);
}

/** Accounts looked after in one round. */
const AT_ONCE = 500;

/**
 * Gives passes whose job is lost a job again, and begins those that nobody has asked for: a worker may have been killed
 * between its request's wait and the asking.
 * @returns how many jobs were added
 */
export async function relayScans(deps: AskDependencies, reach: Date): Promise<number> {
  const { db, now, times } = deps;
  const waiting = await requestsOf(db)
    .aggregate<{ _id: string }>([
      { $match: { unfinished: true, state: 'scanning', look_at: { $gt: new Date(0) } } },
      { $group: { _id: '$account_id' } },
      { $limit: AT_ONCE },
    ])
    .toArray();
  if (waiting.length > 0) {
    const accounts = waiting.map(({ _id }) => _id);
    const open = await scansOf(db)
      .find({ account_id: { $in: accounts }, unfinished: true }, { projection: { account_id: 1 } })
      .toArray();
    const known = new Set(open.map(({ account_id }) => account_id));
    for (const account of accounts) if (!known.has(account)) await askForScan(deps, account);
  }
  return relayWork({ ...deps, times, now }, SCAN_CALL, unfinishedRows<ScanRow>(scansOf(db), []), reach);
}

/** Passes that a worker could go on with now. */
export function countDueScans(db: mongoose.mongo.Db, now: Date): Promise<number> {
  return scansOf(db).countDocuments({ unfinished: true, not_before: { $lte: now } });
}
