import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

/** A phone number as the digits of E.164 without the plus, country code first: `447700900123`. */
export type PhoneNumber = string & { readonly __brand: 'PhoneNumber' };

export type PhoneNumberFault = 'missing' | 'type' | 'format' | 'prefix' | 'impossible';

/** What reading a number gives. A fault names the rule that was broken and never repeats the input. */
export type ParsedNumber = { ok: true; number: PhoneNumber } | { ok: false; reason: PhoneNumberFault };

/** E.164 allows 15 digits, country code included; seven is the shortest this project will search a database for. */
const SHAPE = /^[1-9][0-9]{6,14}$/;
const DIGITS = /^[0-9]+$/;
const PLUS_AND_DIGITS = /^\+[0-9]{7,15}$/;

/**
 * Says whether a value has the shape of a stored subject number: a string of 7 to 15 ASCII digits, not led by a zero.
 * Meant as the last assertion before a database filter is built, where `undefined` or an object would match the wrong
 * records. It checks the shape alone; whether the numbering plan knows such a number was settled when it was parsed.
 */
export function isPhoneNumber(value: unknown): value is PhoneNumber {
  return typeof value === 'string' && SHAPE.test(value);
}

/**
 * Reads the number of a forget request: an integer, or a string of ASCII digits and nothing else (no plus, no spaces),
 * that begins with one of `prefixes` (`['44']`) and is a possible number. Possible, not valid: numbering plans change
 * faster than any library's data, and a person's number must not be refused because it was issued last week.
 *
 * Never throws. The reasons, in the order they are looked for:
 * - `missing`: undefined, null or an empty string
 * - `type`: neither a number nor a string
 * - `format`: a float, a negative, an unsafe integer, NaN, or a string holding anything but digits
 * - `prefix`: begins with none of `prefixes`; an empty list lets nothing through
 * - `impossible`: no number of that country has this length, or it holds a trunk zero after the country code
 */
export function parseSubjectNumber(input: unknown, prefixes: readonly string[]): ParsedNumber {
  if (input === undefined || input === null || input === '') return refuse('missing');
  if (typeof input !== 'string' && typeof input !== 'number') return refuse('type');
  if (typeof input === 'number' && !(Number.isSafeInteger(input) && input >= 0)) return refuse('format');

  const digits = String(input);
  if (!DIGITS.test(digits)) return refuse('format');
  if (!prefixes.some((prefix) => prefix !== '' && digits.startsWith(prefix))) return refuse('prefix');
  return parsePossible(digits);
}

/**
 * Reads an E.164 number as it stands in a path: a plus, then 7 to 15 digits that make a possible number of some country.
 * Never throws; the reasons are those of `parseSubjectNumber`, without `prefix`.
 */
export function parseE164(input: string): ParsedNumber {
  if (input === undefined || input === null || input === '') return refuse('missing');
  if (typeof input !== 'string') return refuse('type');
  if (!PLUS_AND_DIGITS.test(input)) return refuse('format');
  return parsePossible(input.slice(1));
}

/**
 * Reads an E.164 number by its form alone: 7 to 15 digits, with or without a plus, not led by a zero. Whether a country
 * has numbers of that length is not asked: who asks to be erased need not wait for a numbering plan to be updated. A
 * trunk zero after the country code is refused all the same, as no record would be found by it.
 * Never throws; the reasons are those of `parseSubjectNumber`, without `prefix`.
 */
export function parseE164Form(input: string): ParsedNumber {
  if (input === '' || input === '+') return refuse('missing');
  const digits = input.replace(/^\+/, '');
  if (!isPhoneNumber(digits)) return refuse('format');
  const parsed = parsePhoneNumberFromString(`+${digits}`);
  const dropsZero = parsed !== undefined && digits === `${parsed.countryCallingCode}0${parsed.nationalNumber}`;
  return dropsZero && parsed.number !== `+${digits}` ? refuse('impossible') : { ok: true, number: digits };
}

/**
 * Says whether a string of digits, read after a plus, makes a possible number of some country. The parser drops a trunk
 * zero (`4407700…`); such a writing is refused, because the digits would no longer be the ones the caller sent.
 */
export function isPossibleE164(digits: string): boolean {
  if (!SHAPE.test(digits)) return false;
  const parsed = parsePhoneNumberFromString(`+${digits}`);
  return parsed?.isPossible() === true && parsed.number === `+${digits}`;
}

function parsePossible(digits: string): ParsedNumber {
  return isPhoneNumber(digits) && isPossibleE164(digits) ? { ok: true, number: digits } : refuse('impossible');
}

function refuse(reason: PhoneNumberFault): ParsedNumber {
  return { ok: false, reason };
}
