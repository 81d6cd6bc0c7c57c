import { randomUUID } from 'node:crypto';
import type mongoose from 'mongoose';
import { collectionOf } from './collection.ts';
import { allBut, allOf } from './filter.ts';
import { assertMoment, undated, within } from './moment.ts';
import { type NumberRule, narrowNumberRule } from './plan.ts';
import { selectAnywhere, selectChangeable } from './selections.ts';
import { NEWEST } from './store/joining.ts';
import type { RecordStore } from './store.ts';
import { inLikelyWritings, type Subject } from './subject.ts';
import type { Target } from './target.ts';

/** The selector "records that hold this number": one target for each place where it may stand. */
export function targetsByNumber(
  db: mongoose.mongo.Db,
  store: RecordStore,
  rules: readonly NumberRule[],
  subject: Subject,
): Target[] {
  return rules.map((rule) => targetAt(db, store, rule, subject));
}

function targetAt(db: mongoose.mongo.Db, store: RecordStore, rule: NumberRule, subject: Subject): Target {
  // Hundreds of values cost hundreds of looks. Until a look with all of them has found something, the likely ones will do.
  let searched = inLikelyWritings(subject);
  return {
    key: rule.key,
    name: rule.name,
    find: (limit, except = []) => store.find(except.length > 0 ? leaveOut(rule, except) : rule, searched, limit),
    change: (ids, also) => store.change(also ? narrowNumberRule(rule, also) : rule, subject, ids),
    describe: () => ({
      collection: collectionOf(db, rule.entry, subject.account),
      filter: allOf(selectChangeable(rule, subject), rule.only),
      change: rule.change(subject),
      needsReading: rule.needsReading,
    }),
    async remains() {
      const isLeft = await store.remains(rule, subject);
      if (isLeft) searched = subject;
      return isLeft;
    },
    isUnreadable: () => store.isUnreadable(rule, subject.account),
    isDoubtful: () => store.isDoubtful(rule, subject),
    isScanned: rule.entry.scan,
  };
}

/** Searches with the same key are joined into one query: those with records of their own to leave out have another. */
function leaveOut(rule: NumberRule, except: readonly unknown[]): NumberRule {
  return { ...narrowNumberRule(rule, allBut(except)), key: `${rule.key}!${randomUUID()}` };
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
  assertMoment(before);
  return rules.flatMap((rule) => {
    const { at } = rule.entry;
    if (at === undefined) return [];
    const bound: NumberRule = {
      ...narrowNumberRule(rule, within(at, { to: before })),
      // Searches with the same key are joined into one query: those with another bound need another key.
      key: `${rule.key}<${before.toISOString()}`,
    };
    const collection = collectionOf(db, rule.entry, subject.account);
    return targetsByNumber(db, store, [bound], subject).map((target) => ({
      ...target,
      async isUnreadable() {
        if (await target.isUnreadable()) return true;
        for (const filter of undated(at)) {
          const odd = allOf(selectAnywhere(rule, subject), filter);
          if (await collection.findOne(odd, { projection: { _id: 1 }, ...NEWEST })) return true;
        }
        return false;
      },
    }));
  });
}
