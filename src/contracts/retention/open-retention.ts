import type mongoose from 'mongoose';
import { isTransient } from '../../base/db/connection.ts';
import type { Logger } from '../../base/log.ts';
import type { Producer } from '../../base/queue/producer.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import type { Account } from '../../ledger/accounts/accounts.ts';
import { type ErasureRequest, jobIdOf, requestsOf } from '../../ledger/requests/ledger.ts';
import { draftRequest, openRequest } from '../../ledger/requests/open-request.ts';
import type { Work } from '../../ledger/requests/work.ts';
import { retentionRun } from './periods.ts';

export interface RetentionDependencies {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  /** Binds a request to what it would work on. */
  readonly workFor: (request: ErasureRequest, account: Account) => Pick<Work, 'targets'>;
  readonly producer: Pick<Producer, 'add'>;
  readonly logger: Logger;
  /** Months that records are kept where nothing else is said. */
  readonly months: number;
  readonly deadlineMs: number;
  readonly graceMs: number;
  readonly now: () => Date;
}

/** Who asked, in ledger and audit. */
const ACTOR = 'schedule';

/**
 * One round over all accounts: a request for each that has records past their time, one a day at most. Safe to run at
 * any moment and from any number of processes; a round that was missed is made up for by the next.
 * @returns how many requests were opened or moved on
 * @throws what the database throws while it is away
 */
export async function openRetention(deps: RetentionDependencies, signal: AbortSignal): Promise<number> {
  let opened = 0;
  for await (const account of deps.db.collection<Account>('lethe_accounts').find({})) {
    if (signal.aborted) break;
    // One account that cannot be served must not keep the others' records for ever.
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
  const { db, producer, logger, now } = deps;
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
  // A run that could not be finished goes on with the new day's moment: it must not hold later records back, and
  // there is no use in two of them.
  const moved = await requestsOf(db).updateOne(
    { ...earlier, lease: { $exists: false } },
    { $set: { selector: run.selector, token: run.token } },
  );
  if (moved.matchedCount > 0) return true;
  if (await requestsOf(db).findOne(earlier, { projection: { _id: 1 } })) return false;
  const { request, fresh } = await openRequest(db, draft);
  if (!fresh) return false;
  await producer
    .add('erase', { account: account._id, reference: request.reference }, { id: jobIdOf(request) })
    .catch((error: unknown) => logger.warn('request not queued yet', { reference: request.reference, error }));
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

/** One indexed look a collection, so that a day without anything to delete leaves no request. */
async function isAnythingOld(deps: RetentionDependencies, request: ErasureRequest, account: Account): Promise<boolean> {
  for (const target of deps.workFor(request, account).targets) {
    // What nobody can date is opened for, too: the request fails, and says where.
    if ((await target.remains()) || (await target.isUnreadable())) return true;
  }
  return false;
}
