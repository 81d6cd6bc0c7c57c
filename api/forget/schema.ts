import { z } from 'zod';
import { LetheError } from '../../src/base/errors.ts';
import { DATE_FORMATS } from '../../src/contracts/forget/dates/parse.ts';
import { type PhoneNumber, type PhoneNumberFault, parseSubjectNumber } from '../../src/phone/number.ts';

/** `true`, `"true"`, `1` and `"1"`, and their opposites: JSON clients and form clients alike. */
const flag = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0']), z.literal(1), z.literal(0)], {
    error: 'must be true or false',
  })
  .transform((value) => value === true || value === 'true' || value === '1' || value === 1);

const NUMBER_FAULTS: Record<PhoneNumberFault, string> = {
  missing: 'is missing',
  type: 'must be an integer, or a string of digits',
  format: 'must be an integer, or a string of digits',
  prefix: 'must begin with a country code that is served here',
  impossible: 'is not a possible phone number',
};

/** A data subject's number as the contract takes it. */
export const phoneNumber = (prefixes: readonly string[]) =>
  z
    .unknown()
    .transform((value, context): PhoneNumber => {
      const parsed = parseSubjectNumber(value, prefixes);
      if (parsed.ok) return parsed.number;
      context.addIssue({ code: 'custom', message: NUMBER_FAULTS[parsed.reason] });
      return z.NEVER;
    })
    .meta({
      type: ['integer', 'string'],
      description: `International digits without a plus, beginning with ${prefixes.join(' or ')}`,
    });

export const forgetSchema = (prefixes: readonly string[]) =>
  z.object({
    number: phoneNumber(prefixes),
    blacklist: flag.optional().meta({
      description: 'true: take the number off the blacklist when it is erased. Otherwise it stays suppressed',
    }),
    sandbox: flag.optional().meta({ description: 'true: a dry run; nothing is written' }),
  });

export const checkSchema = (prefixes: readonly string[]) => z.object({ number: phoneNumber(prefixes) });

const wholeNumber = (least: number, most: number, fallback: number) =>
  z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^\d{1,9}$/)
          .transform(Number),
      ],
      { error: `must be a whole number from ${least} to ${most}` },
    )
    .pipe(
      z
        .number()
        .int(`must be a whole number from ${least} to ${most}`)
        .min(least, `must be ${least} at least`)
        .max(most, `must be ${most} at most`),
    )
    .default(fallback);

export const statusSchema = z.object({
  date: z
    .unknown()
    .optional()
    .meta({ type: ['string', 'integer'], description: `The day of submission: ${DATE_FORMATS.join('; ')}` }),
  reference: z
    .string({ error: 'must be a string' })
    .regex(/^[A-Za-z0-9]{15}$/, 'must be 15 letters or digits')
    .optional(),
  limit: wholeNumber(1, 1000, 25),
  skip: wholeNumber(0, 1_000_000, 0),
});

/**
 * Checks the fields of a request.
 * @throws LetheError `bad_input` naming the fields and the rules, never the values
 */
export function checkFields<Schema extends z.ZodType>(schema: Schema, fields: unknown): z.output<Schema> {
  if (fields !== undefined && (typeof fields !== 'object' || fields === null || Array.isArray(fields))) {
    throw new LetheError('bad_input', 'The body must be an object of fields');
  }
  const result = schema.safeParse(fields ?? {});
  if (result.success) return result.data;
  throw new LetheError(
    'bad_input',
    result.error.issues.map((issue) => `${String(issue.path[0] ?? 'body')} ${issue.message}`).join('; '),
  );
}
