import type mongoose from 'mongoose';
import type { Filter } from './filter.ts';
import { type FieldPath, readPath, throughArray } from './map/paths.ts';
import { concernsNumber } from './map/places.ts';
import type { Profile } from './map/profile.ts';
import type { CollectionMap, FieldMap } from './map/schema.ts';
import type { Replacements } from './map/strategies.ts';
import { elementHolds, type FieldWrite, KINDS, type KindWrites, stillHolds, writesFor } from './shapes.ts';
import type { NumberValue } from './subject.ts';

type Document = mongoose.mongo.Document;

/** What is done to the records a rule finds. */
export type Change = { readonly kind: 'delete' } | UpdateChange;

export interface UpdateChange {
  readonly kind: 'update';
  /** Fields of the record itself, each written by what it holds. */
  readonly fields: readonly FieldWrite[];
  /** What is changed within arrays, in this order: the number comes last, as it tells which elements are meant. */
  readonly elements: readonly ElementWrite[];
  /** The number is among the fields: they are written after the elements, as the number tells which records are meant. */
  readonly fieldsLast?: boolean;
  /** Fields that are written whatever they hold. */
  readonly always: Readonly<Record<string, unknown>>;
  /** Fields that are taken out whatever they hold. */
  readonly removed?: readonly string[];
}

/** The change of one field in the elements of an array, or of the elements themselves. */
export interface ElementWrite {
  /** The field by its path of the map; of elements that are pulled, their array: `contacts[]`. */
  readonly text: string;
  readonly update: mongoose.mongo.UpdateFilter<Document>;
  readonly arrayFilters: readonly Document[];
  /** Matches records that the write alters. */
  readonly needs: Filter;
  /** Which elements are the person's: by the values at `rest` of those at this depth; undefined: all elements. */
  readonly theirs?: { readonly depth: number; readonly rest: string; readonly values: readonly NumberValue[] };
  /** The texts that may be written. */
  readonly words: readonly unknown[];
}

/** Whose number, and what is written in its place. */
export interface NumberWords extends Replacements {
  readonly values: readonly NumberValue[];
  readonly now: Date;
}

/** What a profile makes of the records of an entry that hold a number at one place. */
export function changeByNumber(entry: CollectionMap, number: FieldPath, profile: Profile, words: NumberWords): Change {
  const { isOwn, isDeleted } = concernsNumber(entry, number, profile);
  if (isDeleted && entry.elements === undefined) return { kind: 'delete' };
  if (isDeleted) return { ...NO_CHANGE, elements: [pullOf(readPath(entry.elements ?? ''), number, words.values)] };
  const depth = number.pieces.length - 1;
  const inArray = depth > 0;
  const fields: FieldWrite[] = [];
  const elements: ElementWrite[] = [];
  const ofNumber = writesFor(profile.fields.number, words);
  for (const field of entry.fields) {
    const by = writesFor(field.strategy ?? profile.fields[field.category], words);
    const path = readPath(field.path);
    if (by === null) continue;
    if (!throughArray(path)) {
      if (isOwn) fields.push({ path: path.dotted, by });
    } else if (field.all) {
      if (isOwn) elements.push(everyElementOf(field, path, by));
    } else if (isBeside(path, number)) elements.push(elementOf(field.path, path, number, by, words.values));
  }
  if (ofNumber !== null && inArray) elements.push(elementOf(number.text, number, number, ofNumber, words.values));
  else if (ofNumber !== null) fields.push({ path: number.dotted, by: ofNumber });
  const always = profile.marks && entry.redacted !== undefined ? { [entry.redacted]: words.now } : {};
  return { kind: 'update', fields, elements, always, fieldsLast: !inArray };
}

const NO_CHANGE = { kind: 'update', fields: [], elements: [], always: {} } as const;

/** Does the field stand in an element that holds the number, itself or further in? Not within the number's own value. */
function isBeside(path: FieldPath, number: FieldPath): boolean {
  if (path.text.startsWith(`${number.text}.`) || path.text.startsWith(`${number.text}[]`)) return false;
  const depth = path.pieces.length - 1;
  return (
    depth < number.pieces.length && path.pieces.slice(0, depth).every((piece, index) => piece === number.pieces[index])
  );
}

