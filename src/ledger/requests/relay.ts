import type mongoose from 'mongoose';
import type { Logger } from '../../base/log.ts';
import type { Producer } from '../../base/queue/producer.ts';
import { type ErasureRequest, jobIdOf, requestsOf } from './ledger.ts';

export interface RelayDependencies {
  readonly db: mongoose.mongo.Db;
  readonly producer: Pick<Producer, 'add' | 'isAlive'>;
  readonly logger: Logger;
  /** How long a request with a live job is left alone. */
  readonly graceMs: number;
  readonly now: () => Date;
}

const AT_ONCE = 500;
/** By then the queue has handed the job of a worker that died to another one. */
const GRACES_TO_RENEW = 2;

/**
 * The ledger is the outbox: gives every unfinished request that is due for a look a live job again, whatever became of
 * its last one. Works from MongoDB alone, so that a Redis that came back empty loses nothing. Any number of relays may run.
 * @param reach look at what is due by this moment; later than now: look at requests before their time has come
 * @returns how many jobs were added
 */
export async function relayRequests(deps: RelayDependencies, reach: Date): Promise<number> {
  await reportOverdue(deps);
  // The one query over all accounts: a partial index holds the unfinished requests only.
  const due = await requestsOf(deps.db)
    .find(
      { unfinished: true, look_at: { $lte: reach } },
      { projection: { reference: 1, account_id: 1, generation: 1, not_before: 1, look_at: 1, lease: 1 } },
    )
    .sort({ look_at: 1 })
    .limit(AT_ONCE)
    .toArray();
  let added = 0;
  for (const request of due) {
    if (await relayOne(deps, request)) added += 1;
  }
  return added;
}

/** Says once of every request past its deadline that it is, whatever it is waiting for. */
async function reportOverdue({ db, logger, now }: RelayDependencies): Promise<void> {
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

type Relayed = Pick<
  ErasureRequest,
  '_id' | 'reference' | 'account_id' | 'generation' | 'not_before' | 'look_at' | 'lease'
>;

async function relayOne(deps: RelayDependencies, request: Relayed): Promise<boolean> {
  const { db, producer, logger, graceMs } = deps;
  const now = deps.now();
  const lookAgain = new Date(Math.max(now.getTime(), request.not_before.getTime()) + graceMs);
  // Guarded by what was read: of two relays, or a relay and a worker that just moved on, one goes ahead.
  const unchanged = {
    _id: request._id,
    account_id: request.account_id,
    unfinished: true as const,
    generation: request.generation,
    look_at: request.look_at,
  };

  // The queue sees that a worker lives, not that its turn goes on: one that hangs keeps its job alive and lets its lease
  // run out. The lease is taken away, so that whatever the turn still has in its hands is dropped.
  const until = request.lease?.until;
  const abandoned = until !== undefined && until.getTime() + GRACES_TO_RENEW * graceMs < now.getTime();
  if (!abandoned && (await producer.isAlive(jobIdOf(request)))) {
    await requestsOf(db).updateOne(unchanged, { $set: { look_at: lookAgain } });
    return false;
  }
  const next = { ...request, generation: request.generation + 1 };
  const taken = await requestsOf(db).updateOne(
    { ...unchanged, ...(abandoned && { 'lease.until': until }) },
    {
      $set: { look_at: lookAgain, generation: next.generation },
      ...(abandoned && { $unset: { lease: '' } }),
    },
  );
  if (taken.modifiedCount !== 1) return false;
  await producer.add(
    'erase',
    { account: request.account_id, reference: request.reference },
    { id: jobIdOf(next), delayMs: Math.max(0, request.not_before.getTime() - now.getTime()) },
  );
  logger.info('request queued again', { reference: request.reference, generation: next.generation });
  return true;
}

/** Requests that a worker could go on with now, or that one is going on with. */
export function countDue(db: mongoose.mongo.Db, now: Date): Promise<number> {
  return requestsOf(db).countDocuments({ unfinished: true, not_before: { $lte: now } });
}
