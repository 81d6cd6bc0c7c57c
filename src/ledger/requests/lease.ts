import { randomUUID } from 'node:crypto';
import type { Journal, PendingStep } from '../../engine/sweep.ts';
import { recordKey } from '../../lib/record-key.ts';
import type { ErasureRequest, RequestState } from './ledger.ts';
import type { LedgerUpdate, LedgerWrites, Settle } from './ledger-writes.ts';

/** Another worker took the request over: whatever this one still holds in its hands must be dropped. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** The part of a lease that, while it is left, needs no renewal: a turn of the usual length writes none. */
const FRESH = 0.7;

/** What claiming a request can come to. */
export type Claim =
  | { readonly outcome: 'claimed'; readonly request: ErasureRequest; readonly lease: Lease }
  | { readonly outcome: 'finished' }
  /** Not now: leased by another worker, or told to wait, until this moment. */
  | { readonly outcome: 'later'; readonly at: Date };

/** The right to work on one request. Every write is guarded by it: after a takeover they match nothing. */
export interface Lease extends Journal {
  /**
   * Writes down what is about to be changed, before it is changed, and counts what the last write announced: that has
   * been changed since. A killed worker's successor finds the announcement, repeats the change and counts it once.
   * @throws LeaseLost
   */
  announce(pending: readonly PendingStep[], done: readonly PendingStep[], state: RequestState): Promise<void>;
  /**
   * Keeps the request for a worker that has been looking for long and announced nothing: between looks that each take
   * most of a lease it would be lost to the next worker, and by that one to another. @throws LeaseLost
   */
  renew(): Promise<void>;
  /** All records changed so far: what the ledger has counted, and the batch it has not counted yet. */
  erasedWith(done: readonly PendingStep[]): Record<string, number>;
  /**
   * The end: counts, drops the sealed number, frees the number for a new request. What belongs to the end is done in
   * the same transaction: a worker that was held up past its lease must not do it to the number's next request.
   * @returns null: it is completed; else the request as it stands: the same was asked again meanwhile, and what has
   * come since may be why, so look again
   * @throws LeaseLost
   */
  complete(done: readonly PendingStep[], settle: Settle): Promise<ErasureRequest | null>;
  /** Gives the request back: to be taken up again at `at`. @throws LeaseLost */
  release(next: {
    state: RequestState;
    at: Date;
    done?: readonly PendingStep[];
    failure?: ErasureRequest['failure'];
    wait?: ErasureRequest['wait'];
  }): Promise<void>;
}

export interface LeaseOptions {
  readonly leaseMs: number;
  readonly now: () => Date;
}

/**
 * Claims a request for this worker, if nobody else holds it and its time has come.
 * Two workers with one request: the ledger decides, not the queue.
 */
export async function claimRequest(
  ledger: LedgerWrites,
  key: { account: string; reference: string },
  options: LeaseOptions,
): Promise<Claim> {
  const owner = randomUUID();
  const now = options.now();
  const request = await ledger.claim({ ...key, owner, now, until: new Date(now.getTime() + options.leaseMs) });
  if (!request) return { outcome: 'finished' };
  if (request.lease?.owner === owner)
    return { outcome: 'claimed', request, lease: leaseOn(ledger, request, owner, options) };
  const leased = request.lease?.until.getTime() ?? 0;
  return { outcome: 'later', at: new Date(Math.max(request.not_before.getTime(), leased, now.getTime() + 50)) };
}

function leaseOn(ledger: LedgerWrites, request: ErasureRequest, owner: string, { leaseMs, now }: LeaseOptions): Lease {
  const guard = { _id: request._id, account_id: request.account_id, unfinished: true as const, 'lease.owner': owner };
  const must = async (written: Promise<boolean>) => {
    if (!(await written)) throw new LeaseLost('the lease was lost');
  };
  const counting = (done: readonly PendingStep[]): { $inc?: Record<string, number> } => {
    const counts = countRecords(done);
    const names = Object.keys(counts);
    return names.length > 0
      ? { $inc: Object.fromEntries(names.map((name) => [`erased.${name}`, counts[name] ?? 0])) }
      : {};
  };

  let until = request.lease?.until ?? now();
  const total = { ...request.erased };
  const remember = (done: readonly PendingStep[]) => {
    addCounts(total, countRecords(done));
  };

  return {
    erasedWith: (done) => addCounts({ ...total }, countRecords(done)),
    async announce(pending, done, state) {
      until = new Date(now().getTime() + leaseMs);
      const update = {
        $set: { pending: [...pending], state, 'lease.until': until, look_at: until },
        ...counting(done),
      };
      await must(ledger.keep(guard, update as LedgerUpdate));
      remember(done);
    },
    async renew() {
      if (until.getTime() - now().getTime() > leaseMs * FRESH) return;
      until = new Date(now().getTime() + leaseMs);
      await must(ledger.keep(guard, { $set: { 'lease.until': until, look_at: until } }));
    },
    async complete(done, settle) {
      const update = {
        $set: { state: 'completed', completed_at: now() },
        $unset: { sealed: '', unfinished: '', lease: '', pending: '', failure: '', wait: '' },
        ...counting(done),
      };
      if (await ledger.end({ ...guard, asked_again: { $exists: false } }, update as LedgerUpdate, settle)) return null;
      await must(ledger.keep(guard, { $unset: { asked_again: '' } }));
      const asked = await ledger.read(guard);
      if (!asked) throw new LeaseLost('the lease was lost');
      return asked;
    },
    async release({ state, at, done = [], failure, wait }) {
      const update = {
        $set: {
          state,
          not_before: at,
          look_at: at,
          ...(done.length > 0 && { pending: [] }),
          ...(failure && { failure }),
          ...(wait && { wait }),
        },
        $unset: { lease: '' },
        $inc: { failures: failure ? 1 : 0, ...counting(done).$inc },
      };
      await must(ledger.release(guard, update as LedgerUpdate));
    },
  };
}

/** Records by collection; a record found at two places of one collection in the same batch is one record. */
function countRecords(steps: readonly PendingStep[]): Record<string, number> {
  const byName = new Map<string, PendingStep[]>();
  for (const step of steps) byName.set(step.name, [...(byName.get(step.name) ?? []), step]);
  return Object.fromEntries([...byName].map(([name, same]) => [name, countDistinct(same)]));
}

/** A place names no record twice, and most batches are of one place. */
function countDistinct(steps: readonly PendingStep[]): number {
  const [first, ...others] = steps;
  if (first && others.length === 0) return first.ids.length;
  return new Set(steps.flatMap((step) => step.ids.map(recordKey))).size;
}

function addCounts(total: Record<string, number>, more: Record<string, number>): Record<string, number> {
  for (const [name, count] of Object.entries(more)) total[name] = (total[name] ?? 0) + count;
  return total;
}
