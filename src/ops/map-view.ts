import type mongoose from 'mongoose';
import { ACCOUNT_WORD, collectionOf } from '../engine/collection.ts';
import { type CollectionMap, type DataMap, type FieldMap, type NumberPlace, nameOf } from '../engine/map/schema.ts';
import { accountPathOf } from '../engine/owner.ts';
import type { AccountValue } from '../engine/subject.ts';
import { escapeText } from '../lib/escape-text.ts';

/** What the tools read of one entry of a data map. The only place that knows how an entry is written. */
export interface EntryView {
  readonly entry: CollectionMap;
  readonly name: string;
  /** Another database of the same deployment; undefined: the platform's. */
  readonly database: string | undefined;
  readonly collection: string;
  /** The field of the account; null where no field says it. */
  readonly account: string | null;
  readonly numbers: readonly NumberPlace[];
  readonly fields: readonly FieldMap[];
  /** Every path the entry names; within JSON as if the text were what it holds. */
  readonly paths: readonly string[];
  /** How many places of a number it names. */
  readonly places: number;
}

/** The entries of a map, in its order. */
export function entriesOf(map: DataMap): EntryView[] {
  return map.collections.map((entry) => ({
    entry,
    name: nameOf(entry),
    database: entry.database,
    collection: entry.collection,
    account: accountPathOf(entry) ?? null,
    numbers: entry.numbers,
    fields: entry.fields,
    paths: pathsOf(entry),
    places: [entry.numbers, entry.joined, ...entry.json.map(({ numbers }) => numbers)].flat().length,
  }));
}

function pathsOf(entry: CollectionMap): string[] {
  const {
    pending,
    id,
    at,
    redacted,
    conversation,
    direction,
    products,
    own_number: own,
    log = {},
    columns = {},
  } = entry;
  return [
    ...[accountPathOf(entry), id, at?.path, redacted, conversation, pending?.path, pending?.at, entry.via?.field],
    ...Object.keys(entry.where),
    ...[...entry.numbers, ...entry.fields].map(({ path }) => path),
    ...entry.joined.flatMap(({ parts }) => parts),
    ...entry.json.flatMap((json) => [...json.numbers, ...json.fields].map(({ path }) => withinJson(json.path, path))),
    ...(typeof direction === 'object' ? [direction.path] : []),
    ...(products !== undefined && 'path' in products ? [products.path] : []),
    ...(typeof own === 'object' ? Object.values(own) : [own]),
    ...Object.values(log),
    ...Object.values(columns),
  ].filter((path) => path !== undefined);
}

/** A path within a JSON text, as if the text were what it holds: `raw` and `[].from` are `raw[].from`. */
export function withinJson(json: string, path: string): string {
  return `${json}.${path}`.replace('.[]', '[]');
}

/** Where a collection is, as the server names it. */
interface Place {
  /** Undefined: the platform's own. */
  readonly database?: string | undefined;
  readonly collection: string;
}

/** Is the entry about this collection, for one account or another? */
export function isAbout({ database, collection }: EntryView, place: Place): boolean {
  if (!isNameOf(collection, place.collection)) return false;
  return database === undefined || place.database === undefined
    ? database === place.database
    : isNameOf(database, place.database);
}

/** Is it a name that the map writes so? `{account}` stands for any account. */
function isNameOf(written: string, name: string): boolean {
  if (!written.includes(ACCOUNT_WORD)) return written === name;
  return new RegExp(`^${written.split(ACCOUNT_WORD).map(escapeText).join('.+')}$`).test(name);
}

/** The other databases a map names, for these accounts. */
export function databasesOf(
  db: mongoose.mongo.Db,
  map: DataMap,
  accounts: readonly AccountValue[],
): mongoose.mongo.Db[] {
  const names = map.collections.flatMap((entry) => {
    if (entry.database === undefined) return [];
    if (!entry.database.includes(ACCOUNT_WORD)) return [entry.database];
    return accounts.flatMap((account) => databaseOf(db, entry, account) ?? []);
  });
  return [...new Set(names)].filter((name) => name !== db.databaseName).map((name) => db.client.db(name));
}

/** Undefined where the account can stand in no name, so that it has no such database. */
function databaseOf(db: mongoose.mongo.Db, entry: CollectionMap, account: AccountValue): string | undefined {
  try {
    return collectionOf(db, entry, account).dbName;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Does the map say that the collection holds no personal data? */
export function isIgnored(map: DataMap, collection: string): boolean {
  return map.ignored.some((one) => isNameOf(one.collection, collection));
}
