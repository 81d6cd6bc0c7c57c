import mongoose from 'mongoose';

const { BSON, ObjectId } = mongoose.mongo;

/**
 * A text for a record's `_id`, different for each. `String` is not enough: all documents, times within a second and some
 * binary ids give the same text. Relaxed EJSON is not enough: it rounds large integers.
 */
export function recordKey(id: unknown): string {
  const isPlain = typeof id !== 'object' || id instanceof ObjectId;
  return isPlain ? `${typeof id}:${String(id)}` : BSON.EJSON.stringify(id, { relaxed: false });
}
