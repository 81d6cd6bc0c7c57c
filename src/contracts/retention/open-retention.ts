import type mongoose from 'mongoose';
import { isTransient } from '../../base/db/faults.ts';
import type { Logger } from '../../base/log.ts';
import type { Producer } from '../../base/queue/producer.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import { eachAccount } from '../../ledger/accounts/account-rows.ts';
import type { Account } from '../../ledger/accounts/accounts.ts';
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
  /** Months that records are kept when neither map nor account has a period. */
  readonly months: number;
  readonly deadlineMs: number;
  readonly graceMs: number;
  readonly now: () => Date;
}

/** `requested_by` and actor, in ledger and audit. */
const ACTOR = 'schedule';

/**
 * One round over all accounts: a request for each that has records past their time, at most one a day. Safe to run at
 * any moment and from any number of processes; the next round makes up for a missed one.
 * @returns how many requests were opened or moved on
 * @throws what the database throws while it is away
 */
export async function openRetention(deps: RetentionDependencies, signal: AbortSignal): Promise<number> {
  let opened = 0;
  for await (const account of eachAccount(deps.db)) {
    if (signal.aborted) break;
    // A fault of one account must not keep the others' records for ever.
    const done = await openForAccount(deps, account).catch((error: unknown) => {
      if (isTransient(error)) throw error;
      deps.logger.error('retention not begun', { account: account._id, error });
      return false;
    });
    if (done) opened += 1;
  }
  return opened;
}

async function openForAccount(deps: RetentionDependencies, account: Account): Promise<boolean> {
  const { db, now } = deps;
  const run = retentionRun(deps.dataMap, account, deps.months, now());
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
  if (!(await isAnythingOld(deps, draftRequest(draft), account))) return false;

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
