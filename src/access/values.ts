import type mongoose from 'mongoose';
import { bsonTypeOf } from '../data-map/bson-type.ts';
import type { Subject } from '../erasure/subject.ts';

type Document = mongoose.mongo.Document;

/** The value at a dotted path; undefined where the way ends before. */
export function valueAt(record: unknown, dotted: string): unknown {
  if (dotted === '') return record;
  return dotted.split('.').reduce<unknown>((value, name) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    return (value as Document)[name];
  }, record);
}

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
    // As it is stored: a decimal's own `toJSON` has made an object of `inner` by now.
    const stored: unknown = this[key];
    return typeof stored !== 'number' && bsonTypeOf(stored) === 'number' ? String(stored) : inner;
  });
}

/** Says of a stored value whether it is the number in one of its forms, as MongoDB's equality would. */
export function matcherOf(subject: Pick<Subject, 'values'>): (value: unknown) => boolean {
  const strings = new Set(subject.values.filter((value) => typeof value === 'string'));
  // By value: a decimal may stand as 447700900123.0. No number has more digits than a double can tell apart.
  const integers = new Set(subject.values.filter((value) => typeof value !== 'string').map(Number));
  return (value) =>
    typeof value === 'string'
      ? strings.has(value)
      : bsonTypeOf(value) === 'number' && integers.has(Number(String(value)));
}
