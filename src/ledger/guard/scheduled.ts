import mongoose from 'mongoose';
import { collectionOf } from '../../engine/collection.ts';
import { allOf, type Filter } from '../../engine/filter.ts';
import { madeBefore } from '../../engine/late.ts';
import type { CollectionMap, DataMap } from '../../engine/map/schema.ts';
import { momentOf } from '../../engine/moment.ts';
import { ownerFilter } from '../../engine/owner.ts';
import type { Account } from '../accounts/accounts.ts';

const { ObjectId } = mongoose.mongo;

/** Fields of a record that are taken for ids. */
const MOST_FIELDS = 50;
const LONGEST_ID = 100;

/**
 * Tells records that came of a message scheduled before a moment: one of their fields holds the `_id` of a scheduled message of
 * the account, which was made before it. The message stays when its number is erased, so that its `_id` still tells.
 */
export function createStems(db: mongoose.mongo.Db, dataMap: DataMap) {
  const scheduled = dataMap.collections.filter((entry) => entry.pending !== undefined && entry.owner.kind !== 'via');
  return async (
    document: Readonly<Record<string, unknown>>,
    { records_id }: Account,
    before: Date,
  ): Promise<boolean> => {
    const ids = idsIn(document);
    if (ids.length === 0) return false;
    for (const entry of scheduled) {
      const filter = allOf(ownerFilter(entry, records_id), { _id: { $in: ids } } as Filter);
      const sources = collectionOf(db, entry, records_id).find(filter).limit(MOST_FIELDS);
      for await (const source of sources) if (isFromBefore(entry, source, before)) return true;
    }
    return false;
  };
}

function isFromBefore(entry: CollectionMap, source: mongoose.mongo.Document, before: Date): boolean {
  const made = madeBefore(source._id) ?? momentOf(entry.at, source);
  return made !== null && made <= before;
}

/** Values of a record's own fields that may be another's `_id`; an ObjectId may be kept as a text. */
function idsIn(document: Readonly<Record<string, unknown>>): unknown[] {
  return Object.entries(document)
    .filter(([name]) => name !== '_id')
    .slice(0, MOST_FIELDS)
    .flatMap(([, value]): unknown[] => {
      if (value instanceof ObjectId) return [value];
      if (typeof value !== 'string' || value === '' || value.length > LONGEST_ID) return [];
      return /^[0-9a-f]{24}$/i.test(value) ? [value, new ObjectId(value)] : [value];
    });
}
