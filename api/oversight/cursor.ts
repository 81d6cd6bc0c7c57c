import mongoose from 'mongoose';
import type { AuditPosition } from '../../src/ledger/audit/read.ts';
import { decodeCursor, encodeCursor, isMoment } from '../http/cursor.ts';

/** A position in the audit, as text. */
export function writeCursor({ at, id }: AuditPosition): string {
  return encodeCursor([at, id]);
}

/** @returns null for a text that is no cursor */
export function readCursor(text: string): AuditPosition | null {
  const [at, id] = decodeCursor(text, 2) ?? [];
  return isMoment(at) && id instanceof mongoose.mongo.ObjectId ? { at, id } : null;
}
