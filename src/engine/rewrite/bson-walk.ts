import mongoose from 'mongoose';
import { FEWEST_DIGITS } from '../../phone/interpret.ts';
import type { NumberMatcher } from '../../phone/matcher.ts';
import { semiOctetsIn } from '../../phone/semi-octets.ts';
import { SEXTETS, SHORTEST_TOKEN, tokenMayHold } from './base64-digits.ts';
import { mayHoldEnum } from './enum.ts';
import { hexMayHold, SHORTEST_HEX } from './hex.ts';
import { digitsOf } from './values.ts';
import { createOpener, walk } from './walk.ts';

const { Binary, BSON, Decimal128 } = mongoose.mongo;

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

/** BSON's element types. */
const TYPE = {
  double: 1,
  text: 2,
  document: 3,
  array: 4,
  binary: 5,
  regex: 11,
  pointer: 12,
  code: 13,
  symbol: 14,
  scopedCode: 15,
  int32: 16,
  int64: 18,
  decimal: 19,
} as const;

/** Lengths of values, for the types whose values are all of one. */
const LENGTHS: Readonly<Record<number, number>> = {
  [TYPE.double]: 8,
  [TYPE.int32]: 4,
  [TYPE.int64]: 8,
  [TYPE.decimal]: 16,
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
  const end = start + lengthAt(bytes, start, 5) - 1;
  // A list, or an object with indexes: `bufferData: [52, 52, 55]`.
  const isList = bytes[start + 5] === ZERO && bytes[start + 6] === 0;
  let digits = 0;
  let at = start + 4;
  while (at < end) {
    const type = bytes.readUInt8(at);
    const afterName = endOfName(bytes, at + 1);
    // The keys of an array are its indexes.
    if (!isArray && textMayHold(reading, at + 1, afterName - 1)) return true;
    const size = LENGTHS[type] ?? sizeOf(bytes, type, afterName);
    if (size === undefined || valueMayHold(reading, type, afterName, size)) return true;
    if (isList && isDigitCode(bytes, type, afterName)) digits += 1;
    at = afterName + size;
  }
  return (
    digits >= FEWEST_DIGITS && holds(reading, BSON.deserialize(bytes.subarray(start, end + 1), { promoteLongs: false }))
  );
}

const ZERO = 0x30;

/** Is the value a digit, as a character is coded? */
function isDigitCode(bytes: Buffer, type: number, at: number): boolean {
  if (type !== TYPE.int32 && type !== TYPE.double && type !== TYPE.int64) return false;
  const value = type === TYPE.double ? bytes.readDoubleLE(at) : bytes.readInt32LE(at);
  return value >= ZERO && value <= ZERO + 9;
}

/** How many bytes a value takes up; undefined for a type that does not exist. */
function sizeOf(bytes: Buffer, type: number, at: number): number | undefined {
  switch (type) {
    case TYPE.text:
    case TYPE.code:
    case TYPE.symbol:
      return 4 + lengthAt(bytes, at, 1);
    case TYPE.document:
    case TYPE.array:
    case TYPE.scopedCode:
      return lengthAt(bytes, at, 5);
    case TYPE.binary:
      return 5 + lengthAt(bytes, at, 0);
    case TYPE.regex:
      return endOfName(bytes, endOfName(bytes, at)) - at;
    case TYPE.pointer:
      return 4 + lengthAt(bytes, at, 1) + 12;
    default:
      return undefined;
  }
}

function valueMayHold(reading: Reading, type: number, at: number, size: number): boolean {
  const { bytes } = reading;
  switch (type) {
    case TYPE.text:
    case TYPE.code:
    case TYPE.symbol:
      return textMayHold(reading, at + 4, at + size - 1);
    case TYPE.document:
    case TYPE.array:
      return documentMayHold(reading, at, type === TYPE.array);
    case TYPE.int32:
      return numberMayHold(reading, bytes.readInt32LE(at));
    case TYPE.double:
      return numberMayHold(reading, bytes.readDoubleLE(at));
    case TYPE.int64:
      return numberMayHold(reading, bytes.readBigInt64LE(at));
    case TYPE.decimal:
      return holds(reading, new Decimal128(Uint8Array.from(bytes.subarray(at, at + size))));
    case TYPE.binary:
      return binaryMayHold(reading, at, size);
    case TYPE.regex:
      return textMayHold(reading, at, endOfName(bytes, at) - 1);
    case TYPE.scopedCode: {
      const scope = at + 8 + lengthAt(bytes, at + 4, 1);
      return textMayHold(reading, at + 8, scope - 1) || documentMayHold(reading, scope, false);
    }
    default:
      return false;
  }
}

/** The length written there. @throws RangeError when no value is so short: the next would be this one again */
function lengthAt(bytes: Buffer, at: number, least: number): number {
  const length = bytes.readInt32LE(at);
  if (length < least) throw new RangeError('a value of no length');
  return length;
}

/** After the zero that ends a name. */
function endOfName(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== 0) at += 1;
  if (at >= bytes.length) throw new RangeError('a name without end');
  return at + 1;
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

function binaryMayHold(reading: Reading, at: number, size: number): boolean {
  const { bytes } = reading;
  const subtype = bytes.readUInt8(at + 4);
  // The old form has its length twice.
  const start = at + 5 + (subtype === 2 ? 4 : 0);
  const content = bytes.subarray(start, at + size);
  const mayHold = countDigits(content) >= FEWEST_DIGITS || !semiOctetsIn(content).next().done;
  return mayHold && holds(reading, new Binary(content, subtype));
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
    isEncoded ||= isEncodedFrom(bytes, token, at);
    token = at + 1;
  }
  isEncoded ||= isEncodedFrom(bytes, token, end);
  if (!isEncoded && digits < FEWEST_DIGITS) return false;
  const text = bytes.toString('utf8', start, end);
  if (reading.matcher.find(text).length > 0) return true;
  return (isEncoded || JSON_BEGINS.test(text) || mayHoldEnum(text)) && holds(reading, text);
}

function isEncodedFrom(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length < SHORTEST_TOKEN) return false;
  return tokenMayHold(bytes, start, end) || (length >= SHORTEST_HEX && hexMayHold(bytes, start, end));
}
