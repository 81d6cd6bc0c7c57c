import { z } from 'zod';
import type { CountryCode } from '../../src/phone/countries.ts';
import { decodeCursor, encodeCursor, isPlainId } from '../http/cursor.ts';
import { label, typedNumber, wholeNumber } from '../http/fields.ts';

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

const row = {
  since: z.iso.datetime().nullable(),
  why: z.string().nullable(),
  by: z.string().nullable(),
  reference: z.string().nullable(),
};
const rowAnswer = z.object({ id: z.string(), masked: z.string(), ...row });
export const listAnswer = z.object({ items: z.array(rowAnswer), next: z.string().optional() });
export const checkAnswer = z.object({ suppressed: z.boolean(), ...z.object(row).partial().shape });
export const liftAnswer = z.object({ suppressed: z.boolean() });

type Countries = readonly CountryCode[];

export const checkSchema = (prefixes: readonly string[], countries: Countries) =>
  z.strictObject({ number: typedNumber(prefixes, countries) });

export const liftSchema = (prefixes: readonly string[], countries: Countries) =>
  z.strictObject({
    number: typedNumber(prefixes, countries),
    reason: label(300, 3).meta({ description: 'Why. It stands in the audit' }),
  });
