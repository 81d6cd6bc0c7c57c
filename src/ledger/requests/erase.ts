import { isDuplicateKey, isTransient } from '../../base/db/faults.ts';
import { ErasureFailure, type FailureName } from '../../base/errors.ts';
import type { Seal } from '../../base/keys/seal.ts';
import type { Logger } from '../../base/log.ts';
import type { Times } from '../../base/times.ts';
import type { Refused } from '../../engine/by-halves.ts';
import { type Announced, type Journal, type Left, sweep } from '../../engine/sweep.ts';
import type { Target } from '../../engine/target.ts';
import { verify } from '../../engine/verify.ts';
import { backOff } from '../../lib/back-off.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { SealedKeys, StoredKeys } from '../references/keys.ts';
import { LeaseLost } from '../work/lease.ts';
import type { Bind, BoundRequest } from './bind.ts';
import { failureOf } from './failure-of.ts';
import { claimRequest, type Lease } from './lease.ts';
import type { ErasureRequest, RequestFailure } from './ledger.ts';
import type { LedgerWrites } from './ledger-writes.ts';

export interface EraseDependencies {
  readonly ledger: LedgerWrites;
  readonly accounts: Pick<Accounts, 'find'>;
  readonly bind: Bind;
  /** Opens announcements. */
  readonly seal: Seal;
  /** Asks for a pass over an account's records. */
  readonly askForScan: (need: { readonly account: string; readonly due: Date }) => Promise<void>;
  readonly logger: Logger;
  /** Records a batch, over all collections. */
  readonly batchSize: number;
  readonly times: Pick<
    Times,
    | 'leaseMs'
    | 'renewBelowMs'
    | 'filesMs'
    | 'lostPauseMs'
    | 'batchPauseMs'
    | 'settleMs'
    | 'retryBaseMs'
    | 'longestPauseMs'
  >;
  readonly now: () => Date;
}

/** What a turn of work on a request came to. */
export type EraseOutcome =
  | { readonly outcome: 'completed' }
  | { readonly outcome: 'finished' }
  /** It waits for the scan, which calls for it again. */
  | { readonly outcome: 'parked' }
  /** Come back then: it waits for scheduled messages, for another worker's lease, or backs off. */
  | { readonly outcome: 'later'; readonly at: Date };

/** How a request is given back. */
type Next = Parameters<Lease['release']>[0];

/** Least pause before messages that are past their time and not sent are looked at again. */
const LEAST_PAUSE_MS = 100;
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
    const name: FailureName = error instanceof ErasureFailure ? error.failure : 'unexpected';
    const where = error instanceof ErasureFailure ? error.where : undefined;
    return fail(deps, request, lease, { name, ...(where && { where }) }, error);
  }
}

/**
 * Ends an attempt that failed. The next one comes after a pause.
 * @param done what is changed and not counted yet; not given: nobody knows, and the next attempt finds it announced
 */
async function fail(
  deps: EraseDependencies,
  request: ErasureRequest,
  lease: Lease,
  failure: Omit<RequestFailure, 'at'>,
  error: unknown,
  done?: readonly Announced[],
): Promise<EraseOutcome> {
  const { logger, now, times } = deps;
  const at = new Date(now().getTime() + backOff(request.failures, times.retryBaseMs, times.longestPauseMs));
  const { name, where, count } = failure;
  logger.error('erasure failed', {
    ...{ reference: request.reference, failure: name, where },
    ...(count !== undefined && { records: count }),
    ...{ error, retry_at: at },
  });
  await lease.release({
    state: 'failed',
    at,
    failure: { ...failure, at: now() },
    forgetScan: true,
    ...(done && { done }),
  });
  return { outcome: 'later', at };
}

