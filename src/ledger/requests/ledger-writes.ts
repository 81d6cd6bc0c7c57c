import type mongoose from 'mongoose';
import { isTransient } from '../../base/db/faults.ts';
import { inTransaction } from '../../base/db/transaction.ts';
import { coalesce } from '../../lib/coalesce.ts';
import type { ReceiptDraft } from '../receipts/receipt.ts';
import type { Settlement } from '../suppression/settle.ts';
import type { Guard } from '../work/lease.ts';
import { freeAt, leased, type RowLease } from '../work/row.ts';
import { type ErasureRequest, requestsOf } from './ledger.ts';

export type LedgerUpdate = mongoose.mongo.UpdateFilter<ErasureRequest>;

interface RequestGuard extends Guard<mongoose.mongo.ObjectId> {
  readonly asked_again?: { readonly $exists: false };
}

/** What becomes true together with the end of a request about a person. */
export interface RequestEnding {
  /** What its receipt says. */
  readonly proof: ReceiptDraft;
  /** What becomes of the number on the suppression list; null: it is left as it is. */
  readonly settlement: Settlement | null;
}

/** Writes what belongs to the ends of requests that end in one transaction, as part of it. */
export type Conclude = (endings: readonly RequestEnding[], session: mongoose.mongo.ClientSession) => Promise<void>;

interface ClaimAttempt {
  readonly account: string;
  readonly reference: string;
  readonly now: Date;
  readonly lease: RowLease;
}

/**
 * The writes of leases. Those of jobs that run side by side are joined: one round trip for all of them, and each is
 * told of its own success. The statements stay apart, each under its own guard.
 */
export interface LedgerWrites {
  /** Takes the lease if it is free and the time has come. @returns the request as it stands then; null: it is finished */
  claim(attempt: ClaimAttempt): Promise<ErasureRequest | null>;
  /** An update that leaves the lease as it is. @returns false: the guard matched nothing */
  keep(guard: RequestGuard, update: LedgerUpdate): Promise<boolean>;
  /** The request as it stands now; null: the guard matched nothing. */
  read(guard: RequestGuard): Promise<ErasureRequest | null>;
  /** An update that gives the lease back, the request unfinished. @returns false: the guard matched nothing */
  release(guard: RequestGuard, update: LedgerUpdate): Promise<boolean>;
  /** The update that ends a request, and what belongs to it, in one transaction. @returns false: nothing was written */
  end(guard: RequestGuard, update: LedgerUpdate, ending: RequestEnding | null): Promise<boolean>;
}

const JOINED_AT_MOST = 64;
const LANE = 'ledger';
/**
 * A worker takes up jobs that wait in its queue a few milliseconds apart. Those of one account that begin together share
 * their queries all the way; begun apart, each would be a step behind the other to the end.
 */
const GATHER_MS = 10;

interface Guarded {
  readonly guard: RequestGuard;
  readonly update: LedgerUpdate;
}

interface Ending extends Guarded {
  readonly ending: RequestEnding | null;
}

type Ended = { readonly ended: boolean } | { readonly failure: unknown };

/** Thrown inside a transaction to roll it back: a guard matched nothing. */
class GuardFailed extends Error {}

export function createLedgerWrites(db: mongoose.mongo.Db, conclude: Conclude): LedgerWrites {
  const requests = requestsOf(db);
  const claimJoined = coalesce<ClaimAttempt, ErasureRequest | null>(
    (_lane, attempts) => claimAll(requests, attempts),
    JOINED_AT_MOST,
    GATHER_MS,
  );
  const keepJoined = coalesce<Guarded, boolean>((_lane, items) => writeAll(requests, items, isHeld), JOINED_AT_MOST);
  const releaseJoined = coalesce<Guarded, boolean>(
    (_lane, items) => writeAll(requests, items, isGivenBack),
    JOINED_AT_MOST,
  );
  const endJoined = coalesce<Ending, Ended>((_lane, items) => endEach(db, conclude, items), JOINED_AT_MOST);
  return {
    claim: (attempt) => claimJoined(LANE, attempt),
    keep: (guard, update) => keepJoined(LANE, { guard, update }),
    read: (guard) => requests.findOne(guard),
    release: (guard, update) => releaseJoined(LANE, { guard, update }),
    async end(guard, update, ending) {
      const outcome = await endJoined(LANE, { guard, update, ending });
      if ('failure' in outcome) throw outcome.failure;
      return outcome.ended;
    },
  };
}

type Requests = ReturnType<typeof requestsOf>;

