import { isDeepStrictEqual } from 'node:util';
import type mongoose from 'mongoose';
import { type Path, REMOVED, type Rename, type Rewrite } from './edits.ts';
import { applyEdits } from './outcome.ts';
import { childOf, isPlainObject } from './values.ts';

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
 * @throws TypeError when the document has no `_id` or a condition is nothing: such a filter matches other records
 */
export function statementsFor(document: Document, rewrite: Rewrite, account: Document): Statement[] | null {
  const { fate, edits, pulled, renamed, reasons } = rewrite;
  const record = selectRecord(document, account);
  const basis = basisOf(document, rewrite);
  if (basis === null) return null;

  if (fate === 'unchanged') return [];
  if (fate === 'deleted') {
    const reason = reasons.find(({ path, value }) => isUsable(path) && isComparable(value));
    if (reason === undefined) return null;
    const { path, value, isKey } = reason;
    return [{ deleteOne: { filter: record([isKey ? exists(path, true) : holds(path, value), ...basis]) } }];
  }

  const moved = renamed.filter(isMoved);
  const rewritten = renamed.filter((rename) => !isMoved(rename));
  const arrays = pulledArrays(pulled);
  const paths = [...edits, ...arrays, ...renamed].map(({ path }) => path).concat(renamed.map(renamedPath));
  const values = [...edits, ...rewritten].map(({ before }) => before).concat(pulled.map(({ element }) => element));
  if (edits.length + pulled.length + renamed.length > MOST_CHANGES) return null;
  if (!paths.every(isUsable) || !values.every(isComparable) || overlap(paths)) return null;

  const removals = edits.filter(({ after }) => after === REMOVED);
  const filter = record([
    // Nothing is known of a place where nothing was: a mark may be there by now.
    ...edits.flatMap(({ path, before }) => (before === undefined ? [] : [holds(path, before)])),
    ...basis,
    ...pulled.map(({ path, element }) => ({ [nameOf(path)]: { $eq: element } })),
    ...moved.map(({ path }) => exists(path, true)),
    ...rewritten.map(({ path, before }) => holds(path, before)),
    ...renamed.map((rename) => exists(renamedPath(rename), false)),
  ]);
  const operators: Document = {
    $set: [
      ...edits.filter(({ after }) => after !== REMOVED).map(({ path, after }) => [nameOf(path), after]),
      ...rewritten.map((rename) => [nameOf(renamedPath(rename)), rename.after]),
    ],
    $unset: [...removals, ...rewritten].map(({ path }) => [nameOf(path), '']),
    // `$pull` would take an object for a query, and other elements with it.
    $pullAll: arrays.map(({ path, elements }) => [nameOf(path), elements]),
    $rename: moved.map((rename) => [nameOf(rename.path), nameOf(renamedPath(rename))]),
  };
  const update = Object.entries(operators).filter(([, changes]) => changes.length > 0);
  return [
    { updateOne: { filter, update: Object.fromEntries(update.map(([name, all]) => [name, Object.fromEntries(all)])) } },
  ];
}

/**
 * A rewrite as a statement that writes the whole document, for the same transaction in which it was read: the filter
 * holds the `_id` and the account alone.
 * @param document as it was read, or read with `promoteValues: false`: then Doubles without fraction stay Doubles
 * @throws TypeError as `statementsFor`
 */
export function replacementFor(document: Document, rewrite: Rewrite, account: Document): Statement {
  const filter = selectRecord(document, account)([]);
  if (rewrite.fate === 'deleted') return { deleteOne: { filter } };
  // A replacement proper may have no key that begins with `$`.
  return { updateOne: { filter, update: [{ $replaceWith: { $literal: applyEdits(document, rewrite) } }] } };
}

/**
 * A rewrite as statements for the same transaction in which the document was read: each change by itself where a statement
 * can say it, else the whole document.
 * @throws TypeError as `statementsFor`
 */
export function statementsWithin(document: Document, rewrite: Rewrite, account: Document): Statement[] {
  return statementsFor(document, rewrite, account) ?? [replacementFor(document, rewrite, account)];
}

/** The filter of a record, while it is the account's and more holds. */
function selectRecord(document: Document, account: Document): (more: readonly Document[]) => Document {
  const { _id: id } = document;
  const isNothing = (value: unknown) => value === undefined || value === null || value === '' || Number.isNaN(value);
  if ([id, ...Object.values(account)].some(isNothing))
    throw new TypeError('a record and an account are needed for every filter');
  return (more) => ({ _id: isPlainObject(id) ? { $eq: id } : id, $and: [account, ...more] });
}

/**
 * Conditions for what else a change rests on; null where none can say it. What stands in JSON changes with its text,
 * which is a condition already.
 */
function basisOf(document: Document, { basis }: Rewrite): Document[] | null {
  const plain = basis.filter(({ path, value }) => path.reduce<unknown>(childOf, document) === value);
  if (!plain.every(({ path, value }) => isUsable(path) && isComparable(value))) return null;
  return plain.map(({ path, value }) => holds(path, value));
}

const nameOf = (path: Path) => path.join('.');
/** Does only the key change? Then whatever the value is by now goes with it. MongoDB renames nothing within arrays. */
const isMoved = ({ path, before, after }: Rename) =>
  isDeepStrictEqual(before, after) && path.every((step) => typeof step === 'string');

const renamedPath = ({ path, to }: Rename): Path => [...path.slice(0, -1), to];

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
