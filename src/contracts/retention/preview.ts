import type mongoose from 'mongoose';
import { targetsByAge } from '../../engine/by-age.ts';
import { collectionOf } from '../../engine/collection.ts';
import { allOf, type Filter } from '../../engine/filter.ts';
import { profileFor } from '../../engine/map/profile.ts';
import { type CollectionMap, type DataMap, nameOf } from '../../engine/map/schema.ts';
import { compileRecordRules } from '../../engine/record-plan.ts';
import { referencesOf } from '../../engine/references.ts';
import type { Account } from '../../ledger/accounts/accounts.ts';
import { createFollower, type Follower } from '../../ledger/references/follower.ts';
import { createFreshKeys, type Keys } from '../../ledger/references/keys-of.ts';
import { ageBound } from '../../ledger/requests/ledger.ts';
import { retentionRun } from './periods.ts';

/** What a run of today would delete of one collection. */
export interface RetentionCount {
  /** By the name of the data map. */
  readonly name: string;
  readonly records: number;
  /** Records that happened before this moment. */
  readonly before: Date;
  /** Of those records, how many go for their own age; the others belong to one that goes, and may be younger. */
  readonly old: number;
}

type Document = Readonly<Record<string, unknown>>;

/** Records whose keys are held at once. */
const PARENTS_AT_ONCE = 1_000;

/**
 * Counts what retention would delete of an account today, without deleting anything. Collections of which nothing goes
 * are left out. One that belongs to several records may be counted for each.
 * @param account with the months that are asked about
 */
export async function previewRetention(
  { db, dataMap }: { readonly db: mongoose.mongo.Db; readonly dataMap: DataMap },
  account: Account & { readonly retention_months: number },
  now: Date,
): Promise<RetentionCount[]> {
  const { selector } = retentionRun(dataMap, account, now);
  const profile = profileFor('retention', dataMap);
  const tree = referencesOf(dataMap, profile);
  const follower = createFollower(db, dataMap, { profile, tree, account: account.records_id, now });
  const old = new Map<CollectionMap, Filter>();
  for (const rule of compileRecordRules(dataMap, profile, (entry) => entry.at !== undefined)) {
    const before = ageBound(selector, rule.name);
    if (before === null) continue;
    for (const target of targetsByAge(db, [rule], account.records_id, before, now))
      old.set(rule.entry, target.describe().filter);
  }
  const counts = new Map<string, { old: number; below: number }>();
  const add = (name: string, more: { old?: number; below?: number }) => {
    const { old: some, below } = counts.get(name) ?? { old: 0, below: 0 };
    counts.set(name, { old: some + (more.old ?? 0), below: below + (more.below ?? 0) });
  };
  const below = countBelow(follower, old, (entry) => collectionOf(db, entry, account.records_id), add);
  for (const [entry, filter] of old) {
    const collection = collectionOf(db, entry, account.records_id);
    add(nameOf(entry), { old: await collection.countDocuments(filter) });
    if (tree.isParent(entry)) await below(entry, collection.find(filter, { promoteLongs: false }));
  }
  return [...counts]
    .map(([name, { old: some, below: more }]) => ({
      ...{ name, records: some + more, old: some },
      before: ageBound(selector, name) ?? selector.before,
    }))
    .filter(({ records }) => records > 0);
}

/** @returns counts what belongs to some records and is not old by itself, over any number of hops */
function countBelow(
  follower: Follower,
  old: ReadonlyMap<CollectionMap, Filter>,
  collection: (entry: CollectionMap) => mongoose.mongo.Collection,
  add: (name: string, more: { below: number }) => void,
): (entry: CollectionMap, records: AsyncIterable<Document>) => Promise<void> {
  const { tree } = follower;
  const fresh = createFreshKeys();
  const count = async (keys: Keys): Promise<void> => {
    for (const reference of tree.all) {
      const { child } = reference;
      const own = fresh(nameOf(child), keys.get(nameOf(child)) ?? []);
      const itself = old.get(child);
      for (const selection of own.length === 0 ? [] : follower.selections(reference, own)) {
        const young = allOf(selection, itself === undefined ? {} : ({ $nor: [itself] } as Filter));
        add(nameOf(child), { below: await collection(child).countDocuments(young) });
        if (tree.isParent(child)) await read(child, collection(child).find(young, { promoteLongs: false }));
      }
    }
  };
  const read = async (entry: CollectionMap, records: AsyncIterable<Document>): Promise<void> => {
    const some: Document[] = [];
    const follow = async () => count((await follower.readKeys(entry, some.splice(0))).keys);
    for await (const record of records) if (some.push(record) >= PARENTS_AT_ONCE) await follow();
    await follow();
  };
  return read;
}
