import type mongoose from 'mongoose';
import type { UpdateChange } from './change.ts';
import { collectionOf } from './collection.ts';
import { allBut, allOf, type Filter } from './filter.ts';
import { readPath } from './map/paths.ts';
import type { CollectionMap } from './map/schema.ts';
import { assertMoment, undated, within } from './moment.ts';
import { aloneFilter, scopeOf } from './owner.ts';
import { BY_ID } from './plan.ts';
import type { RecordRule } from './record-plan.ts';
import { applyChange } from './store/apply.ts';
import { NEWEST } from './store/joining.ts';
import { type AccountValue, assertAccount } from './subject.ts';
import type { Target } from './target.ts';

const ANY_ONE = { projection: { _id: 1 } } as const;
/** Of what is newest: a majority may lag behind it. */
const ONE = { ...ANY_ONE, ...NEWEST } as const;

/**
 * The selector "records older than this": one target a collection. Of records that are kept, only those without a mark
 * are chosen: the change sets the mark, which takes them out of the selection. Records are deleted only when a number
 * stands in them, or stood there before they were redacted.
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
  assertMoment(before);
  return rules.map((rule) => {
    const { at, redacted } = rule.entry;
    if (at === undefined) throw new TypeError(`${rule.name} has no time`);
    const change = rule.change(now);
    if (change.kind === 'update' && redacted === undefined) throw new TypeError(`${rule.name} has no mark`);
    const collection = collectionOf(db, rule.entry, account);
    const open = allOf(
      scopeOf(rule.entry, account),
      aloneFilter(rule.entry, account),
      change.kind === 'update' && redacted ? { [redacted]: null } : {},
      change.kind === 'delete' ? holdsNumber(rule.entry) : {},
    );
    const old = allOf(open, within(at, { to: before }), rule.only);
    const changeBy = (filter: Filter, ids: readonly unknown[], update: UpdateChange) =>
      applyChange(collection, filter, update, ids, rule.key);
    return {
      key: rule.key,
      name: rule.name,
      async find(limit, except = []) {
        const records = await collection
          .find(allOf(old, allBut(except)), ONE)
          .limit(limit)
          .toArray();
        return records.map((record) => record._id);
      },
      async change(ids, also = {}) {
        const filter = allOf(old, also);
        if (change.kind === 'update') await changeBy(filter, ids, change);
        else await collection.deleteMany(allOf({ _id: { $in: [...ids] } } as Filter, filter), { hint: BY_ID });
      },
      describe: () => ({ collection, filter: old, change }),
      // What is gone on the primary alone may come back.
      remains: async () => ((await collection.findOne(old, ONE)) ?? (await collection.findOne(old, ANY_ONE))) !== null,
      async isUnreadable() {
        for (const filter of undated(at)) if (await collection.findOne(allOf(open, filter), ONE)) return true;
        return false;
      },
    };
  });
}

/** What a number field may hold that is a number, or what an erasure has left of one. */
const VALUES = ['int', 'long', 'double', 'decimal', 'symbol', 'object', 'binData'];

/** Records in which something stands at a mapped number, or that were redacted; of entries without numbers, none. */
function holdsNumber(entry: CollectionMap): Filter {
  const ends = entry.joined.flatMap(({ parts }) => parts.slice(-1));
  const places = [...entry.numbers.map(({ path }) => path), ...ends].flatMap((path) => {
    const { dotted } = readPath(path);
    return [{ [dotted]: { $gt: '' } }, { [dotted]: { $type: VALUES } }];
  });
  const marked = entry.redacted === undefined ? [] : [{ [entry.redacted]: { $ne: null } }];
  // "Not none of them": DocumentDB uses no index for a filter with `$or` at its top.
  return { $nor: [{ $nor: [...places, ...marked, { _id: { $exists: false } }] }] } as Filter;
}
