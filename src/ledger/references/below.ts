import type mongoose from 'mongoose';
import { ErasureFailure } from '../../base/errors.ts';
import { TooManyRecords } from '../../engine/at-once.ts';
import { collectionOf } from '../../engine/collection.ts';
import { assertErased, updateFailure } from '../../engine/faults.ts';
import type { FoundFile } from '../../engine/file-fields.ts';
import { type CollectionMap, nameOf } from '../../engine/map/schema.ts';
import { reachOf } from '../../engine/owner.ts';
import type { Reference } from '../../engine/references.ts';
import { statementsWithin } from '../../engine/rewrite/apply.ts';
import type { AccountValue } from '../../engine/subject.ts';
import { recordKey } from '../../lib/record-key.ts';
import type { Follower, ReadKeys } from './follower.ts';
import { addKeys, createFreshKeys, type Keys } from './keys-of.ts';

type Reader = NonNullable<ReturnType<Follower['reader']>>;

type Session = mongoose.mongo.ClientSession;
type Document = Readonly<Record<string, unknown>>;

/** Records that were changed at once, as they belong to others. */
export interface Below {
  /** By entry and `recordKey`: one may be among those others, too. */
  readonly changed: ReadonlyMap<string, ReadonlySet<string>>;
  readonly files: readonly FoundFile[];
}

/**
 * Changes what belongs to some records, over any number of hops, in the transaction in which those change: after it,
 * nothing is known by keys that are gone.
 * @param roots the keys of those records
 * @param limit records at most
 * @throws TooManyRecords; ErasureFailure for a record that cannot be changed, or that several people share
 */
export async function changeBelow(
  db: mongoose.mongo.Db,
  follower: Follower,
  account: AccountValue,
  roots: ReadKeys,
  limit: number,
  session: Session,
): Promise<Below> {
  const keys: Keys = new Map([...refuseShared(roots)].map(([child, some]) => [child, [...some]]));
  const changed = new Map<string, Set<string>>();
  const files: FoundFile[] = [];
  let total = 0;
  const fresh = createFreshKeys();
  // Parents before their children: the keys of most of them are known when it is the children's turn.
  const goThrough = async () => {
    let isThrough = true;
    for (const reference of follower.tree.all) {
      const own = fresh(nameOf(reference.child), keys.get(nameOf(reference.child)) ?? []);
      const read = follower.reader(reference, own);
      if (own.length === 0 || read === null) continue;
      isThrough = false;
      await changeChildren(reference, own, read);
    }
    return isThrough;
  };
  const changeChildren = async (reference: Reference, own: readonly unknown[], read: Reader) => {
    const { child } = reference;
    const name = nameOf(child);
    const collection = collectionOf(db, child, account);
    const scope = reachOf(child, account);
    for (const selection of follower.selections(reference, own)) {
      const statements: mongoose.mongo.AnyBulkWriteOperation<mongoose.mongo.Document>[] = [];
      const parents: Document[] = [];
      for await (const document of collection.find(selection, { promoteLongs: false, session })) {
        if (follower.tree.isParent(child)) parents.push(document);
        const rewrite = read(document);
        assertErased(rewrite, name);
        if (rewrite.fate === 'unchanged') continue;
        files.push(...rewrite.files);
        // Read in this transaction: whatever else changes the record meanwhile makes the transaction begin anew.
        statements.push(...statementsWithin(document, rewrite, scope));
        changed.set(name, (changed.get(name) ?? new Set()).add(recordKey(document._id)));
        total += 1;
        if (total > limit) throw new TooManyRecords('more records than may be changed at once');
      }
      const below = await follower.readKeys(child, parents, session);
      for (const [further, some] of refuseShared(below)) addKeys(keys, further, some);
      await write(collection, statements, child, session);
    }
  };
  // A record that is two entries' may have led to some whose turn was over.
  for (let isThrough = false; !isThrough; ) isThrough = await goThrough();
  return { changed, files };
}

/** @throws ErasureFailure for the first record that stands in the way */
export function refuseShared({ keys, refused: [first] }: ReadKeys): Keys {
  if (first) throw new ErasureFailure(first.why, first.where);
  return keys;
}

async function write(
  collection: mongoose.mongo.Collection,
  statements: mongoose.mongo.AnyBulkWriteOperation<mongoose.mongo.Document>[],
  child: CollectionMap,
  session: Session,
): Promise<void> {
  try {
    if (statements.length > 0) await collection.bulkWrite(statements, { session });
  } catch (error) {
    throw updateFailure(error, { key: nameOf(child) });
  }
}
