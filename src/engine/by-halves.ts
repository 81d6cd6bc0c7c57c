import { ErasureFailure, type FailureName } from '../base/errors.ts';
import { recordKey } from '../lib/record-key.ts';
import type { Target } from './target.ts';

/** A record that refuses its change: every other one is changed without it. */
export interface Refused {
  /** The collection's name in the counts. */
  readonly name: string;
  readonly id: unknown;
  readonly why: FailureName;
  /** Collection and path, as failures name them. */
  readonly where: string;
}

/** Failures that are no record's: they stop the whole erasure. */
const NOBODYS: readonly FailureName[] = ['unsealable', 'file_not_removed', 'no_storage'];

/** Beyond so many it is the map that is wrong, and not a record: the rest of their collection is left as it is. */
const MOST_REFUSED = 1_000;

/** The failure, if one record is to blame for it and not the erasure. */
export function blameRecord(error: unknown): ErasureFailure | null {
  return error instanceof ErasureFailure && !NOBODYS.includes(error.failure) ? error : null;
}

/** The records of one erasure that refuse their change, and so are searched for no more. */
export interface Refusals {
  add(some: readonly Refused[]): void;
  has(name: string, id: unknown): boolean;
  /** The ids of one collection. */
  of(name: string): readonly unknown[];
  all(): readonly Refused[];
  /** Are there so many in this collection that none of its records are tried any more? */
  isTooMany(name: string): boolean;
}

/** @param known what was found out before */
export function createRefusals(known: readonly Refused[]): Refusals {
  const names = new Map<string, Map<string, Refused>>();
  const refusals: Refusals = {
    add(some) {
      for (const one of some) {
        const records = names.get(one.name) ?? new Map<string, Refused>();
        names.set(one.name, records);
        // What a record is refused for first is what is told of it.
        if (!records.has(recordKey(one.id))) records.set(recordKey(one.id), one);
      }
    },
    has: (name, id) => names.get(name)?.has(recordKey(id)) ?? false,
    of: (name) => [...(names.get(name)?.values() ?? [])].map(({ id }) => id),
    all: () => [...names.values()].flatMap((records) => [...records.values()]),
    isTooMany: (name) => (names.get(name)?.size ?? 0) >= MOST_REFUSED,
  };
  refusals.add(known);
  return refusals;
}

/**
 * Changes records of one target. Those of a statement that is refused are changed by halves, until the ones that refuse
 * are alone. Each bad record costs two statements for each halving.
 * @param refusals added to
 * @param keep called before each further statement: what holds the work must not run out meanwhile
 * @throws what is no record's fault
 */
export async function changeByHalves(
  target: Target,
  ids: readonly unknown[],
  refusals: Refusals,
  keep: () => Promise<void>,
): Promise<void> {
  if (ids.length === 0) return;
  try {
    await target.change(ids);
  } catch (error) {
    const failure = blameRecord(error);
    if (failure === null) throw error;
    if (ids.length === 1 || refusals.isTooMany(target.name)) {
      const { failure: why, where = target.key } = failure;
      refusals.add(ids.map((id) => ({ name: target.name, id, why, where: placeOf(where) })));
      return;
    }
    await keep();
    const middle = ids.length >> 1;
    await changeByHalves(target, ids.slice(0, middle), refusals, keep);
    await changeByHalves(target, ids.slice(middle), refusals, keep);
  }
}

/** A target's key without what only tells it from others: which side of a call it is about, and up to when. */
function placeOf(key: string): string {
  return key.replace(/[*<].*$/s, '');
}
