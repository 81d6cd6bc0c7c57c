import type { LogPosition } from '../../src/contracts/interactions/log.ts';
import { decodeCursor, encodeCursor, isMoment, isPlainId } from '../http/cursor.ts';

/** A position in the log, as text. */
export function writeCursor({ at, name, id }: LogPosition): string {
  return encodeCursor([at, name, id]);
}

/** @returns null for a text that is no cursor */
export function readCursor(text: string): LogPosition | null {
  const [at, name, id] = decodeCursor(text, 3) ?? [];
  return isMoment(at) && typeof name === 'string' && isPlainId(id) ? { at, name, id } : null;
}
