import type mongoose from 'mongoose';
import { NO_DATES } from './bson-types.ts';
import { BY_ID, type Filter } from './plan.ts';
import type { RecordRule } from './record-plan.ts';
import { type AccountValue, assertAccount } from './subject.ts';
import type { Target } from './target.ts';

/**
 * The selector "records older than this": one target a collection. Of records that are kept, only those without a mark
 * are chosen: the change sets the mark, which takes them out of the selection.
 * @param before records that happened before this moment
 * @throws TypeError when a rule names no time, or keeps records without marking them: it would never come to an end
 */
export function targetsByAge(
  db: mongoose.mongo.Db,
  rules: readonly RecordRule[],
  account: AccountValue,
  before: Date,
  now: Date,
): Target[] {
  assertAccount(account);
  if (Number.isNaN(before.getTime())) throw new TypeError('a moment is needed for every filter');
  return rules.map((rule) => {
    const { at, redacted } = rule.entry;
    if (at === undefined) throw new TypeError(`${rule.name} has no time`);
    const change = rule.change(now);
    if (change.kind === 'update' && redacted === undefined) throw new TypeError(`${rule.name} has no mark`);
    const collection = db.collection(rule.collection);
    const open: Filter = {
      [rule.accountPath]: account,
      ...(change.kind === 'update' && redacted && { [redacted]: null }),
    };
    const old: Filter = { ...open, [at]: { $lt: before }, ...rule.only };
    return {
      key: rule.key,
      name: rule.name,
      async find(limit) {
        const records = await collection
          .find(old, { projection: { _id: 1 } })
          .limit(limit)
          .toArray();
        return records.map((record) => record._id);
      },
      async change(ids, also = {}) {
        const filter = { ...old, ...also, _id: { $in: [...ids] } } as Filter;
        if (change.kind === 'delete') await collection.deleteMany(filter, { hint: BY_ID });
        else await collection.updateMany(filter, change.update, { hint: BY_ID });
      },
      describe: () => ({ collection: rule.collection, filter: old, change }),
      remains: async () => (await collection.findOne(old, { projection: { _id: 1 } })) !== null,
      isUnreadable: async () =>
        (await collection.findOne({ ...open, [at]: { $type: [...NO_DATES] } }, { projection: { _id: 1 } })) !== null,
    };
  });
}