const PARKED = { state: 'scanning', 'scan.done': { $exists: false } } as const;

/** @returns for each attempt the request as it stands then, whoever holds it; null: it is finished */
async function claimAll(requests: Requests, attempts: readonly ClaimAttempt[]): Promise<(ErasureRequest | null)[]> {
  await requests.bulkWrite(
    attempts.map(({ account, reference, now, lease }) => ({
      updateOne: {
        filter: {
          ...{ account_id: account, reference, unfinished: true, not_before: { $lte: now }, ...freeAt(now) },
          // A scan that reads for it lets it go by itself: taken up meanwhile, it would miss what is read.
          $nor: [PARKED],
        },
        update: { $set: { ...leased(lease), state: 'sweeping' }, $min: { begun_at: now } },
      },
    })),
    { ordered: false },
  );
  const rows = await requests
    .find({
      account_id: { $in: unique(attempts.map((attempt) => attempt.account)) },
      reference: { $in: unique(attempts.map((attempt) => attempt.reference)) },
      unfinished: true,
    })
    .toArray();
  const byReference = new Map(rows.map((row) => [`${row.account_id} ${row.reference}`, row]));
  return attempts.map(({ account, reference }) => byReference.get(`${account} ${reference}`) ?? null);
}

const statement = ({ guard, update }: Guarded) => ({ updateOne: { filter: guard, update } });

/** How a request stands, as far as it tells whose it is. */
type Standing = Pick<ErasureRequest, 'state' | 'not_before'> & { readonly lease?: Pick<RowLease, 'owner'> };

/**
 * @param isWritten does the request stand as it does when its guard matched?
 * @returns for each update whether its guard matched
 */
async function writeAll(
  requests: Requests,
  items: readonly Guarded[],
  isWritten: (row: Standing, item: Guarded) => boolean,
): Promise<boolean[]> {
  const result = await requests.bulkWrite(items.map(statement), { ordered: false });
  if (result.matchedCount === items.length) return items.map(() => true);
  if (items.length === 1) return [false];
  // Which did not match? Asking afterwards is soon enough: an owner that lost its lease never gets it back.
  const rows = await requests
    .find(
      {
        _id: { $in: items.map(({ guard }) => guard._id) },
        account_id: { $in: unique(items.map(({ guard }) => guard.account_id)) },
        unfinished: true,
      },
      { projection: { 'lease.owner': 1, state: 1, not_before: 1 } },
    )
    .toArray();
  const standing = new Map(rows.map((row) => [row._id.toHexString(), row]));
  return items.map((item) => {
    const row = standing.get(item.guard._id.toHexString());
    return row !== undefined && isWritten(row, item);
  });
}

const isHeld = ({ lease }: Standing, { guard }: Guarded) => lease?.owner === guard['lease.owner'];

/** One that was given back stands as its update says, and nobody has it. Of one that was lost another worker says how it stands. */
function isGivenBack(row: Standing, { update }: Guarded): boolean {
  const { state, not_before } = (update.$set ?? {}) as Partial<ErasureRequest>;
  return row.lease === undefined && row.state === state && row.not_before.getTime() === not_before?.getTime();
}

/** An outcome for each: what is thrown here would fail them all. @throws what the database throws while it is away */
async function endEach(db: mongoose.mongo.Db, conclude: Conclude, items: readonly Ending[]): Promise<Ended[]> {
  const [first] = items;
  if (first && items.length === 1) return [await endAlone(db, conclude, first)];
  try {
    await endAll(db, conclude, items);
    return items.map(() => ({ ended: true }));
  } catch (error) {
    // One that lost its lease, or cannot be settled, must not hold up the others.
    if (isTransient(error)) throw error;
    return Promise.all(items.map((item) => endAlone(db, conclude, item)));
  }
}

async function endAlone(db: mongoose.mongo.Db, conclude: Conclude, item: Ending): Promise<Ended> {
  try {
    await endAll(db, conclude, [item]);
    return { ended: true };
  } catch (error) {
    return error instanceof GuardFailed ? { ended: false } : { failure: error };
  }
}

/** All of them or none. @throws GuardFailed */
function endAll(db: mongoose.mongo.Db, conclude: Conclude, items: readonly Ending[]): Promise<void> {
  return inTransaction(db, async (session) => {
    const result = await requestsOf(db).bulkWrite(items.map(statement), { session });
    if (result.matchedCount !== items.length) throw new GuardFailed();
    await conclude(
      items.flatMap(({ ending }) => ending ?? []),
      session,
    );
  });
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
