import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { recordKey } from '../lib/record-key.ts';
import { changeByHalves, createRefusals, type Refusals, type Refused } from './by-halves.ts';
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
  /** Looks at a batch before it is announced. @returns the records of it that must stay as they are */
  screen(batch: readonly Announced[]): Promise<readonly Refused[]>;
  /**
   * Writes down the next batch, and counts the batch before it, which has been changed by now.
   * @param next what follows when this batch is changed: more of the sweep, or the verification
   * @param refused all records known to refuse their change: whoever takes over goes round them
   */
  announce(
    batch: readonly Announced[],
    done: readonly Announced[],
    next: 'sweeping' | 'verifying',
    refused: readonly Refused[],
  ): Promise<void>;
  /** Called while one batch takes long, so that nobody takes the work for abandoned. */
  keep(): Promise<void>;
}

/** What a worker before this one has left. */
export interface Left {
  /** What it announced and may not have changed. */
  readonly announced: readonly Announced[];
  readonly refused: readonly Refused[];
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
  /** Records that refuse their change. Everything else that was found is changed. */
  readonly refused: readonly Refused[];
}

/**
 * Erases all targets in bounded batches: find, announce in the ledger, change. A changed record no longer matches, so a
 * worker that takes over after a crash simply continues. A record that refuses its change is left alone, and counted nowhere.
 * @param all every target of the erasure: what `left` names is looked up here
 * @param open the targets that still have to be looked at
 * @throws LeaseLost, ErasureFailure, and what the database throws
 */
export async function sweep(
  journal: Journal,
  all: readonly Target[],
  open: readonly Target[],
  left: Left,
  options: SweepOptions,
): Promise<SweepResult> {
  const byKey = new Map(all.map((target) => [target.key, target]));
  const refusals = createRefusals(left.refused);
  /** @returns what was changed */
  const changeAll = async (batch: readonly Announced[]): Promise<readonly Announced[]> => {
    await Promise.all(
      [...new Set(batch.map(({ name }) => name))].map(async (name) => {
        // In sequence: parallel changes of one record would conflict.
        for (const part of batch) {
          const target = part.name === name ? byKey.get(part.target) : undefined;
          if (target) await changeByHalves(target, part.ids, refusals, journal.keep);
        }
      }),
    );
    return without(batch, refusals);
  };

  let done: readonly Announced[] = await changeAll(left.announced);
  const end = (finished: boolean): SweepResult => ({ finished, done, refused: refusals.all() });
  let remaining = [...open];
  while (remaining.length > 0) {
    if (options.signal.aborted) return end(false);
    const limit = Math.max(1, Math.floor(options.batchSize / remaining.length));
    const found = await Promise.all(remaining.map((target) => target.find(limit, refusals.of(target.name))));
    let batch: readonly Announced[] = atEveryPlace(all, remaining, found);
    refusals.add(await journal.screen(batch));
    batch = without(batch, refusals);
    remaining = remaining.filter(
      ({ name }, index) => (found[index]?.length ?? 0) >= limit && !refusals.isTooMany(name),
    );
    if (batch.length === 0 && remaining.length === 0) break;

    await journal.announce(batch, done, remaining.length > 0 ? 'sweeping' : 'verifying', refusals.all());
    done = await changeAll(batch);
    remaining = remaining.filter(({ name }) => !refusals.isTooMany(name));
    if (remaining.length > 0)
      await (options.pauseMs > 0
        ? pause(options.pauseMs, undefined, { signal: options.signal }).catch(() => {})
        : turn());
  }
  return end(true);
}

/** The records that did not refuse, at any of their places. */
function without(batch: readonly Announced[], refusals: Refusals): readonly Announced[] {
  if (refusals.all().length === 0) return batch;
  return batch
    .map((part) => ({ ...part, ids: part.ids.filter((id) => !refusals.has(part.name, id)) }))
    .filter(({ ids }) => ids.length > 0);
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
