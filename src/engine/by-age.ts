import type mongoose from 'mongoose';
import { BY_ID, type Filter } from './plan.ts';
import type { RecordStep } from './record-plan.ts';
import { type AccountValue, assertAccount } from './subject.ts';
import type { Target } from './target.ts';

/** BSON types that say nothing about when something happened. */
export const NO_DATES = [
  'string',
  'double',
  'int',
  'long',
  'decimal',
  'object',
  'array',
  'bool',
  'objectId',
  'binData',
  'timestamp',
  'regex',
  'javascript',
] as const;

/**
 * The selector "records older than this": one target a collection. Records that are kept are chosen by their mark, so
 * that a change takes them out of the selection.
 * @param before records that happened before this moment
 * @throws TypeError when a step names no time, or keeps records without marking them: it would never come to an end
 */
export function targetsByAge(
  db: mongoose.mongo.Db,
  steps: readonly RecordStep[],
  account: AccountValue,
  before: Date,
  now: Date,
): Target[] {
  assertAccount(account);
  if (Number.isNaN(before.getTime())) throw new TypeError('a moment is needed for every filter');
  return steps.map((step) => {
    const { at, redacted } = step.entry;
    if (at === undefined) throw new TypeError(`${step.name} has no time`);
    const change = step.change(now);
    if (change.kind === 'update' && redacted === undefined) throw new TypeError(`${step.name} has no mark`);
    const collection = db.collection(step.collection);
    const open: Filter = {
      [step.accountPath]: account,
      ...(change.kind === 'update' && redacted && { [redacted]: null }),
    };
    const old: Filter = { ...open, [at]: { $lt: before }, ...step.except };
    return {
      key: step.key,
      name: step.name,
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
      describe: () => ({ collection: step.collection, filter: old, change }),
      isLeft: async () => (await collection.findOne(old, { projection: { _id: 1 } })) !== null,
      isUnreadable: async () =>
        (await collection.findOne({ ...open, [at]: { $type: [...NO_DATES] } }, { projection: { _id: 1 } })) !== null,
    };
  });
}
