import { LetheError } from '../../src/base/errors.ts';
import { MOST_PASSES, type Position } from '../../src/contracts/access/read-records.ts';
import { bsonTypeOf } from '../../src/lib/bson-type.ts';
import { decodeCursor, encodeCursor, isMoment, isPlainId } from '../http/cursor.ts';

/** A position in the records, as text. */
export function writeCursor({ source, pass, at, id }: Position): string {
  return encodeCursor([source, pass, at, id]);
}

/** @throws LetheError `bad_input` when it is no cursor that was given out */
export function readCursor(text: string): Position {
  const [source, place, at, id] = decodeCursor(text, 4) ?? [];
  const pass = bsonTypeOf(place) === 'number' ? Number(place) : Number.NaN;
  // Only records without a readable time, which come in the passes after the first, have a position without one.
  const isPlaced = isMoment(at) || (at === null && pass > 0);
  const isPass = Number.isInteger(pass) && pass >= 0 && pass <= MOST_PASSES;
  if (typeof source === 'string' && isPass && isPlaced && isPlainId(id)) return { source, pass, at, id };
  throw new LetheError('bad_input', 'cursor is not one that was given out');
}
