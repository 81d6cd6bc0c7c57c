import mongoose from 'mongoose';
import type { Filter } from '../filter.ts';

const { BSON } = mongoose.mongo;

/** One collection that a pass reads, as far as it belongs to one account. */
export interface Place {
  /** `collection`, or `database.collection` where it lies in another database. */
  readonly key: string;
  readonly collection: mongoose.mongo.Collection;
  /** Whose records: begins with the account, or says that there is but one. */
  readonly filter: Filter;
  /** How records are read whose account only others tell; else `readPlace`. Its `after` is an `_id` of those others. */
  read?(after: unknown, batchSize: number): AsyncGenerator<Batch>;
}

/**
 * Types an `_id` may have, in the order in which MongoDB sorts them.
 * @see MongoDB manual, "BSON types: comparison and sort order"
 */
const ID_TYPES = [
  ...['minKey', 'null', 'number', 'symbol', 'string', 'object', 'binData', 'objectId', 'bool', 'date', 'timestamp'],
  ...['regex', 'dbPointer', 'javascript', 'javascriptWithScope', 'maxKey'],
];

/** Records as the server sent them, and where a pass stands when it has seen them. */
export interface Batch {
  readonly records: readonly Uint8Array[];
  /** `each`: behind the last record that was seen. `stays`: where it stood before. Else behind this `_id`. */
  readonly position: 'each' | 'stays' | { readonly after: unknown };
}

/** The records of a place from behind an `_id`, however they are found. @param batchSize as `readPlace` */
export function readBatches(place: Place, after: unknown, batchSize: number): AsyncGenerator<Batch> {
  return place.read?.(after, batchSize) ?? readPlace(place, after, batchSize);
}

/** The `_id` behind which to go on when a batch was seen; undefined: it does not say. */
export function positionBehind({ records, position }: Batch): { readonly after: unknown } | undefined {
  if (typeof position === 'object') return position;
  const last = records.at(-1);
  return position === 'stays' || last === undefined ? undefined : { after: idOf(last) };
}

/**
 * Reads a place in the order of its `_id`s, as the server sends the records: raw, batch by batch.
 * @param after the `_id` behind which to begin; undefined for the beginning
 * @param batchSize records the server sends at once
 */
export async function* readPlace(
  { collection, filter }: Pick<Place, 'collection' | 'filter'>,
  after: unknown,
  batchSize: number,
): AsyncGenerator<Batch> {
  for (const part of filtersBehind(filter, after))
    for await (const records of readRaw(collection, part, batchSize, true)) yield { records, position: 'each' };
}

/** Reads raw records, with the next batch on its way while one is looked at. */
export async function* readRaw(
  collection: mongoose.mongo.Collection,
  filter: Filter,
  batchSize: number,
  isSorted: boolean,
): AsyncGenerator<Uint8Array[]> {
  const cursor = collection.find<Uint8Array>(filter, { raw: true, batchSize, ...NEWEST });
  if (isSorted) cursor.sort({ _id: 1 });
  let isMore = cursor.hasNext();
  try {
    while (await isMore) {
      const batch = cursor.readBufferedDocuments();
      isMore = cursor.hasNext();
      isMore.catch(() => {});
      yield batch;
    }
  } finally {
    await isMore.catch(() => {});
    await cursor.close();
  }
}

/** What was written a moment ago must be seen, also what no majority has confirmed yet. */
export const NEWEST = { readConcern: { level: 'local' }, readPreference: 'primary' } as const;

/** A comparison in MongoDB stays within one type (`{$gt: 'a'}` matches texts only): the types behind it come second. */
export function filtersBehind(filter: Filter, after: unknown): Filter[] {
  if (after === undefined) return [filter];
  const type = typeOfId(after);
  // Nothing is skipped for an order that is not known: the place is read from its beginning.
  if (type === undefined) return [filter];
  const later = ID_TYPES.slice(ID_TYPES.indexOf(type) + 1);
  // Beside what the place's own filter may ask of the `_id`.
  const at = (condition: mongoose.mongo.Document): Filter => ({ $and: [filter, { _id: condition }] });
  const ofLaterTypes = at({ $type: later });
  return after === null ? [ofLaterTypes] : [at({ $gt: after }), ofLaterTypes];
}

function typeOfId(value: unknown): string | undefined {
  if (value === null) return 'null';
  if (typeof value === 'number') return Number.isNaN(value) ? undefined : 'number';
  if (typeof value === 'bigint') return 'number';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (value instanceof Date) return 'date';
  const type = (value as { _bsontype?: string } | undefined)?._bsontype;
  switch (type) {
    case 'ObjectId':
      return 'objectId';
    case 'Binary':
    case 'UUID':
      return 'binData';
    case 'Long':
    case 'Int32':
    case 'Double':
      return 'number';
    case 'Decimal128':
      return String(value) === 'NaN' ? undefined : 'number';
    case 'Timestamp':
      return 'timestamp';
    default:
      return typeof value === 'object' && type === undefined ? 'object' : undefined;
  }
}

/** The `_id` of a raw record: MongoDB stores it first, and other engines need not. */
export function idOf(bytes: Uint8Array): unknown {
  for (const [, nameOffset, nameLength, offset, length] of BSON.onDemand.parseToElements(bytes)) {
    if (nameLength !== 3 || Buffer.from(bytes.subarray(nameOffset, nameOffset + 3)).toString() !== '_id') continue;
    // One element as a document of its own: its length, the element, a zero.
    const element = bytes.subarray(nameOffset - 1, offset + length);
    const document = Buffer.alloc(element.length + 5);
    document.writeInt32LE(document.length, 0);
    document.set(element, 4);
    return BSON.deserialize(document)._id;
  }
  return undefined;
}
