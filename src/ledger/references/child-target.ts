import type mongoose from 'mongoose';
import { inTransaction } from '../../base/db/transaction.ts';
import { collectionOf } from '../../engine/collection.ts';
import { assertErased, updateFailure } from '../../engine/faults.ts';
import { allBut, allOf, type Filter } from '../../engine/filter.ts';
import { nameOf } from '../../engine/map/schema.ts';
import { reachOf } from '../../engine/owner.ts';
import type { Reference } from '../../engine/references.ts';
import { statementsFor, statementsWithin } from '../../engine/rewrite/apply.ts';
import type { Rewrite } from '../../engine/rewrite/edits.ts';
import { NEWEST } from '../../engine/store/joining.ts';
import { dueAt } from '../../engine/store/scheduled.ts';
import type { AccountValue } from '../../engine/subject.ts';
import type { Target } from '../../engine/target.ts';
import type { FileOwner, Files } from '../recordings/files.ts';
import type { Follower } from './follower.ts';

type Document = Readonly<Record<string, unknown>>;
type Statement = mongoose.mongo.AnyBulkWriteOperation<mongoose.mongo.Document>;

export interface ChildDependencies {
  readonly db: mongoose.mongo.Db;
  readonly files: Pick<Files, 'add' | 'stored'>;
}

/**
 * The children of some records as a target: read, rewritten, and written only as long as they are what was read.
 * @returns null where they are none of the profile's
 */
export function childTarget(
  { db, files }: ChildDependencies,
  follower: Follower,
  account: AccountValue,
  owner: FileOwner,
  reference: Reference,
  keys: readonly unknown[],
): Target | null {
  const { child } = reference;
  const name = nameOf(child);
  const key = `${name}<${nameOf(reference.parent)}`;
  const collection = collectionOf(db, child, account);
  const scope = reachOf(child, account);
  const read = follower.reader(reference, keys);
  if (read === null) return null;
  const rewritten = (document: Document): Rewrite => {
    const result = read(document);
    assertErased(result, name);
    return result;
  };
  async function* changing(filter: Filter): AsyncGenerator<{ document: Document; rewrite: Rewrite }> {
    for await (const document of collection.find(filter, { promoteLongs: false, ...NEWEST })) {
      const rewrite = rewritten(document);
      if (rewrite.fate !== 'unchanged') yield { document, rewrite };
    }
  }
  const selections = follower.selections(reference, keys);
  const find = async (
    limit: number,
    except: readonly unknown[] = [],
    concern: mongoose.mongo.FindOptions = NEWEST,
  ): Promise<unknown[]> => {
    const ids: unknown[] = [];
    const options = { promoteLongs: false, ...concern };
    for (const selection of selections)
      for await (const document of collection.find(allOf(selection, allBut(except)), options)) {
        const { fate, failures } = read(document);
        // One that cannot be changed is found like the others, so that its change fails, and no other's.
        if (fate === 'unchanged' && failures.length === 0) continue;
        ids.push(document._id);
        if (ids.length >= limit) return ids;
      }
    return ids;
  };
  const changeWithin = (id: unknown) =>
    inTransaction(db, async (session) => {
      const itself = allOf(scope, { _id: id } as Filter);
      const document = await collection.findOne(itself, { promoteLongs: false, session });
      if (document === null) return;
      const rewrite = rewritten(document);
      if (rewrite.fate === 'unchanged') return;
      if (files.stored) await files.add(owner, rewrite.files, session);
      const statements = statementsWithin(document, rewrite, scope);
      await collection.bulkWrite(statements, { session });
    });
  return {
    key,
    name,
    find: (limit, except) => find(limit, except),
    async change(ids, also = {}) {
      const statements: Statement[] = [];
      const apart: unknown[] = [];
      const among = { _id: { $in: [...ids] } } as Filter;
      // Records found by their number are announced here, too, and need not be the person's by any key.
      for (const selection of selections)
        for await (const { document, rewrite } of changing(allOf(selection, also, among))) {
          const made = rewrite.files.length > 0 && files.stored ? null : statementsFor(document, rewrite, scope);
          if (made === null) apart.push(document._id);
          else statements.push(...made);
        }
      try {
        if (statements.length > 0) await collection.bulkWrite(statements, { ordered: false });
        for (const id of apart) await changeWithin(id);
      } catch (error) {
        throw updateFailure(error, { key });
      }
    },
    describe() {
      throw new TypeError('records known by others are changed by reading them');
    },
    // As of a number's records: of what is newest, and of what a majority has.
    remains: async () => (await find(1)).length > 0 || (await find(1, [], {})).length > 0,
    async lastDue() {
      const { pending } = child;
      const dates: Date[] = [];
      for (const filter of pending ? follower.scheduled(reference, keys) : []) {
        const [last] = await collection
          .find(filter, NEWEST)
          .sort({ [pending?.at ?? '']: -1 })
          .limit(1)
          .toArray();
        if (last) dates.push(dueAt(last, pending?.at ?? ''));
      }
      return dates.length > 0 ? new Date(Math.max(...dates.map((date) => date.getTime()))) : null;
    },
    async isUnreadable() {
      for (const odd of follower.oddTimes(reference, keys))
        if ((await collection.findOne(odd, { projection: { _id: 1 }, ...NEWEST })) !== null) return true;
      return false;
    },
  };
}
