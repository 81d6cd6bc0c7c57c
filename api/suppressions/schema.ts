import { z } from 'zod';
import type { CountryCode } from '../../src/phone/countries.ts';
import { isSpeakable } from '../../src/phone/hide-digits.ts';
import { decodeCursor, encodeCursor, isPlainId } from '../http/cursor.ts';
import { typedNumber, wholeNumber } from '../http/fields.ts';

const cursor = z
  .string({ error: 'must be given once, as text' })
  .transform((text, context): unknown => {
    const [id] = decodeCursor(text, 1) ?? [];
    if (id !== undefined && isPlainId(id)) return id;
    context.addIssue({ code: 'custom', message: 'is none that was given out' });
    return z.NEVER;
  })
  .meta({ type: 'string' });

export const writeCursor = (id: unknown): string => encodeCursor([id]);

export const listSchema = z.object({
  limit: wholeNumber(1, 200).default(50),
  cursor: cursor.optional().meta({ type: 'string', description: 'The `next` of the page before' }),
});

type Countries = readonly CountryCode[];

export const checkSchema = (prefixes: readonly string[], countries: Countries) =>
  z.strictObject({ number: typedNumber(prefixes, countries) });

export const liftSchema = (prefixes: readonly string[], countries: Countries) =>
  z.strictObject({
    number: typedNumber(prefixes, countries),
    reason: z
      .string({ error: 'must be a text' })
      .trim()
      .min(3, 'must have 3 to 300 characters')
      .max(300, 'must have 3 to 300 characters')
      .refine(isSpeakable, 'must not hold what may be a phone number')
      .meta({ description: 'Why. It stands in the audit' }),
  });
