import mongoose from 'mongoose';
import { bsonTypeOf } from '../lib/bson-type.ts';
import { type CountryCode, countriesOf } from '../phone/countries.ts';
import { maskNumber } from '../phone/mask.ts';
import { isPhoneNumber, type PhoneNumber } from '../phone/number.ts';
import type { CollectionMap } from './map/schema.ts';
import type { Replacements } from './map/strategies.ts';
import { writeTemplate } from './map/templates.ts';
import { writingsOf } from './writings.ts';

const { Binary, Long, ObjectId } = mongoose.mongo;

/** Whose records: one number on one account, with every value a record may hold it as. */
export interface Subject extends Replacements {
  /** When the change is made, for records that note it. */
  readonly now: Date;
  readonly number: PhoneNumber;
  /** The value of the platform's own account field. */
  readonly account: AccountValue;
  /**
   * Strings and Int64: MongoDB compares Int32, Int64, Double and Decimal128 by value. Where templates of the map have an
   * open tail, expressions that are anchored and begin with the number.
   */
  readonly values: readonly NumberValue[];
  /** What may be this number and another, for those who must not pass it over; empty for all others. */
  readonly doubtful: readonly NumberValue[];
  /** Where `values` are all that can be listed: those of them that nearly all records have. */
  readonly likely?: readonly NumberValue[];
  /** The values are those of one place already. */
  readonly isPlaced?: boolean;
  /** Whose national writings are read. */
  readonly countries: readonly CountryCode[];
}

/** One value for an equality search. */
export type NumberValue = string | InstanceType<typeof Long> | RegExp;

/** What a platform's account field may hold; a UUID is a binary value of its own subtype. */
export type AccountValue =
  | string
  | number
  | InstanceType<typeof ObjectId>
  | InstanceType<typeof Binary>
  | InstanceType<typeof Long>;

/**
 * The selector of one number.
 * @throws TypeError when the number or the account is not one: a filter made from nothing would select everything
 */
export function numberSubject(
  number: PhoneNumber,
  account: AccountValue,
  token: string,
  now = new Date(),
  countries: readonly CountryCode[] = countriesOf([number]),
): Subject {
  if (!isPhoneNumber(number)) throw new TypeError('not a phone number');
  assertAccount(account);
  return {
    number,
    account,
    token,
    now,
    masked: maskNumber(number),
    values: usualValues(number, countries),
    doubtful: [],
    countries,
  };
}

/**
 * The values a record usually holds a number as, for an equality search.
 * @param countries whose national writings are meant
 */
function usualValues(number: PhoneNumber, countries: readonly CountryCode[]): Subject['values'] {
  const { usual, integers } = writingsOf(number, countries);
  return [...usual, ...integers.map((value) => Long.fromBigInt(value))];
}

/**
 * Every value that can be listed, some hundred.
 * @param countries whose national writings are meant
 * @throws TypeError when it is no number: a filter made from nothing would select everything
 */
export function everyValue(number: PhoneNumber, countries: readonly CountryCode[]): Subject['values'] {
  if (!isPhoneNumber(number)) throw new TypeError('not a phone number');
  const { every, integers } = writingsOf(number, countries);
  return [...every, ...integers.map((value) => Long.fromBigInt(value))];
}

/**
 * The same subject with every value that can be listed: for questions whose answer must not hang on how usual a writing
 * is. A search for it costs some hundred looks.
 */
export function inEveryWriting(subject: Subject): Subject {
  const every = everyValue(subject.number, subject.countries);
  const known = new Set(every);
  // A writing that was seen in a record, and is in no list.
  const others = subject.values.filter((value) => typeof value === 'string' && !known.has(value));
  return { ...subject, values: [...every, ...others], likely: subject.likely ?? subject.values };
}

/** The same subject with the values that nearly all records have: what else there is, a search with all of them tells. */
export function inLikelyWritings({ likely, ...subject }: Subject): Subject {
  return likely ? { ...subject, values: likely } : subject;
}

