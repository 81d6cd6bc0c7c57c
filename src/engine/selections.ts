import type mongoose from 'mongoose';
import { UNREADABLE_TYPES } from './bson-types.ts';
import { objectsTo, unlessArray } from './change.ts';
import { allOf, type Filter } from './filter.ts';
import { throughArray } from './map/paths.ts';
import { scopeOf } from './owner.ts';
import type { NumberSpot } from './plan.ts';
import { type AccountValue, assertSubject, type Subject } from './subject.ts';

type Document = mongoose.mongo.Document;

/**
 * Records that hold the number in whatever shape: what verifications, counts and searches ask for.
 * @returns a filter on one account, and one number in all its forms
 * @throws TypeError when the account or a value is none
 */
export function selectAnywhere(spot: NumberSpot, subject: Subject): Filter {
  assertSubject(subject);
  return allOf(scopeOf(spot.entry, subject.account), { [spot.path.dotted]: { $in: [...spot.here(subject).values] } });
}

/**
 * Records that hold the number in the shape the map says: those a change may be made to. Changing an array where the
 * map has none, or an object inside of one, would change other people's values, too.
 * @returns a filter on one account, and one number in all its forms
 * @throws TypeError when the account or a value is none
 */
export function selectChangeable(spot: NumberSpot, subject: Subject): Filter {
  assertSubject(subject);
  const { dotted, pieces } = spot.path;
  const found = scopeOf(spot.entry, subject.account);
  const within = { $in: [...spot.here(subject).values] };
  const plain = unlessArray(within);
  if (!throughArray(spot.path)) return allOf(found, objectsTo(dotted), { [dotted]: plain });
  // The first condition is for the index: not every engine uses one for `$elemMatch`.
  return allOf(found, { [dotted]: within }, { $and: [withinArrays(pieces, plain)] });
}

/** `a[].b[].c` under a condition: `{a: {$elemMatch: {b: {$elemMatch: {c: condition}}}}}`. */
function withinArrays(pieces: readonly string[], condition: Document): Document {
  const [first = '', ...rest] = pieces;
  if (rest.length === 0) return { ...objectsTo(first), [first]: condition };
  return {
    ...objectsTo(first),
    [first]: { $elemMatch: rest.length === 1 && rest[0] === '' ? condition : withinArrays(rest, condition) },
  };
}

/** Records of an account whose number field has an unsupported type. @throws TypeError without an account */
export function selectUnreadable(spot: Pick<NumberSpot, 'entry' | 'path'>, account: AccountValue): Filter {
  const { entry, path } = spot;
  // Where a map names several shapes of one field, an object at one path is what another path is about.
  const isMixed = entry.numbers.some((one) => one.path.replaceAll('[]', '').startsWith(`${path.dotted}.`));
  const types = isMixed ? UNREADABLE_TYPES.filter((type) => type !== 'object') : UNREADABLE_TYPES;
  return allOf(scopeOf(entry, account), { [path.dotted]: { $type: [...types] } });
}
