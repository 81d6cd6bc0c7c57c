import mongoose from 'mongoose';
import { collectionOf } from './collection.ts';
import { allOf } from './filter.ts';
import { readPath } from './map/paths.ts';
import { aloneFilter, scopeOf } from './owner.ts';
import type { RecordRule } from './record-plan.ts';
import { type AccountValue, assertAccount } from './subject.ts';

type Db = mongoose.mongo.Db;

const { Long, ObjectId, UUID } = mongoose.mongo;
const UUID_TEXT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A record that was found by the id its customers know it by, and the rule that would change it. */
export interface FoundRecord {
  readonly rule: RecordRule;
  readonly record: mongoose.mongo.WithId<mongoose.mongo.Document>;
  /** The id it was found by. */
  readonly id: string;
}

/** Texts longer than this are no id, and are not searched for. */
export const LONGEST_ID = 200;
/** Lone surrogate: the driver would replace it by U+FFFD and match a different id. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The selector "the record with this id". It only finds; scheduled messages are not found.
 * @param rules from `compileRecordRules`, narrowed to what the contract means (a product, a direction, a kind)
 * @param id as it stands in a path or a body: numbers, ObjectIds and UUIDs of the database are found by their text
 * @returns every record of the account with this id, in the order of the rules: an id may occur in two collections, and
 * twice in one
 * @throws TypeError without an account
 */
export async function findById(
  db: Db,
  rules: readonly RecordRule[],
  account: AccountValue,
  id: string,
): Promise<FoundRecord[]> {
  assertAccount(account);
  if (typeof id !== 'string') throw new TypeError('an id is needed for every filter');
  if (id === '' || id.length > LONGEST_ID || LONE_SURROGATE.test(id)) return [];
  const found = await Promise.all(
    rules.map(async (rule): Promise<FoundRecord[]> => {
      if (rule.entry.id === undefined) return [];
      const filter = allOf(
        scopeOf(rule.entry, account),
        aloneFilter(rule.entry, account),
        { [readPath(rule.entry.id).dotted]: { $in: writingsOf(id) } },
        rule.only,
      );
      const records = await collectionOf(db, rule.entry, account).find(filter).toArray();
      return records.map((record) => ({ rule, record, id }));
    }),
  );
  return found.flat();
}

/** Every value that is written as this text, for an equality search. */
export function writingsOf(id: string): unknown[] {
  const isWhole = /^(0|[1-9]\d{0,17})$/.test(id);
  return [
    id,
    ...(isWhole ? [Long.fromString(id)] : []),
    ...(/^[0-9a-f]{24}$/i.test(id) ? [new ObjectId(id)] : []),
    ...(UUID_TEXT.test(id) ? [new UUID(id)] : []),
  ];
}
