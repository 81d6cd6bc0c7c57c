import type mongoose from 'mongoose';
import type { UpdateChange } from './change.ts';
import { collectionOf } from './collection.ts';
import { allBut, allOf, type Filter } from './filter.ts';
import type { DataMap } from './map/schema.ts';
import { assertMoment, undated, within } from './moment.ts';
import { reachOf } from './owner.ts';
import type { RecordRule } from './record-plan.ts';
import { wayTo } from './references.ts';
import { readChildren } from './scan/read-children.ts';
import { idOf } from './scan/read-place.ts';
import { applyChange } from './store/apply.ts';
import { type AccountValue, assertAccount } from './subject.ts';
import type { Target } from './target.ts';

/** Records the server sends at once. */
const READ_AT_ONCE = 500;

/**
 * As `targetsByAge`, for records that only others tell the account of: they are found along the way from those others,
 * which reads all of an account's each time. Records are kept, and marked.
 * @param rules from `compileChildRules`
 * @throws TypeError as `targetsByAge`, and for a rule that deletes records
 */
export function targetsByAgeAlong(
  db: mongoose.mongo.Db,
  map: DataMap,
  rules: readonly RecordRule[],
  account: AccountValue,
  before: Date,
  now: Date,
): Target[] {
  assertAccount(account);
  assertMoment(before);
  return rules.map((rule) => {
    const { entry } = rule;
    const { at, redacted } = entry;
    const change = rule.change(now);
    if (at === undefined || redacted === undefined) throw new TypeError(`${rule.name} has no time, or no mark`);
    if (change.kind === 'delete') throw new TypeError(`${rule.name} is deleted: by what it belongs to`);
    const collection = collectionOf(db, entry, account);
    const way = wayTo(map, entry);
    const open: Filter = { [redacted]: null };
    const old = allOf(reachOf(entry, account), open, within(at, { to: before }), rule.only);
    const read = (also: Filter, after?: unknown) => readChildren(db, way, account, after, READ_AT_ONCE, also);
    const isThere = async (also: Filter): Promise<boolean> => {
      for await (const { records } of read(also)) if (records.length > 0) return true;
      return false;
    };
    /** Everything up to there was found before, and is changed by now. */
    let from: unknown;
    return {
      key: rule.key,
      name: rule.name,
      async find(limit, except = []) {
        const ids: unknown[] = [];
        for await (const { records, position } of read(allOf(old, allBut(except)), from)) {
          ids.push(...records.map(idOf));
          if (ids.length >= limit) return ids.slice(0, limit);
          if (typeof position === 'object') from = position.after;
        }
        from = undefined;
        return ids;
      },
      change: (ids, also = {}) => applyChange(collection, allOf(old, also), change as UpdateChange, ids, rule.key),
      describe: () => ({ collection, filter: old, change }),
      remains: () => isThere(old),
      async isUnreadable() {
        for (const odd of undated(at)) if (await isThere(allOf(open, odd))) return true;
        return false;
      },
    };
  });
}
