import type mongoose from 'mongoose';
import { bsonTypeOf } from './bson-type.ts';

type Document = mongoose.mongo.Document;

/**
 * A value as text for a cell, an id or a column: dates in ISO 8601, whole numbers of any BSON type in full.
 * @returns null for what is absent
 */
export function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  const type = bsonTypeOf(value);
  return type === 'object' || type === 'array' ? toJson(value) : String(value);
}

/** JSON of a stored value: BSON's long and decimal numbers as text where JSON's own numbers would round them. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, function (this: Document, key, inner: unknown) {
    // Read the stored value: for a decimal, `toJSON` has already turned `inner` into an object.
    const stored: unknown = this[key];
    return typeof stored !== 'number' && bsonTypeOf(stored) === 'number' ? String(stored) : inner;
  });
}
