import type mongoose from 'mongoose';
import { inTransaction } from '../../base/db/transaction.ts';
import { updateFailure } from '../../engine/faults.ts';
import { type FileField, fileFieldsOf, findFiles, projectionOf, withoutFiles } from '../../engine/file-fields.ts';
import { type DataMap, nameOf } from '../../engine/map/schema.ts';
import { BY_ID, type Filter } from '../../engine/plan.ts';
import type { Target, TargetChange } from '../../engine/target.ts';
import type { FileOwner, Files } from './files.ts';

interface Dependencies {
  readonly db: mongoose.mongo.Db;
  readonly files: Files;
}

/** Records to be changed, some of which may refer to files. */
export interface FilePlace extends TargetChange {
  /** From `fileFieldsOf`. */
  readonly fields: readonly FileField[];
}

/** Records of one transaction. */
const BATCH = 100;

/**
 * Makes targets take care of the files their records refer to. Collections without a field for a recording, and an
 * installation without a storage, are left as they are.
 * @returns the function that does so for the files of one owner
 */
export function withRecordings(deps: Dependencies, map: DataMap): (target: Target, owner: FileOwner) => Target {
  const entries = new Map(
    map.collections
      .filter((entry) => deps.files.stored && entry.fields.some((field) => field.category === 'recording'))
      .map((entry) => [nameOf(entry), entry]),
  );
  return (target, owner) => {
    const entry = entries.get(target.name);
    if (!entry) return target;
    const described = target.describe();
    const fields = fileFieldsOf(entry, described.change);
    if (fields.length === 0) return target;
    return {
      ...target,
      async change(ids, also = {}) {
        const place = { ...described, filter: { ...described.filter, ...also }, fields };
        try {
          await changeWithFiles(deps, owner, place, ids, (plain) => target.change(ids, { ...also, ...plain }));
        } catch (error) {
          throw updateFailure(error, target);
        }
      },
    };
  };
}

/**
 * Changes records so that no file is lost and none is removed too early: a record that refers to one is changed in the
 * transaction that writes the file down. Records without a recording are changed first, without a transaction.
 * @param ids at most a batch's worth; those that need no change any more are left alone
 * @param changePlain changes those of the records that match the filter as well
 * @throws ErasureFailure `unusable_file`, `unsupported_type`: then the records of that transaction are as they were
 */
async function changeWithFiles(
  deps: Dependencies,
  owner: FileOwner,
  place: FilePlace,
  ids: readonly unknown[],
  changePlain: (also: Filter) => Promise<void>,
): Promise<void> {
  const plain = withoutFiles(place.fields);
  if (plain) await changePlain(plain);
  const left = await deps.db
    .collection(place.collection)
    .find(among(place, ids), { projection: { _id: 1 }, hint: BY_ID })
    .toArray();
  for (let from = 0; from < left.length; from += BATCH) {
    const batch = left.slice(from, from + BATCH).map((record) => record._id);
    await inTransaction(deps.db, async (session) => {
      await changeWithin(deps, owner, place, batch, session);
    });
  }
}

/**
 * Changes records and writes down the files they refer to, as part of a transaction.
 * @returns how many records were changed
 * @throws ErasureFailure `unusable_file`, `unsupported_type`
 */
export async function changeWithin(
  { db, files }: Dependencies,
  owner: FileOwner,
  place: FilePlace,
  ids: readonly unknown[],
  session: mongoose.mongo.ClientSession,
): Promise<number> {
  const { change, fields } = place;
  const collection = db.collection(place.collection);
  const records = await collection
    .find(among(place, ids), { projection: projectionOf(fields), hint: BY_ID, session })
    .toArray();
  if (records.length === 0) return 0;
  await files.add(
    owner,
    records.flatMap((record) => findFiles(record, fields)),
    session,
  );
  const filter = among(
    place,
    records.map((record) => record._id),
  );
  if (change.kind === 'delete') return (await collection.deleteMany(filter, { hint: BY_ID, session })).deletedCount;
  const { update, arrayFilters } = change;
  const options = { hint: BY_ID, session, ...(arrayFilters.length > 0 && { arrayFilters }) };
  return (await collection.updateMany(filter, update, options)).matchedCount;
}

function among(place: FilePlace, ids: readonly unknown[]): Filter {
  return { ...place.filter, _id: { $in: [...ids] } } as Filter;
}