/** The condition on the elements at one depth: somewhere in them stands the number. */
function theirs(number: FieldPath, depth: number, values: readonly NumberValue[]) {
  const rest = number.pieces.slice(depth).filter(Boolean).join('.');
  const isInnermost = depth === number.pieces.length - 1;
  return { rest, condition: isInnermost ? unlessArray({ $in: values }) : { $in: values } };
}

/** Never match a whole array: it may hold other people's numbers. */
export function unlessArray(condition: Document): Document {
  return { ...condition, $not: { $type: 'array' } };
}

/** Conditions of an arrayFilter on the elements one identifier stands for. */
function named(identifier: string, conditions: Document): Document {
  return Object.fromEntries(
    Object.entries(conditions).map(([key, condition]) => [
      key === '' || key.startsWith('.') ? identifier + key : `${identifier}.${key}`,
      condition,
    ]),
  );
}

/** The same conditions on the elements, for a query. */
function queried(conditions: Document): Document {
  const { '': itself = {}, ...rest } = conditions;
  return { ...(itself as Document), ...rest };
}

function elementOf(
  text: string,
  path: FieldPath,
  number: FieldPath,
  by: KindWrites,
  values: readonly NumberValue[],
): ElementWrite {
  const depth = path.pieces.length - 1;
  const last = path.pieces[depth] ?? '';
  const isNumber = path === number;
  const outer = Array.from({ length: depth - 1 }, (_, index) => theirs(number, index + 1, values));
  const innermost = theirs(number, depth, values);
  const at = outer.map((_, index) => `${path.pieces[index]}.$[e${index}].`).join('');
  const array = path.pieces[depth - 1] ?? '';
  const set: Document = {};
  const unset: Document = {};
  const arrayFilters = outer.map(({ rest, condition }, index) => named(`e${index}`, { [rest]: condition }));
  // A number is a text or a number: the values tell which.
  const kinds = isNumber ? (['text', 'other'] as const) : by.text === 'unset' ? (['text'] as const) : KINDS;
  for (const kind of kinds) {
    const some = kind === 'other' ? values.filter(isInteger) : values.filter((value) => !isInteger(value));
    if (isNumber && some.length === 0) continue;
    const identifier = `k${kind}`;
    const change = by[kind];
    const target = `${at}${array}.$[${identifier}]${last === '' ? '' : `.${last}`}`;
    if (change === 'unset') unset[target] = '';
    else set[target] = change.set;
    const own = isNumber
      ? { [innermost.rest]: unlessArray({ $in: some }) }
      : {
          [innermost.rest]: innermost.condition,
          ...(change === 'unset' ? { [last]: { $exists: true } } : elementHolds(last, kind)),
        };
    arrayFilters.push(named(identifier, own));
  }
  let needs: Document = {
    ...queried({ [innermost.rest]: innermost.condition }),
    // An array of plain values has no field that could hold something else.
    ...(last === '' ? {} : stillHolds(last, by)),
  };
  needs = { [array]: { $elemMatch: needs } };
  for (let index = depth - 2; index >= 0; index -= 1) {
    const { rest, condition } = outer[index] ?? innermost;
    needs = { [path.pieces[index] ?? '']: { $elemMatch: { [rest]: condition, ...needs } } };
  }
  return {
    text,
    update: updateOf(set, unset),
    arrayFilters,
    needs: needs as Filter,
    theirs: { depth, rest: innermost.rest, values },
    words: wordsOf(by),
  };
}

const isInteger = (value: NumberValue) => typeof value === 'object' && !(value instanceof RegExp);

