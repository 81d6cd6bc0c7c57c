import mongoose from 'mongoose';
import { recordKey } from '../lib/record-key.ts';
import { valueAt } from './map/paths.ts';
import type { CollectionMap } from './map/schema.ts';
import { momentOf } from './moment.ts';
import { isOneOf, matchesWhere } from './owner.ts';

/** Which records of somebody who was forgotten are late, and which are new contact. */
export interface LateLimit {
  /** Records from before this moment are late. */
  readonly before: Date;
  /** So are records of which nobody can tell when they came to be. */
  readonly undated: boolean;
  /** So are these, by their place and `recordKey`: what became of messages scheduled before. */
  readonly records: ReadonlySet<string>;
}

/** Names a record among those of all places. */
export function lateKey(place: string, id: unknown): string {
  return `${place} ${recordKey(id)}`;
}

/**
 * Tells late records from new ones: by the time the map names, else by the time in the `_id`.
 * @param place the collection, as in `lateKey`
 * @param entries all entries of the map about it
 */
export function createLateness(
  place: string,
  entries: readonly CollectionMap[],
): (document: Readonly<Record<string, unknown>>, limit: LateLimit) => boolean {
  // An element may be put into a list long after the list was made.
  const areWhole = entries.every(
    ({ elements, numbers }) => elements === undefined && numbers.every(({ path }) => !path.includes('[]')),
  );
  return (document, { before, undated, records }) => {
    if (records.has(lateKey(place, document._id))) return true;
    const about = entries.filter((entry) => matchesWhere(entry, document));
    for (const { at } of about) {
      const moment = momentOf(at, document);
      if (moment !== null) return moment < before;
    }
    const made = areWhole ? madeBefore(document._id) : null;
    if (made !== null && made <= before) return true;
    // A message that was scheduled since is for somebody who is written to again, or it is the platform's to stop.
    if (about.some(({ pending }) => pending && isOneOf(pending.values, valueAt(document, pending.path)))) return false;
    return undated;
  };
}

/** The end of the second in which an ObjectId was made; null for any other `_id`. */
export function madeBefore(id: unknown): Date | null {
  return id instanceof mongoose.mongo.ObjectId ? new Date(id.getTimestamp().getTime() + 999) : null;
}
