import type mongoose from 'mongoose';
import { readPath, valueAt } from '../../engine/map/paths.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import type { AccountValue } from '../../engine/subject.ts';
import { entriesOf } from '../map-view.ts';

/**
 * Says of a document whether it is another account's: an account field of the map says so. Where the map does not know
 * the collection, the account fields of all entries are asked. A document that names no account may be anybody's.
 */
export function foreignTo(
  account: AccountValue,
  map: DataMap,
): (document: mongoose.mongo.Document, collection: string) => boolean {
  // As text: the same id may stand as an ObjectId here and as its digits there.
  const own = String(account);
  const entries = entriesOf(map);
  const pathsOf = (some: typeof entries) => [
    ...new Set(some.flatMap(({ account: path }) => (path === null ? [] : readPath(path).dotted))),
  ];
  const all = pathsOf(entries);
  const byCollection = new Map(
    entries.map(({ collection }) => [collection, pathsOf(entries.filter((one) => one.collection === collection))]),
  );
  return (document, collection) => {
    const values = (byCollection.get(collection) ?? all)
      .map((path) => valueAt(document, path))
      .filter((value) => value !== undefined && value !== null);
    return values.length > 0 && values.every((value) => String(value) !== own);
  };
}
