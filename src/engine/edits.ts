import type mongoose from 'mongoose';
import type { Change, Filter } from './plan.ts';

type Document = mongoose.mongo.Document;

/** The change of one field, and which records it would still alter. */
export interface Edit {
  readonly update: mongoose.mongo.UpdateFilter<Document>;
  readonly arrayFilters: Document[];
  /** Matches records that the edit alters: the field holds something, and not what would be written. */
  readonly needs: Filter;
}

/**
 * Splits an update into one edit a field. A field that holds nothing, or what would be written, needs no edit: a repeated
 * erasure finds nothing to do, and no record gets a field it never had. In arrays, all matching elements of a record are
 * written alike.
 */
export function editsOf(change: Extract<Change, { kind: 'update' }>): Edit[] {
  const { $set = {}, $unset = {}, $pull = {} } = change.update as Record<string, Record<string, unknown>>;
  const { arrayFilters } = change;
  const edits = [
    ...Object.entries($set).map(([key, value]) => edit('$set', key, value, arrayFilters, isWritten(value))),
    ...Object.entries($unset).map(([key]) => edit('$unset', key, '', arrayFilters, () => [])),
    // The number selects the records, and leaves with the element: no further condition is needed.
    ...Object.entries($pull).map(([key, value]) => ({
      ...edit('$pull', key, value, arrayFilters, () => []),
      needs: {},
    })),
  ];
  // The number comes first in a change. It must be written last: it tells which elements of an array are meant.
  return edits.reverse();
}

/** Matches records that at least one of the edits alters. */
export function stillNeeds(edits: readonly Edit[]): Filter {
  // "Not all are unneeded": DocumentDB uses no index for a filter with `$or` at its top.
  return { $nor: [{ $and: edits.map(({ needs }) => ({ $nor: [needs] })) }] };
}

/** Matches a field that holds what would be written: as its whole value, not as one element of several. */
const isWritten =
  (value: unknown) =>
  (name: string): Document[] =>
    Array.isArray(value)
      ? [{ $and: [{ [name]: { $eq: value } }, { [name]: { $size: value.length } }] }]
      : [{ [name]: { $eq: value, $not: { $type: 'array' } } }];

const isNothing = (name: string): Document[] => [
  { [name]: { $in: [null, ''], $not: { $type: 'array' } } },
  { [name]: { $size: 0 } },
];

function edit(
  operator: '$set' | '$unset' | '$pull',
  key: string,
  value: unknown,
  allFilters: readonly Document[],
  isDone: (name: string) => Document[],
): Edit {
  const pieces = key.split(/\.\$\[e\d+\]\.?/);
  const last = pieces.at(-1) ?? '';
  const holds = (name: string): Document => ({ $nor: [...isNothing(name), ...isDone(name)] });
  // An array of plain values has no field that could hold something else.
  let needs: Document = last === '' ? {} : holds(last);
  for (let depth = pieces.length - 2; depth >= 0; depth -= 1)
    needs = { [pieces[depth] ?? '']: { $elemMatch: { ...inElement(allFilters[depth]), ...needs } } };
  return {
    update: { [operator]: { [key]: value } } as Edit['update'],
    arrayFilters: allFilters.slice(0, pieces.length - 1),
    needs: needs as Filter,
  };
}

/** `{'e0.number': condition}` as a query on the element: `{number: condition}`. */
function inElement(arrayFilter: Document = {}): Document {
  return Object.fromEntries(
    Object.entries(arrayFilter).flatMap(([key, condition]) => {
      const rest = key.replace(/^e\d+\.?/, '');
      return rest === '' ? Object.entries(condition as Document) : [[rest, condition]];
    }),
  );
}
