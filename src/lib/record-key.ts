import mongoose from 'mongoose';

const { BSON, ObjectId } = mongoose.mongo;

/**
 * A text for a record's `_id`, another for each. To `String` all documents are alike, times of one second, and some
 * binary ones; to EJSON that is not strict, large integers are.
 */
export function recordKey(id: unknown): string {
  const isPlain = typeof id !== 'object' || id instanceof ObjectId;
  return isPlain ? `${typeof id}:${String(id)}` : BSON.EJSON.stringify(id, { relaxed: false });
}
