import type mongoose from 'mongoose';
import { ErasureFailure } from '../../base/errors.ts';
import { recordKey } from '../../lib/record-key.ts';
import type { UpdateChange } from '../change.ts';
import { updateFailure } from '../faults.ts';
import { allOf, type Filter } from '../filter.ts';
import { BY_ID } from '../plan.ts';
import { BARRED, classExpression, kindOfLetter } from '../shapes.ts';

type Document = mongoose.mongo.Document;
type Statement = mongoose.mongo.AnyBulkWriteOperation<Document>;

/** Records that are changed alike: what their fields hold is of the same kinds. */
export interface ShapeClass {
  /** One letter a field; '' for a change of no fields. */
  readonly letters: string;
  readonly ids: readonly unknown[];
}

/**
 * Sorts records by what the fields of a change hold, in one query.
 * @param scope the records' account, and what else they must meet
 */
export async function classify(
  collection: mongoose.mongo.Collection,
  scope: Filter,
  { fields }: UpdateChange,
  ids: readonly unknown[],
  session?: mongoose.mongo.ClientSession,
): Promise<ShapeClass[]> {
  if (fields.length === 0) return [{ letters: '', ids }];
  const classes = await collection
    .aggregate<{ _id: string; ids: unknown[] }>(
      [
        { $match: allOf(among(ids), scope) },
        { $group: { _id: classExpression(fields.map(({ path }) => path)), ids: { $push: '$_id' } } },
      ],
      { hint: BY_ID, ...(session ? { session } : { readConcern: { level: 'local' } }) },
    )
    .toArray();
  return classes.map(({ _id, ids: some }) => ({ letters: _id, ids: some }));
}

/** Is a field of these records out of reach? They cannot be changed as the map says. */
export const isBarred = ({ letters }: ShapeClass) => letters.includes(BARRED);

/** The classes as far as they are about some of the records. */
export function narrowClasses(classes: readonly ShapeClass[], ids: readonly unknown[]): ShapeClass[] {
  const wanted = new Set(ids.map(recordKey));
  return classes
    .map(({ letters, ids: all }) => ({ letters, ids: all.filter((id) => wanted.has(recordKey(id))) }))
    .filter((one) => one.ids.length > 0);
}

/**
 * The statements that change records of these classes, in the order in which they must run. Each names the class again: a
 * record that has changed meanwhile is not written, and is found once more.
 * @param filter which of the records are still to be changed
 */
export function statementsFor(filter: Filter, change: UpdateChange, classes: readonly ShapeClass[]): Statement[] {
  const { fields, elements, always, fieldsLast = false } = change;
  const hasFieldsLast = fieldsLast || elements.length === 0;
  const paths = fields.map(({ path }) => path);
  const statements: Statement[] = [];
  const within: Statement[] = [];
  for (const one of classes) {
    if (isBarred(one)) continue;
    const $set: Document = hasFieldsLast ? { ...always } : {};
    const $unset: Document = Object.fromEntries((change.removed ?? []).map((path) => [path, '']));
    fields.forEach(({ path, by }, index) => {
      const kind = kindOfLetter(one.letters[index] ?? '');
      if (kind === undefined) return;
      const written = by[kind];
      if (written === 'unset') $unset[path] = '';
      else $set[path] = written.set;
    });
    const update = updateOf($set, $unset);
    if (update === null) continue;
    const same: Filter = paths.length === 0 ? {} : { $expr: { $eq: [classExpression(paths), one.letters] } };
    statements.push({ updateMany: { filter: allOf(among(one.ids), filter, same), update, hint: BY_ID } });
  }
  const ids = classes.flatMap((one) => (isBarred(one) ? [] : one.ids));
  if (ids.length === 0) return statements;
  elements.forEach(({ update, arrayFilters, needs }, index) => {
    // The mark comes with the number: a record without it is taken up again.
    const isLast = !hasFieldsLast && index === elements.length - 1 && Object.keys(always).length > 0;
    const { $set = {} } = update as { $set?: Document };
    within.push({
      updateMany: {
        // A record without the array refuses the update, and with it all others.
        filter: allOf(among(ids), filter, needs),
        update: isLast ? { ...update, $set: { ...$set, ...always } } : update,
        hint: BY_ID,
        ...(arrayFilters.length > 0 && { arrayFilters: [...arrayFilters] }),
      },
    });
  });
  return hasFieldsLast ? [...within, ...statements] : [...statements, ...within];
}

/**
 * Changes some records.
 * @param filter their account, and which of them are still to be changed
 * @param where what a failure names
 * @throws ErasureFailure `unsupported_type` for records whose fields are out of reach, after all others were changed;
 * `refused`
 */
export async function applyChange(
  collection: mongoose.mongo.Collection,
  filter: Filter,
  change: UpdateChange,
  ids: readonly unknown[],
  where: string,
  session?: mongoose.mongo.ClientSession,
): Promise<void> {
  const classes = await classify(collection, filter, change, ids, session);
  const statements = statementsFor(filter, change, classes);
  try {
    if (statements.length > 0)
      await collection.bulkWrite(statements, { ordered: change.elements.length > 0, ...(session && { session }) });
  } catch (error) {
    throw updateFailure(error, { key: where });
  }
  if (classes.some(isBarred)) throw new ErasureFailure('unsupported_type', where);
}

function updateOf($set: Document, $unset: Document): mongoose.mongo.UpdateFilter<Document> | null {
  const update = {
    ...(Object.keys($set).length > 0 && { $set }),
    ...(Object.keys($unset).length > 0 && { $unset }),
  };
  return Object.keys(update).length > 0 ? update : null;
}

function among(ids: readonly unknown[]): Filter {
  return { _id: { $in: [...ids] } } as Filter;
}
