import mongoose from 'mongoose';

const { ObjectId, UUID } = mongoose.mongo;

const FEWEST_DIGITS = 7;
const LONGEST = 100;
const UUID_TEXT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * A record's `_id` as a text that may be said aloud: it names a record, and no person by their number.
 * @returns undefined for one with as many digits as a number has, in base64, too, and for documents and bytes
 */
export function speakableId(id: unknown): string | undefined {
  if (id instanceof ObjectId) return id.toHexString();
  if (id instanceof Date) return Number.isNaN(id.getTime()) ? undefined : id.toISOString();
  if (typeof id === 'object' && !(id instanceof UUID)) return undefined;
  const text = String(id);
  if (UUID_TEXT.test(text)) return text;
  return text.length > LONGEST || digitsIn(text) >= FEWEST_DIGITS || isEncoded(text) ? undefined : text;
}

const digitsIn = (text: string) => text.replace(/\P{Nd}/gu, '').length;

/** Base64 of what has as many digits, wherever in the text it begins. */
function isEncoded(text: string): boolean {
  const shifts = [0, 1, 2, 3];
  return (text.match(/[A-Za-z0-9+/_-]{12,}/g) ?? []).some((token) =>
    shifts.some((shift) => digitsIn(Buffer.from(token.slice(shift), 'base64').toString('latin1')) >= FEWEST_DIGITS),
  );
}
