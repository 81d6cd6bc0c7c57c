import mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import type { Logger } from '../../base/log.ts';
import type { Producer } from '../../base/queue/producer.ts';
import type { Times } from '../../base/times.ts';
import { requestsOf } from '../requests/ledger.ts';
import { callWorker } from '../work/call.ts';
import { relayWork, unfinishedRows } from '../work/relay.ts';
import { newWork } from '../work/row.ts';
import { latestBeginning, MOST_REST_MS, SCAN_CALL, type ScanRow, scansOf } from './ledger.ts';

export interface AskDependencies {
  readonly db: mongoose.mongo.Db;
  readonly producer: Pick<Producer, 'add' | 'isAlive'>;
  readonly logger: Logger;
  readonly times: Pick<Times, 'graceMs' | 'abandonedMs'>;
  readonly now: () => Date;
}

/** Why a pass is asked for. */
export interface ScanNeed {
  readonly account: string;
  /** When the request that waits is due: a pass that rests longer than that allows is called earlier. */
  readonly due: Date;
}

/**
 * Asks for a pass over an account's records. One that is under way is told that somebody more waits for it. With Redis
 * away the row waits for the relay.
 */
export async function askForScan(deps: AskDependencies, need: ScanNeed): Promise<void> {
  const { db, now, times } = deps;
  const { account, due } = need;
  const scans = scansOf(db);
  const underWay = await scans.findOneAndUpdate(
    { account_id: account, unfinished: true },
    { $inc: { asked: 1 } },
    { projection: { account_id: 1, not_before: 1, took_ms: 1 } },
  );
  if (underWay !== null) return hasten(deps, underWay, due);
  const { look_at } = newWork(now(), times.graceMs);
  const begun = await scans.findOneAndUpdate(
    { account_id: account, unfinished: { $exists: false } },
    { $set: { unfinished: true, look_at, not_before: now() }, $inc: { asked: 1, generation: 1 } },
    { returnDocument: 'after', projection: { account_id: 1, generation: 1 } },
  );
  if (begun) return callWorker(deps, SCAN_CALL, begun);
  const row: ScanRow = {
    _id: new mongoose.mongo.ObjectId(),
    account_id: account,
    unfinished: true,
    not_before: now(),
    asked: 1,
    position: { turn: 0, place: 0 },
    places: '',
    read: 0,
    turn_read: 0,
    skipped: false,
    worked_ms: 0,
    ...newWork(now(), times.graceMs),
  };
  try {
    await scans.insertOne(row);
  } catch (error) {
    // Somebody else was first: the row is there now.
    if (isDuplicateKey(error)) return askForScan(deps, need);
    throw error;
  }
  await callWorker(deps, SCAN_CALL, row);
}

/** Calls a resting pass earlier, if the request would be late. Its job is in the queue for later: hence the generation. */
async function hasten(
  deps: AskDependencies,
  { _id, account_id, not_before, took_ms = 0 }: Pick<ScanRow, '_id' | 'account_id' | 'not_before' | 'took_ms'>,
  due: Date,
): Promise<void> {
  const { db, now, times } = deps;
  const at = new Date(Math.max(latestBeginning(due.getTime(), took_ms), now().getTime()));
  if (not_before <= at) return;
  const row = await scansOf(db).findOneAndUpdate(
    { _id, account_id, unfinished: true, not_before },
    { $set: { not_before: at, look_at: new Date(at.getTime() + times.graceMs) }, $inc: { generation: 1 } },
    { returnDocument: 'after', projection: { account_id: 1, generation: 1 } },
  );
  if (row) await callWorker(deps, SCAN_CALL, row, Math.max(0, at.getTime() - now().getTime()));
}

/** Accounts looked after in one round. */
const AT_ONCE = 500;

/** Requests that wait for a pass. */
const WAITING = { unfinished: true, state: 'scanning', 'scan.done': { $exists: false } } as const;

/**
 * Gives passes whose job is lost a job again, and begins those that nobody has asked for: a worker may have been killed
 * between its request's wait and the asking.
 * @returns how many jobs were added
 */
export async function relayScans(deps: AskDependencies, reach: Date): Promise<number> {
  const { db } = deps;
  const unasked = (await waitingAccounts(db)).filter(({ scan }) => scan === undefined);
  for (const { account, due } of unasked.slice(0, AT_ONCE)) await askForScan(deps, { account, due });
  return relayWork(deps, SCAN_CALL, unfinishedRows<ScanRow>(scansOf(db), []), reach);
}

/** Is there a pass that a worker could go on with now, or after a short rest, or a request that none has been asked for yet? */
export async function isScanDue(db: mongoose.mongo.Db, now: Date): Promise<boolean> {
  const soon = new Date(now.getTime() + MOST_REST_MS);
  return (await waitingAccounts(db)).some(({ scan }) => scan === undefined || scan.not_before <= soon);
}

interface WaitingAccount {
  readonly account: string;
  /** Of the request that is due first. */
  readonly due: Date;
  /** The pass under way, if there is one. */
  readonly scan: Pick<ScanRow, 'not_before'> | undefined;
}

async function waitingAccounts(db: mongoose.mongo.Db): Promise<WaitingAccount[]> {
  const waiting = await requestsOf(db)
    .aggregate<{ _id: string; due: Date }>([
      { $match: WAITING },
      { $group: { _id: '$account_id', due: { $min: '$due_at' } } },
    ])
    .toArray();
  if (waiting.length === 0) return [];
  const open = await scansOf(db)
    .find(
      { account_id: { $in: waiting.map(({ _id }) => _id) }, unfinished: true },
      { projection: { account_id: 1, not_before: 1 } },
    )
    .toArray();
  const scans = new Map(open.map((scan) => [scan.account_id, scan]));
  return waiting.map(({ _id, due }) => ({ account: _id, due, scan: scans.get(_id) }));
}
