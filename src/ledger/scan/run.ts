import { REQUEST_CALL } from '../requests/ledger.ts';
import { callWorker } from '../work/call.ts';
import { assertHeld } from '../work/lease.ts';
import { type Joiner, loadJoiners, releaseJoiners, sortOut } from './joiners.ts';
import { latestBeginning, MOST_REST_MS, scansOf } from './ledger.ts';
import { claimPass, dropPass, holdPass, isBeginning, keepPass, type Pass, type ScanDependencies } from './pass.ts';
import { readOn } from './read-on.ts';

export type ScanOutcome =
  | { readonly outcome: 'finished' }
  /** Come back then: somebody else has it, it is not time yet, or others shall have their turn. */
  | { readonly outcome: 'later'; readonly at: Date };

/** Shortest pause before a pass that could not be claimed is tried again. */
const CLAIM_AGAIN_MS = 1_000;
/** How long a turn rests, in lengths of the one before. */
const RESTS = 2;
/** Requests the queue is told of side by side. */
const CALLED_AT_ONCE = 200;

/**
 * Goes on with the pass over one account's records: reads on in the circle, changes what it finds, and tells each
 * request when the pass has come round for it. Safe to be killed anywhere: its successor reads on from the last
 * position that was written down, and finds nothing in records that were changed.
 * @throws LeaseLost when another worker took over; what the database throws while it is away
 */
export async function runScan(deps: ScanDependencies, accountId: string, signal: AbortSignal): Promise<ScanOutcome> {
  const pass = await claimPass(deps, accountId);
  if (pass === null) return notNow(deps, accountId);
  try {
    return await goRound(deps, pass, signal);
  } catch (error) {
    await dropPass(deps, pass);
    throw error;
  }
}

async function notNow({ db, now, times }: ScanDependencies, account: string): Promise<ScanOutcome> {
  const row = await scansOf(db).findOne({ account_id: account, unfinished: true });
  if (row === null) return { outcome: 'finished' };
  const soonest = now().getTime() + Math.min(times.leaseMs, CLAIM_AGAIN_MS);
  return {
    outcome: 'later',
    at: new Date(Math.max(row.not_before.getTime(), row.lease?.until.getTime() ?? 0, soonest)),
  };
}

async function goRound(deps: ScanDependencies, pass: Pass, signal: AbortSignal): Promise<ScanOutcome> {
  const { db, seal, now, times } = deps;
  const until = now().getTime() + times.scanTurnMs;
  for (;;) {
    // Read before the joiners are: whoever has asked by then is among them.
    const row = await scansOf(db).findOne({ _id: pass.row._id }, { projection: { asked: 1 } });
    const { all, unreadable } = await loadJoiners(db, seal, {
      ...pass,
      account: pass.account._id,
      places: pass.circle.places.length,
    });
    const { done, waiting } = sortOut(all, pass.position);
    // Nobody is told on the word of a worker that lost its lease.
    if (done.length + unreadable.length > 0) await holdPass(deps, pass);
    await tell(deps, unreadable, true);
    await tell(
      deps,
      done.map(({ request }) => request),
      false,
    );
    if (waiting.length === 0) {
      const ended = { unset: { lease: '', unfinished: '' }, asked: row?.asked ?? 0 } as const;
      if (await keepPass(deps, pass, ended)) return { outcome: 'finished' };
      // Somebody has asked meanwhile, or the lease is lost: this write tells.
      await holdPass(deps, pass);
      continue;
    }
    const rest = restUntil(pass, waiting, deps);
    const at = rest ?? (signal.aborted || now().getTime() > until ? now() : undefined);
    if (at !== undefined) {
      const look_at = new Date(at.getTime() + times.graceMs);
      await assertHeld(keepPass(deps, pass, { set: { not_before: at, look_at }, unset: { lease: '' } }));
      return { outcome: 'later', at };
    }
    await readOn(deps, pass, waiting, signal);
  }
}

/**
 * When an account's next turn begins: a large one's once an interval, and in time for the request that is due first. A turn
 * over more than a few records rests after the one before for twice as long as that took: those that come meanwhile are
 * served by one turn, not each few by one, and others have the database.
 */
function restUntil(
  pass: Pass,
  waiting: readonly Joiner[],
  { now, times, smallAccount, fewRecords }: ScanDependencies,
): Date | undefined {
  const { size = 0, took_ms = 0 } = pass.whole;
  if (!isBeginning(pass) || pass.began === undefined || size <= Math.min(smallAccount, fewRecords)) return undefined;
  const due = waiting.reduce((least, { request }) => Math.min(least, request.due_at.getTime()), Infinity);
  const interval = size > smallAccount ? times.scanIntervalMs : took_ms + Math.min(RESTS * took_ms, MOST_REST_MS);
  const next = new Date(Math.min(pass.began.getTime() + interval, latestBeginning(due, took_ms)));
  return next > now() ? next : undefined;
}

async function tell(deps: ScanDependencies, some: readonly Joiner['request'][], unsealable: boolean): Promise<void> {
  if (some.length === 0) return;
  const { db, now, times } = deps;
  const released = await releaseJoiners(db, some, { now: now(), graceMs: times.graceMs, unsealable });
  for (let from = 0; from < released.length; from += CALLED_AT_ONCE)
    await Promise.all(
      released.slice(from, from + CALLED_AT_ONCE).map((request) => callWorker(deps, REQUEST_CALL, request)),
    );
}
