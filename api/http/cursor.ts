import mongoose from 'mongoose';
import { bsonTypeOf } from '../../src/lib/bson-type.ts';

const { EJSON, serialize } = mongoose.mongo.BSON;

/** The parts of a position as text that means nothing to the caller. */
export function encodeCursor(parts: readonly unknown[]): string {
  // Not relaxed: a long number would lose its last digits, and the next page rows.
  return Buffer.from(EJSON.stringify(parts, { relaxed: false })).toString('base64url');
}

/**
 * Reads a cursor that a caller brings back, or one that somebody wrote by hand: check every part before a query is made
 * of it.
 * @returns null for a text that is no list of so many parts
 */
export function decodeCursor(text: string, length: number): unknown[] | null {
  try {
    const parts: unknown = EJSON.parse(Buffer.from(text, 'base64url').toString('utf8'), { relaxed: false });
    return Array.isArray(parts) && parts.length === length ? parts : null;
  } catch {
    return null;
  }
}

const ID_TYPES = new Set(['string', 'number', 'objectId', 'binData', 'date']);

/** Is it a value an `_id` may have, and no operator or pattern? */
export function isPlainId(value: unknown): boolean {
  return ID_TYPES.has(bsonTypeOf(value)) && isStorable(value);
}

/** The driver looks into some kinds of values only when it sends them: a vector of a length that cannot be. */
function isStorable(value: unknown): boolean {
  try {
    serialize({ value });
    return true;
  } catch {
    return false;
  }
}

export function isMoment(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime());
}
