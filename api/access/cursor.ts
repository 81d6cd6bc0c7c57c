import mongoose from 'mongoose';
import { LetheError } from '../../src/base/errors.ts';
import type { Position } from '../../src/contracts/access/read-records.ts';
import { bsonTypeOf } from '../../src/lib/bson-type.ts';

const { EJSON } = mongoose.mongo.BSON;

/** What an `_id` in a cursor may be: whoever writes one by hand must not bring an operator in. */
const ID_TYPES = new Set(['string', 'number', 'objectId', 'binData', 'date']);

/** A position as text that means nothing to the caller. */
export function writeCursor({ source, pass, at, id }: Position): string {
  return Buffer.from(EJSON.stringify([source, pass, at, id], { relaxed: false })).toString('base64url');
}

/** @throws LetheError `bad_input` when it is no cursor of ours */
export function readCursor(text: string): Position {
  const parts = parse(text);
  if (Array.isArray(parts) && parts.length === 4) {
    const [source, place, at, id] = parts as unknown[];
    const pass = bsonTypeOf(place) === 'number' ? Number(place) : Number.NaN;
    const isDate = at instanceof Date && !Number.isNaN(at.getTime());
    if (
      typeof source === 'string' &&
      (pass === 0 || pass === 1 || pass === 2) &&
      (isDate || (at === null && pass > 0)) &&
      ID_TYPES.has(bsonTypeOf(id))
    )
      return { source, pass, at: isDate ? at : null, id };
  }
  throw new LetheError('bad_input', 'cursor is not one that was given out');
}

function parse(text: string): unknown {
  try {
    return EJSON.parse(Buffer.from(text, 'base64url').toString('utf8'), { relaxed: false });
  } catch {
    return undefined;
  }
}
