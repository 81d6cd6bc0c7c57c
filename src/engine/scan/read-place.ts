import type mongoose from 'mongoose';
import type { Filter } from '../filter.ts';

/** One collection that a pass reads, as far as it belongs to one account. */
export interface Place {
  /** `collection`, or `database.collection` where it lies in another database. */
  readonly key: string;
  readonly collection: mongoose.mongo.Collection;
  /** Whose records: begins with the account, or says that there is but one. */
  readonly filter: Filter;
}

/** A record as the server sent it, and its `_id`. */
export interface RawRecord {
  readonly bytes: Uint8Array;
  readonly id: unknown;
}

/** BSON types an `_id` may have, in the order in which MongoDB sorts them. */
const ID_TYPES = ['number', 'string', 'object', 'binData', 'objectId', 'bool', 'date', 'timestamp'] as const;

/**
 * Reads a place in the order of its `_id`s. A comparison in MongoDB stays within one type (`{$gt: 'a'}` matches texts
 * only), so that a place with `_id`s of several types is read type by type.
 * @param after the `_id` behind which to begin; undefined for the beginning
 * @param batchSize records the server sends at once
 * @param readId takes the `_id` out of a raw record
 */
export async function* readPlace(
  place: Place,
  after: unknown,
  batchSize: number,
  readId: (bytes: Uint8Array) => unknown,
  signal: AbortSignal,
): AsyncGenerator<RawRecord> {
  for (const filter of filtersBehind(place.filter, after)) {
    const cursor = place.collection
      .find<Uint8Array>(filter, {
        raw: true,
        batchSize,
        // What was written a moment ago must be seen, also what no majority has confirmed yet.
        readConcern: { level: 'local' },
        readPreference: 'primary',
      })
      .sort({ _id: 1 });
    try {
      for await (const bytes of cursor) {
        yield { bytes, id: readId(bytes) };
        if (signal.aborted) return;
      }
    } finally {
      await cursor.close();
    }
  }
}

function filtersBehind(filter: Filter, after: unknown): Filter[] {
  if (after === undefined) return [filter];
  const type = typeOfId(after);
  const later = type === undefined ? [] : ID_TYPES.slice(ID_TYPES.indexOf(type) + 1);
  // Beside what the place's own filter may ask of the `_id`.
  const at = (condition: mongoose.mongo.Document): Filter => ({ $and: [filter, { _id: condition }] });
  return [at({ $gt: after }), ...(later.length > 0 ? [at({ $type: [...later] })] : [])];
}

function typeOfId(value: unknown): (typeof ID_TYPES)[number] | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return 'number';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (value instanceof Date) return 'date';
  const type = (value as { _bsontype?: string } | null)?._bsontype;
  switch (type) {
    case 'ObjectId':
      return 'objectId';
    case 'Binary':
    case 'UUID':
      return 'binData';
    case 'Long':
    case 'Int32':
    case 'Double':
    case 'Decimal128':
      return 'number';
    case 'Timestamp':
      return 'timestamp';
    default:
      return typeof value === 'object' && value !== null && type === undefined ? 'object' : undefined;
  }
}
