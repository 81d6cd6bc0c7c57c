import type mongoose from 'mongoose';
import { TOKEN_SHAPE } from '../base/keys/token.ts';
import { UNREADABLE_TYPES } from './bson-types.ts';
import { type FieldPath, readPath, throughArray } from './map/paths.ts';
import { concerns, type Profile } from './map/profile.ts';
import { type CollectionMap, type DataMap, nameOf } from './map/schema.ts';
import { applyStrategy, type FieldChange } from './map/strategies.ts';
import { type AccountValue, assertAccount, assertSubject, type Subject } from './subject.ts';

export type Filter = mongoose.mongo.Filter<mongoose.mongo.Document>;

/**
 * The index for changes by id. Left to itself, MongoDB's planner takes the index on account and number, where the first
 * results come soonest, and reads all that is left of a number again for each batch.
 */
export const BY_ID = { _id: 1 } as const;

/** The change of the records that a rule finds. */
export type Change =
  | { readonly kind: 'delete' }
  | {
      readonly kind: 'update';
      readonly update: mongoose.mongo.UpdateFilter<mongoose.mongo.Document>;
      readonly arrayFilters: mongoose.mongo.Document[];
    };

/** A rule for one place where a number may stand: the unit the engine searches, changes and verifies. */
export interface NumberRule {
  /** `collection.path`, stable across restarts: the ledger names rules by it. */
  readonly key: string;
  /** The collection's name in `erased`. */
  readonly name: string;
  readonly collection: string;
  readonly accountPath: string;
  readonly path: FieldPath;
  /** Extra condition a record must meet to be changed. */
  readonly only: Filter;
  readonly suppression: boolean;
  /** The field with the moment it happened, where the map names one. */
  readonly at?: string;
  change(subject: Subject): Change;
}

/** Scheduled messages: an erasure waits until they are sent. The data map's key for them is `pending`. */
export interface Wait {
  readonly name: string;
  readonly collection: string;
  readonly accountPath: string;
  readonly path: FieldPath;
  readonly scheduled: Filter;
  /** The field with the moment they are due. */
  readonly at: string;
}

export interface Plan {
  readonly rules: readonly NumberRule[];
  readonly waits: readonly Wait[];
}

/** Compiles a data map and a profile, once, into the rules every erasure takes. */
export function compilePlan(map: DataMap, profile: Profile): Plan {
  const rules: NumberRule[] = [];
  const waits: Wait[] = [];
  for (const entry of map.collections) {
    if (!concerns(profile, entry)) continue;
    const scheduled: Filter = entry.pending ? { [entry.pending.path]: { $in: entry.pending.values } } : {};
    const notScheduled: Filter = entry.pending ? { [entry.pending.path]: { $nin: entry.pending.values } } : {};
    for (const text of entry.numbers) {
      const path = readPath(text);
      const place = { name: nameOf(entry), collection: entry.collection, accountPath: entry.account, path };
      rules.push({
        ...place,
        key: `${nameOf(entry)}.${path.dotted}`,
        // Lethe's own suppression has a token and is settled when the erasure is verified. A platform may have a field
        // of that name, too: null or anything else in it must not save the row from being erased.
        only: entry.record === 'suppression' ? { token: { $not: TOKEN_SHAPE } } : notScheduled,
        suppression: entry.record === 'suppression',
        ...(entry.at !== undefined && { at: entry.at }),
        change: (subject) => changeOf(entry, path, profile, subject),
      });
      if (entry.pending) waits.push({ ...place, scheduled, at: entry.pending.at });
    }
  }
  return { rules, waits };
}

/** Where a number stands, as far as a filter must know. */
type Place = Pick<NumberRule, 'accountPath' | 'path'>;

/**
 * Records that hold the number in whatever shape: what verifications, counts and searches ask for.
 * @returns a filter on one account, and one number in all its forms
 * @throws TypeError when the account or a value is none
 */
export function selectAnywhere(place: Place, subject: Subject): Filter {
  assertSubject(subject);
  return { [place.accountPath]: subject.account, [place.path.dotted]: { $in: subject.values } };
}

/**
 * Records that hold the number in the shape the map says: those a change may be made to. Changing an array where the
 * map has none, or an object inside of one, would change other people's values, too.
 * @returns a filter on one account, and one number in all its forms
 * @throws TypeError when the account or a value is none
 */
export function selectChangeable(place: Place, subject: Subject): Filter {
  assertSubject(subject);
  const { dotted, pieces } = place.path;
  const found = { [place.accountPath]: subject.account };
  const plain = unlessArray({ $in: subject.values });
  if (!throughArray(place.path)) return { ...found, ...objectsTo(dotted), [dotted]: plain };
  // The first condition is for the index: not every engine uses one for `$elemMatch`.
  return { ...found, $and: [{ [dotted]: { $in: subject.values } }, withinArrays(pieces, plain)] };
}

