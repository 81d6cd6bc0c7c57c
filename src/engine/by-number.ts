import type mongoose from 'mongoose';
import { NO_DATES } from './by-age.ts';
import { type Step, selectNumber } from './plan.ts';
import type { RecordStore } from './store.ts';
import type { Subject } from './subject.ts';
import type { Target } from './target.ts';

/** The selector "records that hold this number": one target for each place where it may stand. */
export function targetsByNumber(store: RecordStore, steps: readonly Step[], subject: Subject): Target[] {
  return steps.map((step) => ({
    key: step.key,
    name: step.name,
    find: (limit) => store.find(step, subject, limit),
    change: (ids, also) => store.change(also ? { ...step, except: { ...step.except, ...also } } : step, subject, ids),
    describe: () => ({
      collection: step.collection,
      filter: { ...selectNumber(step, subject, true), ...step.except },
      change: step.change(subject),
    }),
    isLeft: () => store.isLeft(step, subject),
    isUnreadable: () => store.isUnreadable(step, subject.account),
  }));
}

/**
 * The selector "records that hold this number, and happened before this moment".
 * @param steps those whose collection names no time are left out: nothing in it happened at any moment
 * @param before what happened at this moment or after it stays as it is
 * @throws TypeError when the moment is none
 */
export function targetsByNumberBefore(
  db: mongoose.mongo.Db,
  store: RecordStore,
  steps: readonly Step[],
  subject: Subject,
  before: Date,
): Target[] {
  if (Number.isNaN(before.getTime())) throw new TypeError('a moment is needed for every filter');
  return steps.flatMap((step) => {
    const { at } = step;
    if (at === undefined) return [];
    const bound: Step = {
      ...step,
      // Searches of one key are joined into one query, and these must not be joined with those of another bound.
      key: `${step.key}<${before.toISOString()}`,
      except: { ...step.except, [at]: { $lt: before } },
    };
    const undated = { ...selectNumber(step, subject, false), [at]: { $type: [...NO_DATES] } };
    return targetsByNumber(store, [bound], subject).map((target) => ({
      ...target,
      isUnreadable: async () =>
        (await target.isUnreadable()) ||
        (await db.collection(step.collection).findOne(undated, { projection: { _id: 1 } })) !== null,
    }));
  });
}
