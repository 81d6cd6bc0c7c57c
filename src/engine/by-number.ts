import type mongoose from 'mongoose';
import { NO_DATES } from './bson-types.ts';
import { type NumberRule, selectAnywhere, selectChangeable } from './plan.ts';
import type { RecordStore } from './store.ts';
import type { Subject } from './subject.ts';
import type { Target } from './target.ts';

/** The selector "records that hold this number": one target for each place where it may stand. */
export function targetsByNumber(store: RecordStore, rules: readonly NumberRule[], subject: Subject): Target[] {
  return rules.map((rule) => ({
    key: rule.key,
    name: rule.name,
    find: (limit) => store.find(rule, subject, limit),
    change: (ids, also) => store.change(also ? { ...rule, only: { ...rule.only, ...also } } : rule, subject, ids),
    describe: () => ({
      collection: rule.collection,
      filter: { ...selectChangeable(rule, subject), ...rule.only },
      change: rule.change(subject),
    }),
    remains: () => store.remains(rule, subject),
    isUnreadable: () => store.isUnreadable(rule, subject.account),
  }));
}

/**
 * The selector "records that hold this number, and happened before this moment".
 * @param rules rules of collections without a time field are left out
 * @param before records of this moment and later stay as they are
 * @throws TypeError for an invalid moment
 */
export function targetsByNumberBefore(
  db: mongoose.mongo.Db,
  store: RecordStore,
  rules: readonly NumberRule[],
  subject: Subject,
  before: Date,
): Target[] {
  if (Number.isNaN(before.getTime())) throw new TypeError('a moment is needed for every filter');
  return rules.flatMap((rule) => {
    const { at } = rule;
    if (at === undefined) return [];
    const bound: NumberRule = {
      ...rule,
      // Searches with the same key are joined into one query: those with another bound need another key.
      key: `${rule.key}<${before.toISOString()}`,
      only: { ...rule.only, [at]: { $lt: before } },
    };
    const undated = { ...selectAnywhere(rule, subject), [at]: { $type: [...NO_DATES] } };
    return targetsByNumber(store, [bound], subject).map((target) => ({
      ...target,
      isUnreadable: async () =>
        (await target.isUnreadable()) ||
        (await db.collection(rule.collection).findOne(undated, { projection: { _id: 1 } })) !== null,
    }));
  });
}
