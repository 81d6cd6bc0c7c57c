import { z } from 'zod';
import { LetheError } from '../../src/base/errors.ts';
import type { CountryCode } from '../../src/phone/countries.ts';
import { isSpeakable } from '../../src/phone/hide-digits.ts';
import { type PhoneNumber, type PhoneNumberFault, parseSubjectNumber } from '../../src/phone/number.ts';
import { createNumberReader } from '../../src/phone/reader.ts';
import { MOMENT_RULE, readMoment } from './moments.ts';
import { tellIssue } from './unknown-fields.ts';

const NUMBER_FAULTS: Record<PhoneNumberFault, string> = {
  missing: 'is missing',
  type: 'must be an integer, or a string of digits without a plus',
  format: 'must be an integer, or a string of digits without a plus or spaces',
  prefix: 'must begin with a country code that is served here',
  impossible: 'is not a possible phone number',
};

/** What is wrong with a number, without the number. @param prefixes the country codes that are served */
export function tellNumberFault(fault: PhoneNumberFault, prefixes: readonly string[]): string {
  return NUMBER_FAULTS[fault] + (fault === 'prefix' ? `: ${prefixes.join(', ')}` : '');
}

/**
 * A data subject's number.
 * @param prefixes the country codes that are served
 */
export const phoneNumber = (prefixes: readonly string[]) =>
  z
    .unknown()
    .transform((value, context): PhoneNumber => {
      const parsed = parseSubjectNumber(value, prefixes);
      if (parsed.ok) return parsed.number;
      context.addIssue({ code: 'custom', message: tellNumberFault(parsed.reason, prefixes) });
      return z.NEVER;
    })
    .meta({
      type: ['integer', 'string'],
      example: '447700900123',
      description: `International digits without a plus, beginning with ${prefixes.join(' or ')}`,
    });

/**
 * A number as a person types it: as a request takes it, with a plus, or in a national writing.
 * @param prefixes the country codes that are served
 * @param countries whose national writings are understood
 */
export const typedNumber = (prefixes: readonly string[], countries: readonly CountryCode[]) =>
  z
    .unknown()
    .transform((value, context): PhoneNumber => {
      const read = readTyped(value, prefixes, countries);
      if (typeof read !== 'object') return read;
      context.addIssue({ code: 'custom', message: read.fault });
      return z.NEVER;
    })
    .meta({
      type: ['integer', 'string'],
      example: '07700 900123',
      description: `In any writing; of a country whose code is ${prefixes.join(' or ')}`,
    });

const LONGEST_TYPED = 60;

function readTyped(
  value: unknown,
  prefixes: readonly string[],
  countries: readonly CountryCode[],
): PhoneNumber | { readonly fault: string } {
  const plain = parseSubjectNumber(value, prefixes);
  if (plain.ok) return plain.number;
  if (plain.reason === 'missing' || plain.reason === 'type' || String(value).length > LONGEST_TYPED)
    return { fault: NUMBER_FAULTS[plain.reason] };
  const reading = createNumberReader(countries).read(String(value).trim());
  if (reading.kind === 'ambiguous') return { fault: 'may be several numbers: write it with its country code' };
  if (reading.kind !== 'number') return { fault: NUMBER_FAULTS.impossible };
  const known = parseSubjectNumber(reading.number, prefixes);
  return known.ok ? known.number : { fault: tellNumberFault(known.reason, prefixes) };
}

/** `true`, `"true"`, `1`, `"1"` and their opposites: JSON, a form and a query write it differently. */
export const flag = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0']), z.literal(1), z.literal(0)], {
    error: 'must be true or false',
  })
  .transform((value) => value === true || value === 'true' || value === '1' || value === 1)
  .meta({ type: 'boolean' });

/** A whole number from `least` to `most`, as a number or as digits: a query knows text only. */
export function wholeNumber(least: number, most: number) {
  const rule = `must be a whole number from ${least} to ${most}`;
  const digits = z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number);
  return z
    .union([z.number(), digits], { error: rule })
    .pipe(z.number().int(rule).min(least, rule).max(most, rule))
    .meta({ type: 'integer', minimum: least, maximum: most });
}

/**
 * Checks the fields of a body or a query.
 * @throws LetheError `bad_input` naming the fields and the rules, never the values
 */
export function checkFields<Schema extends z.ZodType>(schema: Schema, fields: unknown): z.output<Schema> {
  const result = schema.safeParse(fieldsOf(fields));
  if (result.success) return result.data;
  throw new LetheError('bad_input', nameFaults(result.error));
}

/**
 * The fields of a body or a query. No body is a body without fields.
 * @throws LetheError `bad_input` when it is anything but an object
 */
export function fieldsOf(value: unknown): object {
  if (value === undefined) return {};
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new LetheError('bad_input', 'The body must be an object of fields');
}

/** Every broken rule after its field's name: `limit must be …; to must be …`. No value stands in it. */
export function nameFaults(error: z.ZodError): string {
  return error.issues.map(tellIssue).join('; ');
}

/** Words that people put on something of theirs, which are kept and shown for as long as it is there: no number among them. */
export const label = (most: number, least = 1) =>
  z
    .string({ error: 'must be a text' })
    .trim()
    .min(least, `must have ${least} to ${most} characters`)
    .max(most, `must have ${least} to ${most} characters`)
    .refine(isSpeakable, 'must not hold what may be a phone number');

/** A day or a moment of ISO 8601, in UTC. @param edge of a bare day: its beginning, or its end */
export const utcMoment = (edge: 'beginning' | 'end') =>
  z.string({ error: MOMENT_RULE }).transform((text, context): Date => {
    const read = readMoment(text, 'utc');
    if (read) return (read.isDay && edge === 'end' ? read.at.plus({ days: 1 }) : read.at).toJSDate();
    context.addIssue({ code: 'custom', message: MOMENT_RULE });
    return z.NEVER;
  });

const CURSOR_RULE = 'must be the next of the page before';

/** Where the next page begins. @param read null for a text that is no cursor. @param most characters */
export const pageCursor = <Position>(read: (text: string) => Position | null, most?: number) => {
  const text = z.string({ error: CURSOR_RULE });
  return (most === undefined ? text : text.max(most, CURSOR_RULE)).transform((given, context): Position => {
    const position = read(given);
    if (position) return position;
    context.addIssue({ code: 'custom', message: CURSOR_RULE });
    return z.NEVER;
  });
};
