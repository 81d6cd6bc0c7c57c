import type mongoose from 'mongoose';
import { fillName } from '../../engine/collection.ts';
import { readPath, valuesAlong } from '../../engine/map/paths.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import type { AccountValue } from '../../engine/subject.ts';
import { type EntryView, entriesOf, isAbout } from '../map-view.ts';
import type { FindPlace } from './find.ts';

/**
 * Says of a document whether it is another account's: an account field of the map says so, or the name of its collection
 * or database. Where the map does not know the collection, the account fields of all entries are asked. A document that
 * names no account may be anybody's.
 */
export function foreignTo(
  account: AccountValue,
  map: DataMap,
): (document: mongoose.mongo.Document, place: FindPlace) => boolean {
  // As text: the same id may stand as an ObjectId here and as its digits there.
  const own = String(account);
  const entries = entriesOf(map);
  const pathsOf = (some: typeof entries) => [
    ...new Set(some.flatMap(({ account: path }) => (path === null ? [] : readPath(path).dotted))),
  ];
  const all = pathsOf(entries);
  const known = new Map<string, string[] | 'foreign'>();
  const isOwnPlace = ({ database, collection }: EntryView, place: FindPlace) => {
    try {
      const isThere = database === undefined || fillName(database, account) === place.database;
      return isThere && fillName(collection, account) === place.collection;
    } catch (error) {
      // It has no collection of such a name.
      if (error instanceof TypeError) return false;
      throw error;
    }
  };
  const pathsIn = (place: FindPlace) => {
    const key = `${place.database ?? ''}\0${place.collection}`;
    let paths = known.get(key);
    if (paths === undefined) {
      const about = entries.filter((view) => isAbout(view, place));
      const isOthers = about.length > 0 && !about.some((view) => isOwnPlace(view, place));
      // Where an entry says no field, nobody's records are foreign for sure.
      paths = about.length === 0 ? all : about.some((view) => view.account === null) ? [] : pathsOf(about);
      if (isOthers) paths = 'foreign';
      known.set(key, paths);
    }
    return paths;
  };
  return (document, place) => {
    const paths = pathsIn(place);
    if (paths === 'foreign') return true;
    const values = paths
      .flatMap((path) => valuesAlong(document, path.split('.')))
      .filter((value) => value !== undefined && value !== null);
    return values.length > 0 && values.every((value) => String(value) !== own);
  };
}
