import type mongoose from 'mongoose';
import { isTransient } from '../../base/db/faults.ts';
import { inTransaction } from '../../base/db/transaction.ts';
import { coalesce } from '../../lib/coalesce.ts';
import type { Guard } from '../work/lease.ts';
import { freeAt, leased, type RowLease } from '../work/row.ts';
import { type ErasureRequest, requestsOf } from './ledger.ts';

export type LedgerUpdate = mongoose.mongo.UpdateFilter<ErasureRequest>;

interface RequestGuard extends Guard<mongoose.mongo.ObjectId> {
  readonly asked_again?: { readonly $exists: false };
}

/** What becomes true together with a request's end, written as part of its transaction. */
export type Settle = (session: mongoose.mongo.ClientSession) => Promise<void>;

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
  end(guard: RequestGuard, update: LedgerUpdate, settle: Settle): Promise<boolean>;
}

const JOINED_AT_MOST = 64;
const LANE = 'ledger';

interface Guarded {
  readonly guard: RequestGuard;
  readonly update: LedgerUpdate;
}

interface Ending extends Guarded {
  readonly settle: Settle;
}

/** Thrown inside a transaction to roll it back: a guard matched nothing. */
class GuardFailed extends Error {}

export function createLedgerWrites(db: mongoose.mongo.Db): LedgerWrites {
  const requests = requestsOf(db);
  const statement = ({ guard, update }: Guarded) => ({ updateOne: { filter: guard, update } });

  const claimJoined = coalesce<ClaimAttempt, ErasureRequest | null>(async (_lane, attempts) => {
    await requests.bulkWrite(
      attempts.map(({ account, reference, now, lease }) => ({
        updateOne: {
          filter: {
            account_id: account,
            reference,
            unfinished: true,
            not_before: { $lte: now },
            ...freeAt(now),
          },
          update: { $set: { ...leased(lease), state: 'sweeping' } },
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
  }, JOINED_AT_MOST);

  const keepJoined = coalesce<Guarded, boolean>(async (_lane, items) => {
    const result = await requests.bulkWrite(items.map(statement), { ordered: false });
    if (result.matchedCount === items.length) return items.map(() => true);
    // Which did not match? Asking afterwards is soon enough: an owner that lost its lease never gets it back.
    const rows = await requests
      .find(
        {
          _id: { $in: items.map(({ guard }) => guard._id) },
          account_id: { $in: unique(items.map(({ guard }) => guard.account_id)) },
          unfinished: true,
        },
        { projection: { 'lease.owner': 1 } },
      )
      .toArray();
    const held = new Set(rows.map((row) => `${row._id} ${row.lease?.owner}`));
    return items.map(({ guard }) => held.has(`${guard._id} ${guard['lease.owner']}`));
  }, JOINED_AT_MOST);

  /** All of them or none. @throws GuardFailed */
  const endAll = (items: readonly Ending[]) =>
    inTransaction(db, async (session) => {
      const result = await requests.bulkWrite(items.map(statement), { session });
      if (result.matchedCount !== items.length) throw new GuardFailed();
      // One after the other: a session has one operation at a time.
      for (const { settle } of items) await settle(session);
    });

  const endAlone = async (item: Ending): Promise<{ ended: boolean } | { failure: unknown }> => {
    try {
      await endAll([item]);
      return { ended: true };
    } catch (error) {
      return error instanceof GuardFailed ? { ended: false } : { failure: error };
    }
  };

  // Gives an outcome for each: what is thrown here would fail them all.
  const endJoined = coalesce<Ending, { ended: boolean } | { failure: unknown }>(async (_lane, items) => {
    const [first] = items;
    if (first && items.length === 1) return [await endAlone(first)];
    try {
      await endAll(items);
      return items.map(() => ({ ended: true }));
    } catch (error) {
      // One that lost its lease, or cannot be settled, must not hold up the others.
      if (isTransient(error)) throw error;
      return Promise.all(items.map(endAlone));
    }
  }, JOINED_AT_MOST);

  return {
    claim: (attempt) => claimJoined(LANE, attempt),
    keep: (guard, update) => keepJoined(LANE, { guard, update }),
    read: (guard) => requests.findOne(guard),
    release: async (guard, update) => (await requests.updateOne(guard, update)).matchedCount === 1,
    async end(guard, update, settle) {
      const outcome = await endJoined(LANE, { guard, update, settle });
      if ('failure' in outcome) throw outcome.failure;
      return outcome.ended;
    },
  };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
