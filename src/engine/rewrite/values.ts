import mongoose from 'mongoose';
import { bsonTypeOf } from '../../lib/bson-type.ts';
import { FEWEST_DIGITS } from '../../phone/interpret.ts';
import { applyStrategy, type Replacements, type Strategy } from '../map/strategies.ts';
import { REMOVED } from './edits.ts';

const { Binary, DBRef } = mongoose.mongo;

export type PlainObject = Readonly<Record<string, unknown>>;

/** A document or a document within one; no date, no ObjectId, no other BSON type. */
export function isPlainObject(value: unknown): value is PlainObject {
  // The driver's class for `{$ref, $id}` has other names than the fields that are stored.
  return typeof value === 'object' && value !== null && bsonTypeOf(value) === 'object' && !(value instanceof DBRef);
}

/** What an array or object holds at a place; undefined where there is none. */
export function childOf(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return typeof key === 'number' ? value[key] : undefined;
  return isPlainObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** A decimal as the driver prints it: `4.47700900123E+11`, `447700900123.0`, `-7`. */
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i;
/** No number has more digits; longer ones are not written out. */
const LONGEST = 40;

/**
 * A number of any BSON type as plain digits, with a minus where there is one.
 * @returns undefined for what is no whole number, and for NaN and infinities
 */
export function digitsOf(value: unknown): string | undefined {
  if (bsonTypeOf(value) !== 'number') return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(String(value)) ?? [];
  const shift = Number(exponent);
  if (whole === '' || Math.abs(shift) > LONGEST) return undefined;
  const digits = whole + fraction.padEnd(shift, '0');
  const point = whole.length + shift;
  if (point <= 0 || /[1-9]/.test(digits.slice(point))) return undefined;
  return sign + (digits.slice(0, point).replace(/^0+/, '') || '0');
}

/** Binary subtypes that hold what an application puts in; the others are ids, digests, ciphers and vectors. */
const isPayload = (subtype: number) => subtype === 0 || subtype === 2 || subtype >= 128;

/** The bytes of a binary value in which a text may be; undefined for other values, UUIDs among them. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Binary) return isPayload(value.sub_type) ? value.value() : undefined;
  return value instanceof Uint8Array ? value : undefined;
}

/**
 * The bytes of a list of small numbers, as `JSON.stringify` makes of a Buffer, or of an object that has them by their
 * indexes, as it makes of a `Uint8Array`; undefined for everything else.
 */
export function byteListOf(value: unknown): Uint8Array | undefined {
  const isList = Array.isArray(value);
  if (!isList && !(isPlainObject(value) && Object.hasOwn(value, '0'))) return undefined;
  const items: unknown[] = isList ? value : Object.values(value);
  if (items.length < FEWEST_DIGITS || !items.every(isByte)) return undefined;
  const isOther = !isList && Object.keys(value).some((key, index) => key !== String(index));
  return isOther ? undefined : Uint8Array.from(items, Number);
}

function isByte(value: unknown): boolean {
  const byte = typeof value === 'number' ? value : Number(digitsOf(value) ?? -1);
  return byte >= 0 && byte <= 0xff && Number.isInteger(byte);
}

/** The same kind of value with other bytes. */
export function withBytes(value: unknown, bytes: Uint8Array): unknown {
  if (Array.isArray(value)) return [...bytes];
  if (isPlainObject(value)) return { ...bytes };
  return value instanceof Binary ? new Binary(bytes, value.sub_type) : bytes;
}

const isNothing = (value: unknown) =>
  value === undefined ||
  value === null ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isPlainObject(value) && Object.keys(value).length === 0);

/**
 * What a strategy makes of a field's value: a value of the same kind, so that the platform's own models still load and
 * save the record. What is nothing stays. A list becomes [] or a list, an object {} or an object; numbers, dates and
 * other typed values become null, as no text may stand in their place.
 * @returns `REMOVED` when the field goes
 */
export function changeValue(value: unknown, strategy: Strategy, words: Replacements): unknown {
  if (isNothing(value)) return value;
  const change = applyStrategy(strategy, 'string', words);
  if (change === 'keep') return value;
  if (change === 'unset') return REMOVED;
  const written = change.set;
  if (Array.isArray(value) || isPlainObject(value))
    return written === null || written === '' ? (Array.isArray(value) ? [] : {}) : replaceLeaves(value, written);
  return typeof value === 'string' ? written : null;
}

/** Ids and yes or no say nothing by themselves, and models need them. */
const STAYS: readonly string[] = ['objectId', 'bool'];

/** A key that may be somebody's number is no name of a field. */
const MANY_DIGITS = /(?:\p{Nd}\P{Nd}*){7}/u;

function replaceLeaves(value: unknown, written: unknown): unknown {
  if (isNothing(value)) return value;
  if (Array.isArray(value)) return value.map((element) => replaceLeaves(element, written));
  if (isPlainObject(value)) {
    const kept = Object.entries(value).filter(([key]) => !MANY_DIGITS.test(key));
    return Object.fromEntries(kept.map(([key, inner]) => [key, replaceLeaves(inner, written)]));
  }
  if (typeof value === 'string') return written;
  return STAYS.includes(bsonTypeOf(value)) ? value : null;
}
