import mongoose from 'mongoose';
import type { NumberMatcher } from '../../phone/matcher.ts';
import { SEXTETS, SHORTEST_TOKEN, tokenMayHold } from './base64-digits.ts';
import { digitsOf } from './values.ts';
import { createOpener, walk } from './walk.ts';

const { Binary, Decimal128 } = mongoose.mongo;

/** Fewer digits make no number. */
const FEWEST_DIGITS = 7;
const SMALLEST = 10 ** (FEWEST_DIGITS - 1);

/**
 * Does a document perhaps hold one of the numbers? Reads the bytes of BSON as they come from the server and decodes only
 * what may be a number, so that most documents are never made into objects. What `rewrite` finds is never missed; of
 * what it does not find, little passes.
 * @param raw one document; bytes that are no BSON pass, for the driver to complain of
 */
export function mayHoldNumber(raw: Uint8Array, matcher: NumberMatcher): boolean {
  try {
    const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
    return bytes.readInt32LE(0) !== bytes.length || documentMayHold({ bytes, matcher }, 0, false);
  } catch (error) {
    // A length that leads out of the document.
    if ((error as Error).name === 'RangeError') return true;
    throw error;
  }
}

interface Reading {
  readonly bytes: Buffer;
  readonly matcher: NumberMatcher;
}

/** BSON's element types with values of one length that hold no text and no number. */
const LENGTHS: Readonly<Record<number, number>> = {
  6: 0, // undefined
  7: 12, // ObjectId
  8: 1, // boolean
  9: 8, // date
  10: 0, // null
  17: 8, // timestamp
  127: 0, // greatest
  255: 0, // smallest
};

function documentMayHold(reading: Reading, start: number, isArray: boolean): boolean {
  const { bytes } = reading;
  const end = start + bytes.readInt32LE(start) - 1;
  let at = start + 4;
  while (at < end) {
    const type = bytes.readUInt8(at);
    const afterName = endOfName(bytes, at + 1);
    // The keys of an array are its indexes.
    if (!isArray && textMayHold(reading, at + 1, afterName - 1)) return true;
    at = afterName;
    const length = LENGTHS[type];
    if (length !== undefined) at += length;
    else if (type === 2 || type === 13 || type === 14) {
      const size = bytes.readInt32LE(at);
      if (textMayHold(reading, at + 4, at + 3 + size)) return true;
      at += 4 + size;
    } else if (type === 3 || type === 4) {
      if (documentMayHold(reading, at, type === 4)) return true;
      at += bytes.readInt32LE(at);
    } else if (type === 5) {
      if (binaryMayHold(reading, at)) return true;
      at += 5 + bytes.readInt32LE(at);
    } else if (type === 16) {
      if (numberMayHold(reading, bytes.readInt32LE(at))) return true;
      at += 4;
    } else if (type === 1) {
      if (numberMayHold(reading, bytes.readDoubleLE(at))) return true;
      at += 8;
    } else if (type === 18) {
      if (numberMayHold(reading, bytes.readBigInt64LE(at))) return true;
      at += 8;
    } else if (type === 19) {
      if (holds(reading, new Decimal128(Uint8Array.from(bytes.subarray(at, at + 16))))) return true;
      at += 16;
    } else if (type === 11) {
      const afterPattern = endOfName(bytes, at);
      if (textMayHold(reading, at, afterPattern - 1)) return true;
      at = endOfName(bytes, afterPattern);
    } else if (type === 12) {
      at += 4 + bytes.readInt32LE(at) + 12;
    } else if (type === 15) {
      const code = at + 4;
      const size = bytes.readInt32LE(code);
      if (textMayHold(reading, code + 4, code + 3 + size)) return true;
      if (documentMayHold(reading, code + 4 + size, false)) return true;
      at += bytes.readInt32LE(at);
    } else return true;
  }
  return false;
}

/** After the zero that ends a name. */
function endOfName(bytes: Buffer, start: number): number {
  const zero = bytes.indexOf(0, start);
  if (zero === -1) throw new RangeError('a name without end');
  return zero + 1;
}

/** What `rewrite` itself would find in the value. */
function holds({ matcher }: Reading, value: unknown): boolean {
  return walk(value, matcher, createOpener()).length > 0;
}

function numberMayHold({ matcher }: Reading, value: number | bigint): boolean {
  if (value < SMALLEST && value > -SMALLEST) return false;
  const digits = digitsOf(value);
  return digits !== undefined && matcher.findNumber(digits).length > 0;
}

function binaryMayHold(reading: Reading, at: number): boolean {
  const { bytes } = reading;
  const size = bytes.readInt32LE(at);
  const subtype = bytes.readUInt8(at + 4);
  // The old form has its length twice.
  const start = at + 5 + (subtype === 2 ? 4 : 0);
  const content = bytes.subarray(start, at + 5 + size);
  return countDigits(content) >= FEWEST_DIGITS && holds(reading, new Binary(content, subtype));
}

function countDigits(bytes: Uint8Array): number {
  let digits = 0;
  for (const byte of bytes) if (byte >= 0x30 && byte <= 0x39) digits += 1;
  return digits;
}

const JSON_BEGINS = /^\s*[[{"]/;

/** One look at the bytes sorts out most texts. */
function textMayHold(reading: Reading, start: number, end: number): boolean {
  const { bytes } = reading;
  if (end > bytes.length) throw new RangeError('a text without end');
  if (end - start < FEWEST_DIGITS) return false;
  let digits = 0;
  let token = start;
  let isEncoded = false;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    // The first byte of a character beyond ASCII, which may be a digit of another script.
    if ((byte >= 0x30 && byte <= 0x39) || byte >= 0xc0) digits += 1;
    if ((SEXTETS[byte] as number) >= 0) continue;
    isEncoded ||= at - token >= SHORTEST_TOKEN && tokenMayHold(bytes, token, at);
    token = at + 1;
  }
  isEncoded ||= end - token >= SHORTEST_TOKEN && tokenMayHold(bytes, token, end);
  if (!isEncoded && digits < FEWEST_DIGITS) return false;
  const text = bytes.toString('utf8', start, end);
  if (reading.matcher.find(text).length > 0) return true;
  return (isEncoded || JSON_BEGINS.test(text)) && holds(reading, text);
}