/** Never match a whole array: it may hold other people's numbers. */
function unlessArray(condition: mongoose.mongo.Document): mongoose.mongo.Document {
  return { ...condition, $not: { $type: 'array' } };
}

/** `a[].b[].c` under a condition: `{a: {$elemMatch: {b: {$elemMatch: {c: condition}}}}}`. */
function withinArrays(pieces: readonly string[], condition: mongoose.mongo.Document): mongoose.mongo.Document {
  const [first = '', ...rest] = pieces;
  if (rest.length === 0) return { ...objectsTo(first), [first]: condition };
  return {
    ...objectsTo(first),
    [first]: { $elemMatch: rest.length === 1 && rest[0] === '' ? condition : withinArrays(rest, condition) },
  };
}

/**
 * Reject arrays along the path: MongoDB's `person.phone` also matches inside `person: [{phone}, …]`. Numeric steps
 * (`phones.0`) are allowed.
 */
function objectsTo(dotted: string): mongoose.mongo.Document {
  const names = dotted.split('.');
  return Object.fromEntries(
    names
      .slice(1)
      .flatMap((name, index) => (/^\d+$/.test(name) ? [] : [[names.slice(0, index + 1).join('.'), unlessArray({})]])),
  );
}

/** Records of an account whose number field has an unsupported type. @throws TypeError without an account */
export function selectUnreadable(place: Place, account: AccountValue): Filter {
  assertAccount(account);
  return { [place.accountPath]: account, [place.path.dotted]: { $type: [...UNREADABLE_TYPES] } };
}

function changeOf(entry: CollectionMap, number: FieldPath, profile: Profile, subject: Subject): Change {
  const within = { $in: subject.values };
  if (profile.records[entry.record] === 'delete') {
    if (entry.elements === undefined) return { kind: 'delete' };
    const elements = readPath(entry.elements);
    const { at, arrayFilters } = locate(number, elements.pieces.length - 2, within);
    const rest = number.pieces
      .slice(elements.pieces.length - 1)
      .filter(Boolean)
      .join('.');
    const array = elements.pieces[elements.pieces.length - 2] ?? '';
    const isPlain = number.pieces.length === elements.pieces.length;
    const condition = isPlain ? unlessArray(within) : within;
    const pull: mongoose.mongo.Document = {
      [at + array]: rest === '' ? condition : { [rest]: condition, ...(isPlain && objectsTo(rest)) },
    };
    return { kind: 'update', update: { $pull: pull }, arrayFilters };
  }

  const depth = number.pieces.length - 1;
  const { at, arrayFilters } = locate(number, depth, within);
  const set: Record<string, unknown> = {};
  const unset: Record<string, ''> = {};
  const write = (target: string, change: FieldChange) => {
    if (change === 'unset') unset[target] = '';
    else if (change !== 'keep') set[target] = change.set;
  };
  const last = number.pieces[depth] ?? '';
  write(last === '' ? at.slice(0, -1) : at + last, applyStrategy(profile.fields.number, 'string', subject));
  if (profile.marks && entry.redacted !== undefined) set[entry.redacted] = subject.now;
  for (const field of entry.fields) {
    const path = readPath(field.path);
    const change = applyStrategy(profile.fields[field.category], field.type, subject);
    if (!throughArray(path)) write(path.dotted, change);
    else if (path.pieces.slice(0, -1).join('[]') === number.pieces.slice(0, depth).join('[]'))
      write(at + (path.pieces.at(-1) ?? ''), change);
  }
  const update = {
    ...(Object.keys(set).length > 0 && { $set: set }),
    ...(Object.keys(unset).length > 0 && { $unset: unset }),
  };
  return { kind: 'update', update, arrayFilters };
}

/** The update path into the matching elements of the first `depth` arrays, and the filters that pick them. */
function locate(
  number: FieldPath,
  depth: number,
  within: mongoose.mongo.Document,
): { at: string; arrayFilters: mongoose.mongo.Document[] } {
  let at = '';
  const arrayFilters: mongoose.mongo.Document[] = [];
  for (let index = 0; index < depth; index += 1) {
    at += `${number.pieces[index]}.$[e${index}].`;
    const rest = number.pieces
      .slice(index + 1)
      .filter(Boolean)
      .join('.');
    const condition = index === number.pieces.length - 2 ? unlessArray(within) : within;
    arrayFilters.push({ [rest === '' ? `e${index}` : `e${index}.${rest}`]: condition });
  }
  return { at, arrayFilters };
}
