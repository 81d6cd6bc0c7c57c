import { isDuplicateKey, isTransient } from '../../base/db/faults.ts';
import { ErasureFailure, type FailureName } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { type PendingStep, sweep } from '../../engine/sweep.ts';
import { verify } from '../../engine/verify.ts';
import type { Account, Accounts } from '../accounts/accounts.ts';
import { claimRequest, type Lease, LeaseLost } from './lease.ts';
import type { ErasureRequest } from './ledger.ts';
import type { LedgerWrites } from './ledger-writes.ts';
import type { Work } from './work.ts';

export interface EraseDependencies {
  readonly ledger: LedgerWrites;
  readonly accounts: Pick<Accounts, 'find'>;
  /** Binds a request to its targets. @throws ErasureFailure */
  readonly workFor: (request: ErasureRequest, account: Account) => Work;
  readonly logger: Logger;
  readonly batchSize: number;
  readonly pauseMs: number;
  readonly leaseMs: number;
  readonly settleMs: number;
  readonly retryBaseMs: number;
  readonly now: () => Date;
}

/** What a turn of work on a request came to. */
export type EraseOutcome =
  | { readonly outcome: 'completed' }
  | { readonly outcome: 'finished' }
  /** Come back then: it waits for scheduled messages, for another worker's lease, or backs off. */
  | { readonly outcome: 'later'; readonly at: Date };

/** Longest pause between looks while scheduled messages are pending past their time, and between retries. */
const LONGEST_PAUSE_MS = 3_600_000;
/** The part of a lease that removing files may take in one turn. */
const FILES_SHARE = 0.3;
/** Attempts at a file after which somebody should look. */
const FILE_TRIES = 3;

/**
 * Takes one request as far as it goes now: sweep, wait, verify, complete. Safe to run twice, and to be killed anywhere.
 * @throws LeaseLost when another worker took over; what the database throws while it is away (the request keeps its state)
 */
export async function eraseRequest(
  deps: EraseDependencies,
  key: { account: string; reference: string },
  signal: AbortSignal,
): Promise<EraseOutcome> {
  const claim = await claimRequest(deps.ledger, key, deps);
  if (claim.outcome !== 'claimed') return claim;
  const { request, lease } = claim;
  try {
    return await workOn(deps, request, lease, signal);
  } catch (error) {
    if (error instanceof LeaseLost) throw error;
    if (isTransient(error)) {
      // Best effort: a lease that cannot be given back now runs out by itself.
      await lease.release({ state: request.state, at: deps.now() }).catch(() => {});
      throw error;
    }
    const failure: FailureName = error instanceof ErasureFailure ? error.failure : 'unexpected';
    const where = error instanceof ErasureFailure ? error.where : undefined;
    const at = new Date(deps.now().getTime() + backOff(request.failures, deps.retryBaseMs));
    deps.logger.error('erasure failed', { reference: request.reference, failure, where, error, retry_at: at });
    await lease.release({ state: 'failed', at, failure: { name: failure, ...(where && { where }), at: deps.now() } });
    return { outcome: 'later', at };
  }
}

async function workOn(
  deps: EraseDependencies,
  request: ErasureRequest,
  lease: Lease,
  signal: AbortSignal,
): Promise<EraseOutcome> {
  const account = await deps.accounts.find(request.account_id);
  if (!account) throw new ErasureFailure('unexpected', 'account');
  let work = deps.workFor(request, account);
  const later = async (
    state: 'waiting' | 'sweeping' | 'verifying',
    at: Date,
    done: readonly PendingStep[],
    wait?: 'pending' | 'settling',
  ): Promise<EraseOutcome> => {
    await lease.release({ state, at, done, ...(wait && { wait }) });
    return { outcome: 'later', at };
  };
  const options = { batchSize: deps.batchSize, pauseMs: deps.pauseMs, signal };

  let open = work.targets;
  let done: readonly PendingStep[] = request.pending ?? [];
  for (;;) {
    const result = await sweep(lease, work.targets, open, done, options);
    done = result.done;
    if (!result.finished) return later('sweeping', deps.now(), done);

    await lease.renew();
    const wake = await nextLook(deps, request, work);
    if (wake) return later('waiting', wake.at, done, wake.wait);

    await lease.renew();
    open = await verify(work.targets);
    await lease.renew();
    if (open.length === 0) {
      const left = await work.removeFiles(
        AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(deps.leaseMs * FILES_SHARE))]),
      );
      if (left && left.tries >= FILE_TRIES) throw new ErasureFailure('file_not_removed', left.where);
      if (left) return later('verifying', left.again, done);
      await lease.renew();
      await work.report(lease.erasedWith(done));
      await lease.renew();
      const complete = () => lease.complete(done, work.settle);
      const asked = await complete().catch((error) => (isDuplicateKey(error) ? complete() : Promise.reject(error)));
      if (asked === null) return { outcome: 'completed' };
      // What was asked meanwhile may have changed what becomes of the suppression.
      work = deps.workFor(asked, account);
      open = work.targets;
    }
    if (signal.aborted) return later('sweeping', deps.now(), done);
  }
}

/**
 * When to look again because scheduled messages are still to be sent; null when there is nothing to wait for.
 * After the last of them one more pause: what a send leaves behind may be written after the schedule says "sent".
 * Bounded by the deadline, so that an overdue request is seen as one, and goes on.
 */
async function nextLook(
  deps: EraseDependencies,
  request: ErasureRequest,
  work: Work,
): Promise<{ at: Date; wait: 'pending' | 'settling' } | null> {
  const pending = await work.lastPending();
  const dates = pending.filter((date) => date !== null);
  const now = deps.now().getTime();
  const due = request.due_at.getTime();
  const bound = (at: number) => new Date(Math.min(now < due ? Math.min(at, due) : at, now + LONGEST_PAUSE_MS));
  if (dates.length > 0) {
    // A message past its time and not yet sent: the sender is late, so look again, and not in a tight loop.
    const at = Math.max(...dates.map((date) => date.getTime()), now + Math.max(deps.settleMs, 100));
    return { at: bound(at), wait: 'pending' };
  }
  return request.wait === 'pending' ? { at: bound(now + deps.settleMs), wait: 'settling' } : null;
}

function backOff(failures: number, base: number): number {
  return Math.min(base * 2 ** Math.min(failures, 12), LONGEST_PAUSE_MS);
}
