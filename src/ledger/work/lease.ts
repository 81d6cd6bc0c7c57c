import { randomUUID } from 'node:crypto';
import type { Times } from '../../base/times.ts';
import type { RowLease } from './row.ts';

/** Another worker took the work over, or somebody ended it: whatever this one still holds in its hands must be dropped. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';

  constructor() {
    super('the lease was lost');
  }
}

export interface LeaseOptions {
  readonly times: Pick<Times, 'leaseMs' | 'renewBelowMs'>;
  readonly now: () => Date;
}

/**
 * One attempt's hold on a row. The owner is a fencing token: every write of the attempt carries it in its filter, and
 * matches nothing once somebody else has taken the row.
 */
export interface Hold {
  readonly lease: RowLease;
  /** Lengthens the lease from now on. @returns the fields that a renewal writes */
  extend(): { 'lease.until': Date; look_at: Date };
  /** Is so little of the lease left that it must be renewed? A turn of the usual length never asks for it. */
  isEnding(): boolean;
}

/** Begins an attempt: write `hold.lease` to the row, if it is free. */
export function newHold({ times, now }: LeaseOptions): Hold {
  const end = () => new Date(now().getTime() + times.leaseMs);
  let until = end();
  return {
    lease: { owner: randomUUID(), until },
    extend() {
      until = end();
      return { 'lease.until': until, look_at: until };
    },
    isEnding: () => until.getTime() - now().getTime() <= times.renewBelowMs,
  };
}

/** Names a row of a ledger for as long as one attempt holds it. */
export interface Guard<Id> {
  readonly _id: Id;
  readonly account_id: string;
  readonly unfinished: true;
  readonly 'lease.owner': string;
}

/** The filter of every write under a hold. */
export function guardOf<Id>(row: { readonly _id: Id; readonly account_id: string }, { lease }: Hold): Guard<Id> {
  return { _id: row._id, account_id: row.account_id, unfinished: true, 'lease.owner': lease.owner };
}

/** @param written did the guard match? @throws LeaseLost when it did not */
export async function assertHeld(written: Promise<boolean>): Promise<void> {
  if (!(await written)) throw new LeaseLost();
}
