import type mongoose from 'mongoose';
import { UNREADABLE_TYPES } from './bson-types.ts';
import { objectsTo, unlessArray } from './change.ts';
import { allOf, type Filter } from './filter.ts';
import { throughArray } from './map/paths.ts';
import { aloneFilter, scopeOf } from './owner.ts';
import type { NumberSpot } from './plan.ts';
import { type Split, splitsOf } from './splits.ts';
import { type AccountValue, assertSubject, type NumberValue, type Subject } from './subject.ts';

type Document = mongoose.mongo.Document;

/**
 * Records that hold the number in whatever shape: what verifications, counts and searches ask for.
 * @returns a filter on one account, and one number in all its forms
 * @throws TypeError when the account or a value is none
 */
export function selectAnywhere(spot: NumberSpot, subject: Subject): Filter {
  assertSubject(subject);
  const { entry } = spot;
  // What several accounts share is left: by the map, or as a failure.
  const alone = entry.shared === 'keep' ? aloneFilter(entry, subject.account) : {};
  if (spot.joined)
    return allOf(
      selectJoined(spot, splitsAt(spot, subject), subject.account, (values) => ({ $in: values })),
      alone,
    );
  return allOf(scopeOf(entry, subject.account), { [spot.path.dotted]: { $in: [...spot.here(subject).values] } }, alone);
}

/**
 * Records that hold the number in the shape the map says: those a change may be made to. Changing an array where the
 * map has none, or an object inside of one, would change other people's values, too; and a record that is another account's,
 * too, is not changed.
 * @returns a filter on one account, and one number in all its forms
 * @throws TypeError when the account or a value is none
 */
export function selectChangeable(spot: NumberSpot, subject: Subject): Filter {
  assertSubject(subject);
  const { dotted, pieces } = spot.path;
  const found = scopeOf(spot.entry, subject.account);
  const alone = aloneFilter(spot.entry, subject.account);
  if (spot.joined) {
    const plain = selectJoined(spot, splitsAt(spot, subject), subject.account, (values) =>
      unlessArray({ $in: values }),
    );
    return allOf(plain, ...spot.joined.parts.map(objectsTo), alone);
  }
  const within = { $in: [...spot.here(subject).values] };
  const plain = unlessArray(within);
  if (!throughArray(spot.path)) return allOf(found, objectsTo(dotted), { [dotted]: plain }, alone);
  // The first condition is for the index: not every engine uses one for `$elemMatch`.
  return allOf(found, { [dotted]: within }, { $and: [withinArrays(pieces, plain), ...withoutNested(pieces)] }, alone);
}

/**
 * Reject lists in the lists of a path. MongoDB changes nothing in them, or refuses; DocumentDB writes the mask over a
 * whole inner list, and other people's numbers are lost with it. The scan changes such records.
 */
function withoutNested(pieces: readonly string[]): Document[] {
  return pieces.slice(0, -1).map((_, index) => {
    const array = pieces.slice(0, index + 1).join('.');
    return { [array]: { $not: { $elemMatch: { $type: 'array' } } } };
  });
}

/**
 * Records that hold what may be the number, and another, in whatever shape.
 * @returns null where there is no such value, and where the map has those erased as the number itself
 * @throws TypeError when the account or a value is none
 */
export function selectDoubtful(spot: NumberSpot, subject: Subject): Filter | null {
  assertSubject(subject);
  if (spot.entry.ambiguous === 'erase') return null;
  const anywhere = (values: readonly NumberValue[]) => ({ $in: values });
  if (spot.joined) {
    const splits = splitsOf(spot.here(subject), spot.joined, 'doubtful');
    return splits.length === 0 ? null : selectJoined(spot, splits, subject.account, anywhere);
  }
  if (subject.doubtful.length === 0) return null;
  return selectAnywhere(spot, { ...subject, values: subject.doubtful, isPlaced: true });
}

/** What several fields of a place may hold of the number. */
function splitsAt({ entry, joined, here }: NumberSpot, subject: Subject): Split[] {
  if (!joined) return [];
  const doubtful = entry.ambiguous === 'erase' && subject.doubtful.length > 0;
  return [...splitsOf(here(subject), joined, 'sure'), ...(doubtful ? splitsOf(here(subject), joined, 'doubtful') : [])];
}

/** Records in which several fields hold the number together. The first condition, on the last field, is for the index. */
function selectJoined(
  { entry, joined }: NumberSpot,
  splits: readonly Split[],
  account: AccountValue,
  conditionOf: (values: readonly NumberValue[]) => Document,
): Filter {
  const { parts = [] } = joined ?? {};
  const ends = { [parts.at(-1) ?? '']: conditionOf(splits.flatMap((lists) => lists.at(-1) ?? [])) };
  const found = allOf(scopeOf(entry, account), ends);
  if (splits.length === 0) return found;
  const divided = splits.map((lists) =>
    Object.fromEntries(parts.map((part, index) => [part, conditionOf(lists[index] ?? [])])),
  );
  return allOf(found, { $and: [{ $or: divided }] });
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
export function selectUnreadable(spot: Pick<NumberSpot, 'entry' | 'path' | 'joined'>, account: AccountValue): Filter {
  const { entry, path, joined } = spot;
  // Where a map names several shapes of one field, an object at one path is what another path is about.
  const isMixed = entry.numbers.some((one) => one.path.replaceAll('[]', '').startsWith(`${path.dotted}.`));
  if (joined) {
    const odd = joined.parts.map((part) => ({ [part]: { $type: [...UNREADABLE_TYPES] } }));
    // "Not none of them": DocumentDB uses no index for a filter with `$or` at its top.
    return allOf(scopeOf(entry, account), { $nor: [{ $nor: odd }] } as Filter);
  }
  const types = isMixed ? UNREADABLE_TYPES.filter((type) => type !== 'object') : UNREADABLE_TYPES;
  return allOf(scopeOf(entry, account), { [path.dotted]: { $type: [...types] } });
}
