import mongoose from 'mongoose';
import type { Filter } from './plan.ts';
import type { RecordStep } from './record-plan.ts';
import { type AccountValue, assertAccount } from './subject.ts';

type Db = mongoose.mongo.Db;
type Session = mongoose.mongo.ClientSession;

const { Long, ObjectId } = mongoose.mongo;

/** A record that was found by the id its customers know it by, and the step that would change it. */
export interface FoundRecord {
  readonly step: RecordStep;
  readonly record: mongoose.mongo.WithId<mongoose.mongo.Document>;
}

/** Longer texts are no id of anything, and need not be looked for. */
export const LONGEST_ID = 200;

/**
 * The selector "the record with this id", as far as finding goes. Records still to be acted on are not found.
 * @param steps from `compileRecordPlan`, narrowed to what the contract means (a product, a direction, a kind)
 * @param id as it stands in a path or a body: numbers and ObjectIds of the database are found by their text
 * @returns every record of the account under this id, in the order of the steps: one id may stand in two collections
 * @throws TypeError without an account
 */
export async function findById(
  db: Db,
  steps: readonly RecordStep[],
  account: AccountValue,
  id: string,
  session?: Session,
): Promise<FoundRecord[]> {
  assertAccount(account);
  if (typeof id !== 'string') throw new TypeError('an id is needed for every filter');
  if (id === '' || id.length > LONGEST_ID) return [];
  const found = await Promise.all(
    steps.map(async (step): Promise<FoundRecord[]> => {
      if (step.entry.id === undefined) return [];
      const filter = {
        ...step.except,
        [step.accountPath]: account,
        [step.entry.id]: { $in: writingsOf(id) },
      } as Filter;
      const record = await db.collection(step.collection).findOne(filter, { ...(session && { session }) });
      return record ? [{ step, record }] : [];
    }),
  );
  return found.flat();
}

/**
 * Does to a record that was found what its profile says, unless it was redacted before. Safe to repeat.
 * @returns whether the record was changed now
 * @throws TypeError without an account
 */
export async function changeById(
  db: Db,
  { step, record }: FoundRecord,
  account: AccountValue,
  now: Date,
  session?: Session,
): Promise<boolean> {
  assertAccount(account);
  const change = step.change(now);
  const { redacted } = step.entry;
  const marks = change.kind === 'update' && redacted !== undefined && redacted in (change.update.$set ?? {});
  const filter = {
    ...step.except,
    _id: record._id,
    [step.accountPath]: account,
    ...(marks && { [redacted]: null }),
  } as Filter;
  const collection = db.collection(step.collection);
  const options = { ...(session && { session }) };
  if (change.kind === 'delete') return (await collection.deleteOne(filter, options)).deletedCount === 1;
  return (await collection.updateOne(filter, change.update, options)).modifiedCount === 1;
}

/** What the database may hold under this text. */
function writingsOf(id: string): unknown[] {
  const isWhole = /^(0|[1-9]\d{0,17})$/.test(id);
  return [id, ...(isWhole ? [Long.fromString(id)] : []), ...(/^[0-9a-f]{24}$/i.test(id) ? [new ObjectId(id)] : [])];
}
