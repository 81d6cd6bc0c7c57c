import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { recordKey } from '../lib/record-key.ts';
import type { Target } from './target.ts';

/** Records found at one place: written down before they are changed, so that a killed worker loses no count. */
export interface Announced {
  /** The target's key. */
  readonly target: string;
  /** The collection's name in the counts. */
  readonly name: string;
  readonly ids: unknown[];
}

/** Records the progress of a sweep. */
export interface Journal {
  /**
   * Writes down the next batch, and counts the batch before it, which has been changed by now.
   * @param next what follows when this batch is changed: more of the sweep, or the verification
   */
  announce(batch: readonly Announced[], done: readonly Announced[], next: 'sweeping' | 'verifying'): Promise<void>;
}

export interface SweepOptions {
  /** Records a batch, over all collections. */
  readonly batchSize: number;
  /** Pause between batches, to leave room for the platform's own load. */
  readonly pauseMs: number;
  /** Aborted to stop: the batch under way is finished, the next is not begun. */
  readonly signal: AbortSignal;
}

export interface SweepResult {
  /** False when it was stopped. */
  readonly finished: boolean;
  /** The last batch: changed, and not yet counted in the ledger. */
  readonly done: readonly Announced[];
}

/**
 * Erases all targets in bounded batches: find, announce in the ledger, change. A changed record no longer matches, so a
 * worker that takes over after a crash simply continues.
 * @param all every target of the erasure: what `left` names is looked up here
 * @param open the targets that still have to be looked at
 * @param left what a worker before this one announced and may not have changed
 * @throws LeaseLost, ErasureFailure, and what the database throws
 */
export async function sweep(
  journal: Journal,
  all: readonly Target[],
  open: readonly Target[],
  left: readonly Announced[],
  options: SweepOptions,
): Promise<SweepResult> {
  const byKey = new Map(all.map((target) => [target.key, target]));
  const changeAll = (batch: readonly Announced[]) =>
    Promise.all(
      [...new Set(batch.map(({ name }) => name))].map(async (name) => {
        // In sequence: parallel changes of one record would conflict.
        for (const part of batch) if (part.name === name) await byKey.get(part.target)?.change(part.ids);
      }),
    );

  let done: readonly Announced[] = left;
  await changeAll(left);
  let remaining = [...open];
  while (remaining.length > 0) {
    if (options.signal.aborted) return { finished: false, done };
    const limit = Math.max(1, Math.floor(options.batchSize / remaining.length));
    const found = await Promise.all(remaining.map((target) => target.find(limit)));
    const batch = atEveryPlace(all, remaining, found);
    remaining = remaining.filter((_, index) => (found[index]?.length ?? 0) >= limit);
    if (batch.length === 0) break;

    await journal.announce(batch, done, remaining.length > 0 ? 'sweeping' : 'verifying');
    await changeAll(batch);
    done = batch;
    if (remaining.length > 0)
      await (options.pauseMs > 0
        ? pause(options.pauseMs, undefined, { signal: options.signal }).catch(() => {})
        : turn());
  }
  return { finished: true, done };
}

/**
 * Announces each record at every place of its collection. A record may hold the number at several places: changed only
 * at the first, it would be found and counted again at the second.
 */
function atEveryPlace(
  all: readonly Target[],
  searched: readonly Target[],
  found: readonly (readonly unknown[])[],
): Announced[] {
  const lists = new Map<string, (readonly unknown[])[]>();
  searched.forEach(({ name }, index) => {
    lists.set(name, [...(lists.get(name) ?? []), found[index] ?? []]);
  });
  const records = new Map([...lists].map(([name, some]) => [name, withoutRepeats(some)]));
  return all.flatMap(({ key, name }) => {
    const ids = [...(records.get(name) ?? [])];
    return ids.length > 0 ? [{ target: key, name, ids }] : [];
  });
}

/** One search finds no record twice, so a single list has no duplicates. */
function withoutRepeats(lists: readonly (readonly unknown[])[]): readonly unknown[] {
  const [first = [], ...others] = lists;
  if (others.every((ids) => ids.length === 0)) return first;
  return [...new Map(lists.flat().map((id) => [recordKey(id), id])).values()];
}
