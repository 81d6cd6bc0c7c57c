import type mongoose from 'mongoose';
import { inTransaction } from '../../base/db/transaction.ts';
import { ErasureFailure } from '../../base/errors.ts';
import { updateFailure } from '../../engine/faults.ts';
import { type FileField, fileFieldsOf, findFiles, projectionOf, withoutFiles } from '../../engine/file-fields.ts';
import { allOf, type Filter } from '../../engine/filter.ts';
import { type DataMap, nameOf } from '../../engine/map/schema.ts';
import { BY_ID } from '../../engine/plan.ts';
import { applyChange } from '../../engine/store/apply.ts';
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
  /** What a failure names. */
  readonly where: string;
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
        const place = { ...described, filter: allOf(described.filter, also), fields, where: target.key };
        try {
          await changeWithFiles(deps, owner, place, ids, (plain) => target.change(ids, allOf(also, plain)));
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
  const left = await place.collection.find(among(place, ids), { projection: { _id: 1 }, hint: BY_ID }).toArray();
  if (left.length > 0 && place.needsReading) throw new ErasureFailure('unusable_file', place.where);
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
  { files }: Pick<Dependencies, 'files'>,
  owner: FileOwner,
  place: FilePlace,
  ids: readonly unknown[],
  session: mongoose.mongo.ClientSession,
): Promise<number> {
  const { change, collection, fields } = place;
  const records = await collection
    .find(among(place, ids), { projection: projectionOf(fields), hint: BY_ID, session })
    .toArray();
  if (records.length === 0) return 0;
  await files.add(
    owner,
    records.flatMap((record) => findFiles(record, fields)),
    session,
  );
  const found = records.map((record) => record._id);
  if (change.kind === 'delete')
    return (await collection.deleteMany(among(place, found), { hint: BY_ID, session })).deletedCount;
  await applyChange(collection, place.filter, change, found, place.where, session);
  return records.length;
}

function among(place: FilePlace, ids: readonly unknown[]): Filter {
  return allOf({ _id: { $in: [...ids] } } as Filter, place.filter);
}
