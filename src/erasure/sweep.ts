import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import type { Lease } from '../requests/lease.ts';
import type { PendingStep, RequestState } from '../requests/ledger.ts';
import type { Plan, Step } from './plan.ts';
import type { RecordStore } from './store.ts';
import type { Subject } from './subject.ts';

export interface SweepOptions {
  /** Records a batch, over all collections. */
  readonly batchSize: number;
  /** Rest between batches, for the sake of the platform's own load. */
  readonly pauseMs: number;
  /** Told to stop: a batch under way is finished, the next is not begun. */
  readonly signal: AbortSignal;
}

export interface SweepResult {
  /** False: it was told to stop. */
  readonly finished: boolean;
  /** The last batch: changed, and not yet counted in the ledger. */
  readonly done: readonly PendingStep[];
}

/**
 * Erases the number step by step in bounded batches: find, announce in the ledger, change. Changed records match no
 * more, so whoever takes over after a crash just goes on.
 * @param left what a worker before this one announced and may not have changed
 * @param steps the steps that still have to be looked at
 * @throws LeaseLost, ErasureFailure, and what the database throws
 */
export async function sweep(
  deps: { plan: Plan; store: RecordStore; lease: Lease },
  subject: Subject,
  steps: readonly Step[],
  left: readonly PendingStep[],
  options: SweepOptions,
): Promise<SweepResult> {
  const { store, lease, plan } = deps;
  const byKey = new Map(plan.steps.map((step) => [step.key, step]));
  const changeAll = (batch: readonly PendingStep[]) =>
    Promise.all(
      batch.map((part) => {
        const step = byKey.get(part.step);
        return step ? store.change(step, subject, part.ids) : undefined;
      }),
    );

  let done: readonly PendingStep[] = left;
  await changeAll(left);
  let open = [...steps];
  while (open.length > 0) {
    if (options.signal.aborted) return { finished: false, done };
    const limit = Math.max(1, Math.floor(options.batchSize / open.length));
    const found = await Promise.all(open.map((step) => store.find(step, subject, limit)));
    const batch = open.flatMap((step, index) => {
      const ids = found[index] ?? [];
      return ids.length > 0 ? [{ step: step.key, name: step.name, ids }] : [];
    });
    open = open.filter((_, index) => (found[index]?.length ?? 0) >= limit);
    if (batch.length === 0) break;

    const state: RequestState = open.length > 0 ? 'sweeping' : 'verifying';
    await lease.announce(batch, done, state);
    await changeAll(batch);
    done = batch;
    if (open.length > 0)
      await (options.pauseMs > 0
        ? pause(options.pauseMs, undefined, { signal: options.signal }).catch(() => {})
        : turn());
  }
  return { finished: true, done };
}