async function workOn(
  deps: EraseDependencies,
  request: ErasureRequest,
  lease: Lease,
  signal: AbortSignal,
): Promise<EraseOutcome> {
  const account = await deps.accounts.find(request.account_id);
  if (!account) throw new ErasureFailure('unexpected', 'account');
  let bound = deps.bind(request, account);
  let { scan } = request;
  const isScanned = () => bound.scan === 'needed' && scan?.done !== undefined;
  const later = async (
    state: 'waiting' | 'sweeping' | 'verifying',
    at: Date,
    done: readonly Announced[],
    more: Pick<Next, 'wait' | 'waitUntil' | 'fileLeft'> = {},
  ): Promise<EraseOutcome> => {
    // A message that is still to be sent leaves behind what no scan has seen.
    const forgetScan = state === 'waiting' && bound.scan === 'needed';
    const standing = state === 'sweeping' ? undefined : standingOf(refused, deps.now());
    await lease.release({ state, at, done, refused, forgetScan, ...(standing !== undefined && { standing }), ...more });
    return { outcome: 'later', at };
  };
  const options = { batchSize: deps.batchSize, pauseMs: deps.times.batchPauseMs, signal };

  const before = lease.left();
  let done: readonly Announced[] = [];
  // After a wait all of them are tried again; in the turns of one sweep they are gone round.
  let refused: readonly Refused[] = isScanned() || request.wait !== undefined ? [] : before.refused;
  let left: Left = { announced: before.announced, refused };
  const readRoots = async () => {
    const roots = await bound.readRoots(lease.references());
    refused = [...refused, ...roots.refused];
    left = { ...left, refused };
    if (Object.keys(roots.keys).length > 0)
      await lease.announce(left.announced, [], request.state, roots.keys, refused);
    return bound.children(lease.references());
  };
  let children = await readRoots();
  // What was swept before the scan is looked at once more by the verification; what it found may have children.
  const isSwept = isScanned() && before.announced.length === 0 && before.refused.length === 0;
  let open: readonly Target[] = isSwept ? children : [...bound.targets, ...children];
  const journal = journalOf(lease, () => bound);
  for (;;) {
    while (open.length > 0) {
      const known = countKeys(lease.references());
      const result = await sweep(journal, [...bound.targets, ...children], open, left, options);
      ({ done, refused } = result);
      left = { announced: done, refused };
      if (!result.finished) return later('sweeping', deps.now(), done);
      // Records that were found may be parents, and those that are known by them parents again.
      const isNew = countKeys(lease.references()) > known;
      if (isNew) children = bound.children(lease.references());
      open = isNew ? children : [];
    }

    await lease.renew();
    const wake = await nextLook(deps, request, bound, children);
    if (wake) {
      const { at, ...wait } = wake;
      return later('waiting', at, done, wait);
    }
    if (bound.scan === 'needed' && !isScanned()) return waitForScan(deps, request, lease, done, refused);
    const failure = failureOf(refused, scan);
    if (failure) return fail(deps, request, lease, failure, undefined, done);
    if (isScanned() && scan?.scheduled) {
      const at = new Date(deps.now().getTime() + Math.max(deps.times.settleMs, LEAST_PAUSE_MS));
      return later('waiting', at, done, { wait: 'scheduled' });
    }

    await lease.renew();
    open = await verify([...bound.targets, ...children], isScanned() ? 'scanned' : 'alone');
    await lease.renew();
    if (bound.isInPortions && open.length > 0 && !open.some((target) => children.includes(target))) {
      // What belonged to the records before is gone, and more of them are to come.
      await lease.dropReferences();
      children = [];
    }
    if (open.length === 0) {
      const left = await bound.removeFiles(AbortSignal.any([signal, AbortSignal.timeout(deps.times.filesMs)]));
      if (left && left.tries >= FILE_TRIES) throw new ErasureFailure('file_not_removed', left.where);
      if (left) {
        const { again, ...fileLeft } = left;
        return later('verifying', again, done, { fileLeft });
      }
      await lease.renew();
      await bound.record(lease.erasedWith(done));
      await lease.renew();
      const complete = () =>
        lease.complete(done, bound.ending(), { isUnscanned: bound.scan === 'off', notScanned: bound.notScanned });
      const asked = await complete().catch((error) => (isDuplicateKey(error) ? complete() : Promise.reject(error)));
      if (asked === null) return { outcome: 'completed' };
      // The repeated request may have changed `keep_suppression`: bind again.
      bound = deps.bind(asked, account);
      ({ scan } = asked);
      // All that was done is counted by the next announcement, and nothing of it is announced any more.
      children = await readRoots();
      open = [...bound.targets, ...children];
    }
    if (signal.aborted) return later('sweeping', deps.now(), done);
  }
}

/** A sweep's journal in the ledger. @param bound as the request is bound at the moment */
function journalOf(lease: Lease, bound: () => BoundRequest): Journal {
  let keys: SealedKeys = {};
  return {
    async screen(batch) {
      const read = await bound().readKeys(batch);
      keys = read.keys;
      return read.refused;
    },
    announce: (batch, done, next, refused) => lease.announce(batch, done, next, keys, refused),
    keep: () => lease.renew(),
  };
}

const countKeys = (references: StoredKeys) => Object.values(references).reduce((sum, texts) => sum + texts.length, 0);

/** What of the attempt under way is known to stand in the way; null for nothing. */
function standingOf(refused: readonly Refused[], at: Date): RequestFailure | null {
  const failure = failureOf(refused, undefined);
  return failure && { ...failure, at };
}

/** Waits for a whole turn of the scan: nothing is called removed on the word of the index alone. */
async function waitForScan(
  deps: EraseDependencies,
  { account_id: account, due_at: due, reference }: ErasureRequest,
  lease: Lease,
  done: readonly Announced[],
  refused: readonly Refused[],
): Promise<EraseOutcome> {
  const standing = standingOf(refused, deps.now());
  if (standing) {
    const { name, where, count } = standing;
    deps.logger.error('records refuse their change', { reference, failure: name, where, records: count });
  }
  await lease.park(done, refused, standing);
  await deps.askForScan({ account, due });
  return { outcome: 'parked' };
}

/**
 * When to look again because scheduled messages are still to be sent; null when there is nothing to wait for.
 * After the last of them one more pause: what a send leaves behind may be written after the schedule says "sent".
 * Bounded by the deadline, so that an overdue request is seen as one, and goes on.
 */
async function nextLook(
  deps: EraseDependencies,
  request: ErasureRequest,
  bound: BoundRequest,
  children: readonly Target[],
): Promise<{ at: Date; wait: 'scheduled' | 'settling'; waitUntil?: Date } | null> {
  const { settleMs, longestPauseMs } = deps.times;
  const all = await Promise.all([bound.lastScheduled(), ...children.map(async (child) => child.lastDue?.() ?? null)]);
  const dates = all.flat().filter((date) => date !== null);
  const now = deps.now().getTime();
  const due = request.due_at.getTime();
  const within = (at: number) => new Date(Math.min(now < due ? Math.min(at, due) : at, now + longestPauseMs));
  if (dates.length > 0) {
    // A message past its time and not sent: the sender is late. Look again, and not in a tight loop.
    const last = Math.max(...dates.map((date) => date.getTime()));
    const at = Math.max(last, now + Math.max(settleMs, LEAST_PAUSE_MS));
    return { at: within(at), wait: 'scheduled', waitUntil: new Date(last) };
  }
  return request.wait === 'scheduled' ? { at: within(now + settleMs), wait: 'settling' } : null;
}