/** The same subject with writings that were seen in records of the person: they need not be in any list. */
export function withWritings(subject: Subject, writings: readonly string[]): Subject {
  return { ...subject, values: [...new Set([...subject.values, ...writings])] };
}

/** The same subject with what may be its number and another: for an erasure that must not pass it over. */
export function withDoubtful(subject: Subject): Subject {
  const { strings, integers } = writingsOf(subject.number, subject.countries).doubtful;
  return { ...subject, doubtful: [...strings, ...integers.map((value) => Long.fromBigInt(value))] };
}

/** The subject as a place holds it that nothing but look-ups sees, or whose map says what becomes of doubtful values. */
export function subjectIn(entry: Pick<CollectionMap, 'scan' | 'ambiguous'>, subject: Subject): Subject {
  if (subject.isPlaced) return subject;
  const wide = entry.scan ? subject : inEveryWriting(subject);
  return entry.ambiguous === 'erase' ? { ...wide, values: [...wide.values, ...wide.doubtful] } : wide;
}

/**
 * The subject as one place of the map holds it: its values, and those in the place's templates.
 * @throws TypeError when it is no number
 */
export function subjectAt(subject: Subject, templates: readonly string[]): Subject {
  if (templates.length === 0 || subject.isPlaced) return subject;
  if (!isPhoneNumber(subject.number)) throw new TypeError('not a phone number');
  const plain = subject.values.filter((value): value is string => typeof value === 'string' && /^\d+$/.test(value));
  const national = plain.filter((value) => !value.includes(subject.number));
  const digits = { plain, plus: `+${subject.number}`, national };
  return { ...subject, values: [...subject.values, ...templates.flatMap((one) => writeTemplate(one, digits))] };
}

/** Says of a stored value whether it is the number in one of its forms, as MongoDB's equality would. */
export function matcherOf(subject: Pick<Subject, 'values'>): (value: unknown) => boolean {
  const strings = new Set(subject.values.filter((value) => typeof value === 'string'));
  const openTails = subject.values.filter((value) => value instanceof RegExp);
  // By value: a decimal may stand as 447700900123.0. No number has more digits than a double can tell apart.
  const integers = new Set(subject.values.filter((value) => value instanceof Long).map(Number));
  return (value) =>
    typeof value === 'string'
      ? strings.has(value) || openTails.some((one) => one.test(value))
      : bsonTypeOf(value) === 'number' && integers.has(Number(String(value)));
}

/** @throws TypeError when a filter on this account would not name one */
export function assertAccount(account: unknown): asserts account is AccountValue {
  const usable =
    (typeof account === 'string' && account !== '') ||
    (typeof account === 'number' && Number.isFinite(account)) ||
    account instanceof ObjectId ||
    account instanceof Long ||
    (account instanceof Binary && account.sub_type === Binary.SUBTYPE_UUID && account.position === 16);
  if (!usable) throw new TypeError('an account is needed for every filter');
}

/** A form of a number has seven digits at least. */
const FORM = /^(?:\P{Nd}*\p{Nd}){7}/u;
const SMALLEST = Long.fromNumber(1_000_000);
/** An expression from a template: anchored, and seven digits before anything is left open. */
const OPEN_TAIL = /^\^(?:[^\d[]*\d){7}/;

/** @throws TypeError when a filter on this subject would match more than one number on one account */
export function assertSubject(subject: Pick<Subject, 'account' | 'values'>): void {
  assertAccount(subject.account);
  const values: unknown = subject.values;
  const usable =
    Array.isArray(values) &&
    values.length > 0 &&
    values.every((value: unknown) => {
      if (typeof value === 'string') return FORM.test(value);
      if (value instanceof RegExp) return OPEN_TAIL.test(value.source);
      return value instanceof Long && value.gte(SMALLEST);
    });
  if (!usable) throw new TypeError('a number is needed for every filter');
}
