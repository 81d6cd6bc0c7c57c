import mongoose from 'mongoose';

const { BSON, ObjectId } = mongoose.mongo;

/** A text for a record's `_id`, another for each: a document as `_id`, and some binary ones, are all alike to `String`. */
export function recordKey(id: unknown): string {
  const isPlain = typeof id !== 'object' || id instanceof ObjectId;
  return isPlain ? `${typeof id}:${String(id)}` : BSON.EJSON.stringify(id);
}
