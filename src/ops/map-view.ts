import type { FieldCategory } from '../engine/map/categories.ts';
import { type CollectionMap, type DataMap, nameOf } from '../engine/map/schema.ts';

/** A place of a number as a map names it. */
export interface NumberView {
  readonly path: string;
  /** What the map says stands around the number: `{number}@c.us`. */
  readonly templates: readonly string[];
  /** A field of numbers, not of texts. */
  readonly isNumeric: boolean;
}

/** What the tools read of one entry of a data map. The only place that knows how an entry is written. */
export interface EntryView {
  readonly entry: CollectionMap;
  readonly name: string;
  /** Another database of the same deployment; undefined: the platform's. */
  readonly database: string | undefined;
  readonly collection: string;
  /** The field of the account; null where no field says it. */
  readonly account: string | null;
  /** What else must stand in a record for the entry to be about it. */
  readonly where: Readonly<Record<string, readonly unknown[]>>;
  readonly numbers: readonly NumberView[];
  readonly fields: readonly { readonly path: string; readonly category: FieldCategory; readonly type: string }[];
  /** Every other path the entry names: ids, times, marks, columns. */
  readonly others: readonly string[];
}

/** The entries of a map, in its order. */
export function entriesOf(map: DataMap): EntryView[] {
  return map.collections.map((entry) => ({
    entry,
    name: nameOf(entry),
    database: undefined,
    collection: entry.collection,
    account: entry.account,
    where: {},
    numbers: entry.numbers.map((path) => ({ path, templates: [], isNumeric: false })),
    fields: entry.fields,
    others: othersOf(entry),
  }));
}

function othersOf(entry: CollectionMap): string[] {
  const { pending, id, at, redacted, conversation, direction, own_number: own, log = {}, columns = {} } = entry;
  return [
    ...[id, at, redacted, conversation, pending?.path, pending?.at],
    ...(typeof direction === 'object' ? [direction.path] : []),
    ...(typeof own === 'object' ? Object.values(own) : [own]),
    ...Object.values(log),
    ...Object.values(columns),
  ].filter((path) => path !== undefined);
}

/** The other databases a map names. */
export function databasesOf(map: DataMap): string[] {
  return [...new Set(entriesOf(map).flatMap(({ database }) => database ?? []))];
}

/** Collections that a map says hold no personal data. */
export function ignoredOf(_map: DataMap): ReadonlySet<string> {
  return new Set();
}
