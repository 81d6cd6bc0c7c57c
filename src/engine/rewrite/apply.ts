import type mongoose from 'mongoose';
import { type Path, REMOVED, type Rewrite } from './edits.ts';
import { isPlainObject } from './values.ts';

type Document = mongoose.mongo.Document;
/** Of `bulkWrite`. */
type Statement = mongoose.mongo.AnyBulkWriteOperation<Document>;

/** With more changes than this, writing the whole document is the shorter way. */
const MOST_CHANGES = 500;

/**
 * A rewrite as a statement for `bulkWrite`. It is a compare-and-set: the filter holds the `_id`, the account, and each
 * value that changes as it was read. A statement that matches nothing says that the record has changed since: read it
 * again.
 * @param document as it was read
 * @param account the filter of the account's records; empty only where the whole database is one account's
 * @returns no statement for `unchanged`; null where no statement can say it: a key with a dot, a `$` or nothing in it,
 * another change within an array that loses an element, an object MongoDB would not find equal to what the driver read,
 * or too many changes. Then the caller reads, rewrites and writes the whole document (`applyEdits`) in one transaction.
 * @throws TypeError when the document has no `_id` or a condition is undefined: such a filter matches other records
 */
export function statementsFor(document: Document, rewrite: Rewrite, account: Document): Statement[] | null {
  const { fate, edits, pulled, renamed, reasons } = rewrite;
  const conditions = [document._id, ...Object.values(account)];
  if (conditions.some((value) => value === undefined || value === null))
    throw new TypeError('a record and an account are needed for every filter');
  const record = (more: readonly Document[]): Document => ({
    _id: isPlainObject(document._id) ? { $eq: document._id } : document._id,
    $and: [account, ...more],
  });

  if (fate === 'unchanged') return [];
  if (fate === 'deleted') {
    if (!reasons.every(({ path, value }) => isUsable(path) && isComparable(value))) return null;
    const held = reasons.map(({ path, value, isKey }) => (isKey ? exists(path, true) : holds(path, value)));
    return [{ deleteOne: { filter: record(held) } }];
  }

  const paths = [
    ...edits.map(({ path }) => path),
    ...pulledArrays(pulled).map(({ path }) => path),
    ...renamed.flatMap((rename) => [rename.path, renamedPath(rename)]),
  ];
  const values = [...edits, ...renamed].map(({ before }) => before).concat(pulled.map(({ element }) => element));
  if (edits.length + pulled.length + renamed.length > MOST_CHANGES) return null;
  if (!paths.every(isUsable) || !values.every(isComparable) || overlap(paths)) return null;

  const filter = record([
    // Nothing is known of a place where nothing was: a mark may be there by now.
    ...edits.flatMap(({ path, before }) => (before === undefined ? [] : [holds(path, before)])),
    ...pulled.map(({ path, element }) => ({ [nameOf(path)]: { $eq: element } })),
    ...renamed.flatMap((rename) => [holds(rename.path, rename.before), exists(renamedPath(rename), false)]),
  ]);
  const set = [
    ...edits.filter(({ after }) => after !== REMOVED).map(({ path, after }) => [nameOf(path), after]),
    ...renamed.map((rename) => [nameOf(renamedPath(rename)), rename.after]),
  ];
  const unset = [
    ...edits.filter(({ after }) => after === REMOVED).map(({ path }) => [nameOf(path), '']),
    ...renamed.map(({ path }) => [nameOf(path), '']),
  ];
  const pull = pulledArrays(pulled).map(({ path, elements }) => [nameOf(path), elements]);
  const update = {
    ...(set.length > 0 && { $set: Object.fromEntries(set) }),
    ...(unset.length > 0 && { $unset: Object.fromEntries(unset) }),
    // `$pull` would take an object for a query, and other elements with it.
    ...(pull.length > 0 && { $pullAll: Object.fromEntries(pull) }),
  };
  return [{ updateOne: { filter, update } }];
}

const nameOf = (path: Path) => path.join('.');
const renamedPath = ({ path, to }: Rewrite['renamed'][number]): Path => [...path.slice(0, -1), to];

/** An array that holds the value is not the value; through an array on the way no such condition can be made. */
function holds(path: Path, value: unknown): Document {
  const isExact = !Array.isArray(value) && path.every((step) => typeof step === 'string');
  return { [nameOf(path)]: { $eq: value, ...(isExact && { $not: { $type: 'array' } }) } };
}

const exists = (path: Path, wanted: boolean): Document => ({ [nameOf(path)]: { $exists: wanted } });

/** The elements that leave, by array. */
function pulledArrays(pulled: Rewrite['pulled']): { path: Path; elements: unknown[] }[] {
  const arrays = new Map<string, { path: Path; elements: unknown[] }>();
  for (const { path, element } of pulled) {
    const name = nameOf(path);
    const array = arrays.get(name);
    if (array === undefined) arrays.set(name, { path, elements: [element] });
    else array.elements.push(element);
  }
  return [...arrays.values()];
}

/** Can the path be written in dots? */
function isUsable(path: Path): boolean {
  return path.every((step) => typeof step === 'number' || (/^[^$.\0][^.\0]*$/.test(step) && step !== '__proto__'));
}

/** JavaScript puts such keys first, whatever their order was, and MongoDB compares objects in order. */
const INDEX_LIKE = /^(0|[1-9]\d{0,9})$/;

/** Does MongoDB find the value equal to the one the driver made of it? */
function isComparable(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((element) => element !== undefined && isComparable(element));
  if (!isPlainObject(value)) return true;
  return Object.entries(value).every(
    ([key, inner]) => inner !== undefined && !INDEX_LIKE.test(key) && isComparable(inner),
  );
}

/** Does one of the paths lie within another? Changes of both are refused. */
function overlap(paths: readonly Path[]): boolean {
  const names = new Set(paths.map(nameOf));
  return (
    names.size < paths.length ||
    paths.some((path) => path.some((_, index) => index > 0 && names.has(nameOf(path.slice(0, index)))))
  );
}
