import type mongoose from 'mongoose';
import { isTransient } from '../../base/db/faults.ts';
import type { Logger } from '../../base/log.ts';
import type { Producer } from '../../base/queue/producer.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import { eachAccountWithRetention, noteRetentionLook } from '../../ledger/accounts/account-rows.ts';
import type { Account, AccountWithRetention } from '../../ledger/accounts/accounts.ts';
import type { BoundRequest } from '../../ledger/requests/bind.ts';
import { type ErasureRequest, REQUEST_CALL, requestsOf } from '../../ledger/requests/ledger.ts';
import { draftRequest, openRequest } from '../../ledger/requests/open-request.ts';
import { callWorker } from '../../ledger/work/call.ts';
import { retentionRun } from './periods.ts';

export interface RetentionDependencies {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  /** Binds a request to what it would work on. */
  readonly bind: (request: ErasureRequest, account: Account) => Pick<BoundRequest, 'targets'>;
  readonly producer: Pick<Producer, 'add'>;
  readonly logger: Logger;
  readonly deadlineMs: number;
  readonly graceMs: number;
  readonly now: () => Date;
}

/** `requested_by` and actor, in ledger and audit. */
const ACTOR = 'schedule';

/**
 * One round over the accounts whose retention is turned on: a request for each that has records past their time, at most
 * one a day. Safe to run at any moment and from any number of processes; the next round makes up for a missed one. One that
 * was looked at today, and had nothing old, is not looked at again.
 * @returns how many requests were opened or moved on
 * @throws the first error that passes by itself, such as a query that took too long, after all accounts
 */
export async function openRetention(deps: RetentionDependencies, signal: AbortSignal): Promise<number> {
  let opened = 0;
  let passing: unknown;
  for await (const account of eachAccountWithRetention(deps.db)) {
    if (signal.aborted) break;
    // A fault of one account must not keep the others' records for ever.
    const done = await openForAccount(deps, account).catch((error: unknown) => {
      if (isTransient(error)) passing ??= error;
      deps.logger[isTransient(error) ? 'warn' : 'error']('retention not begun', { account: account._id, error });
      return false;
    });
    if (done) opened += 1;
  }
  if (passing !== undefined) throw passing;
  return opened;
}

async function openForAccount(deps: RetentionDependencies, account: AccountWithRetention): Promise<boolean> {
  const { db, now } = deps;
  const run = retentionRun(deps.dataMap, account, now());
  const look = JSON.stringify(run);
  if (account.retention_look === look) return false;
  const draft = {
    account_id: account._id,
    profile: 'retention',
    selector: run.selector,
    token: run.token,
    requested_by: ACTOR,
    keep_suppression: true,
    now: now(),
    deadlineMs: deps.deadlineMs,
    graceMs: deps.graceMs,
  } as const;
  if (await isSettled(db, account, run.token)) return false;
  if (!(await isAnythingOld(deps, draftRequest(draft), account))) {
    await noteRetentionLook(db, account, look);
    return false;
  }

  const earlier = { account_id: account._id, profile: 'retention', unfinished: true } as const;
  // An unfinished run takes the new day's moment over: it must not hold later records back, and two would be one too
  // many.
  const moved = await requestsOf(db).updateOne(
    { ...earlier, lease: { $exists: false } },
    { $set: { selector: run.selector, token: run.token } },
  );
  if (moved.matchedCount > 0) return true;
  if (await requestsOf(db).findOne(earlier, { projection: { _id: 1 } })) return false;
  const { request, fresh } = await openRequest(db, draft);
  if (!fresh) return false;
  await callWorker(deps, REQUEST_CALL, request);
  return true;
}

/** Was this day's run opened already, finished or not? */
async function isSettled(db: mongoose.mongo.Db, account: Account, token: string): Promise<boolean> {
  const known = await requestsOf(db).findOne(
    { account_id: account._id, token, profile: 'retention' },
    { projection: { _id: 1 } },
  );
  return known !== null;
}

/** One indexed query a collection, so that a day without anything to delete leaves no request. */
async function isAnythingOld(deps: RetentionDependencies, request: ErasureRequest, account: Account): Promise<boolean> {
  for (const target of deps.bind(request, account).targets) {
    // Records that nobody can date open a request, too: it fails, and says where they are.
    if ((await target.remains()) || (await target.isUnreadable())) return true;
  }
  return false;
}