/** The field in every element of its arrays, whoever's they are. */
function everyElementOf(field: FieldMap, path: FieldPath, by: KindWrites): ElementWrite {
  const last = path.pieces.at(-1) ?? '';
  const way = path.pieces.slice(0, -1).join('.$[].');
  const set: Document = {};
  const unset: Document = {};
  const arrayFilters: Document[] = [];
  for (const kind of by.text === 'unset' ? (['text'] as const) : KINDS) {
    const identifier = `k${kind}`;
    const target = `${way}.$[${identifier}]${last === '' ? '' : `.${last}`}`;
    const change = by[kind];
    if (change === 'unset') unset[target] = '';
    else set[target] = change.set;
    arrayFilters.push(named(identifier, change === 'unset' ? { [last]: { $exists: true } } : elementHolds(last, kind)));
  }
  let needs = last === '' ? { $exists: true } : stillHolds(last, by);
  for (const piece of path.pieces.slice(0, -1).reverse()) needs = { [piece]: { $elemMatch: needs } };
  return { text: field.path, update: updateOf(set, unset), arrayFilters, needs: needs as Filter, words: wordsOf(by) };
}

function updateOf(set: Document, unset: Document): mongoose.mongo.UpdateFilter<Document> {
  return {
    ...(Object.keys(set).length > 0 && { $set: set }),
    ...(Object.keys(unset).length > 0 && { $unset: unset }),
  };
}

function wordsOf(by: KindWrites): unknown[] {
  return by.text === 'unset' ? [] : [by.text.set];
}

/** Takes the elements that hold the number out of their array. */
function pullOf(elements: FieldPath, number: FieldPath, values: readonly NumberValue[]): ElementWrite {
  const depth = elements.pieces.length - 1;
  const outer = Array.from({ length: depth - 1 }, (_, index) => theirs(number, index + 1, values));
  const array = elements.pieces[depth - 1] ?? '';
  const at = outer.map((_, index) => `${elements.pieces[index]}.$[e${index}].`).join('');
  const { rest, condition } = theirs(number, depth, values);
  const isPlain = depth === number.pieces.length - 1;
  const which = rest === '' ? condition : { [rest]: condition, ...(isPlain && objectsTo(rest)) };
  return {
    text: elements.text,
    update: { $pull: { [at + array]: which } } as ElementWrite['update'],
    arrayFilters: outer.map((one, index) => named(`e${index}`, { [one.rest]: one.condition })),
    // The number selects the records, and leaves with the element: no further condition is needed.
    needs: {},
    theirs: { depth, rest, values },
    words: [],
  };
}

/** Reject arrays along the path: MongoDB's `person.phone` also matches inside `person: [{phone}, …]`. Numeric steps (`phones.0`) are allowed. */
export function objectsTo(dotted: string): Document {
  const names = dotted.split('.');
  return Object.fromEntries(
    names
      .slice(1)
      .flatMap((name, index) => (/^\d+$/.test(name) ? [] : [[names.slice(0, index + 1).join('.'), unlessArray({})]])),
  );
}

/** What a profile makes of a whole record that was chosen without a number. @param kept a number that stays */
export function changeOfRecord(
  entry: CollectionMap,
  profile: Profile,
  words: NumberWords,
  kept: string | undefined,
): Change {
  if (profile.records[entry.record] === 'delete') return { kind: 'delete' };
  const numbers = entry.numbers
    .filter(({ path }) => path !== kept)
    .map(({ path }) => ({ path, by: writesFor(profile.fields.number, words) }));
  const parts = entry.joined.flatMap((one) => one.parts);
  for (const path of new Set(parts)) numbers.push({ path, by: writesFor(profile.fields.number, words) });
  const others = entry.fields.map(({ path, category, strategy }) => ({
    path,
    by: writesFor(strategy ?? profile.fields[category], words),
  }));
  const fields = [...numbers, ...others].flatMap(({ path, by }): FieldWrite[] =>
    by === null ? [] : [{ path: readPath(path).dotted, by }],
  );
  const always = profile.marks && entry.redacted !== undefined ? { [entry.redacted]: words.now } : {};
  return { kind: 'update', fields, elements: [], always };
}

/** Matches records that a change would still alter. */
export function stillNeeds({ fields, elements }: UpdateChange): Filter {
  const needs = [...fields.map(({ path, by }) => stillHolds(path, by)), ...elements.map((one) => one.needs)];
  // "Not all are unneeded": DocumentDB uses no index for a filter with `$or` at its top.
  return { $nor: [{ $and: needs.map((one) => ({ $nor: [one] })) }] };
}
