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
  if (type === 'number') return plainNumber(String(value));
  return type === 'object' || type === 'array' ? toJson(value) : String(value);
}

const EXPONENT = /^(-?)(\d+)(?:\.(\d+))?E([+-]\d+)$/i;
/** A number with more digits stays as it is written. */
const MOST_DIGITS = 40;

/**
 * A number without an exponent: a decimal may hold a phone number as `4.479116545E+11`, and who searches a text for it
 * searches for digits.
 */
function plainNumber(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = ''] = EXPONENT.exec(text) ?? [];
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (digits === '' || point < -MOST_DIGITS || Math.max(point, digits.length) > MOST_DIGITS) return text;
  if (point >= digits.length) return sign + digits.padEnd(point, '0');
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** JSON of a stored value: BSON's long and decimal numbers as text where JSON's own numbers would round them. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, function (this: Document, key, inner: unknown) {
    // Read the stored value: for a decimal, `toJSON` has already turned `inner` into an object.
    const stored: unknown = this[key];
    return typeof stored !== 'number' && bsonTypeOf(stored) === 'number' ? plainNumber(String(stored)) : inner;
  });
}
