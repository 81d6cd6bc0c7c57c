import mongoose from 'mongoose';
import type { AccountValue } from '../src/engine/subject.ts';

const { Long, ObjectId, UUID } = mongoose.mongo;

export const RECORDS_ID_TYPES = ['string', 'int', 'objectid', 'uuid', 'long'] as const;
export type RecordsIdType = (typeof RECORDS_ID_TYPES)[number];

/**
 * What the platform's records hold in their account field, from the command line. The type matters: MongoDB never
 * finds the string `7` where the number 7 is stored.
 * @returns the value, or null when the text is none of this type
 */
export function readRecordsId(text: string, type: RecordsIdType): AccountValue | null {
  switch (type) {
    case 'string':
      return text.trim() === '' ? null : text;
    case 'int': {
      const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
      return Number.isSafeInteger(value) ? value : null;
    }
    case 'long': {
      const value = /^-?\d{1,19}$/.test(text) ? Long.fromString(text) : null;
      return value !== null && value.toString() === text ? value : null;
    }
    case 'uuid':
      return UUID.isValid(text) && text.length === 36 ? new UUID(text) : null;
    case 'objectid':
      return /^[0-9a-f]{24}$/i.test(text) ? new ObjectId(text) : null;
  }
}
