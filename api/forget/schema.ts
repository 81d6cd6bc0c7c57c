import { z } from 'zod';
import { MOST_LINES } from '../../src/contracts/forget/batch.ts';
import { DATE_FORMATS } from '../../src/contracts/forget/dates/parse.ts';
import type { CountryCode } from '../../src/phone/countries.ts';
import { flag, phoneNumber, typedNumber, wholeNumber } from '../http/fields.ts';

export const forgetSchema = (prefixes: readonly string[]) =>
  z.strictObject({
    number: phoneNumber(prefixes),
    blacklist: flag.nullish().meta({
      description: 'true: take the number off the blacklist when it is erased. Otherwise it stays suppressed',
    }),
    grace_minutes: wholeNumber(0, 1_440).optional().meta({
      description: 'How long it can be cancelled: suppressed at once, erased after it. By default FORGET_GRACE_MINUTES',
    }),
    sandbox: flag.optional().meta({ description: 'true: a dry run; nothing is written' }),
  });

export const checkSchema = (prefixes: readonly string[]) => z.object({ number: phoneNumber(prefixes) });

export const statusSchema = z.object({
  date: z
    .unknown()
    .optional()
    .meta({
      type: ['string', 'integer'],
      example: 'yesterday',
      description: `The day of submission: ${DATE_FORMATS.join('; ')}`,
    }),
  reference: z
    .string({ error: 'must be a string' })
    .regex(/^[A-Za-z0-9]{15}$/, 'must be 15 letters or digits')
    .optional(),
  limit: wholeNumber(1, 1000).default(25),
  skip: wholeNumber(0, 1_000_000).default(0),
});

/** A body may ask by number, too; a query may not: addresses are logged. */
export const statusBodySchema = (prefixes: readonly string[], countries: readonly CountryCode[]) =>
  statusSchema.extend({ number: typedNumber(prefixes, countries).optional() });

export const previewSchema = (prefixes: readonly string[], countries: readonly CountryCode[]) =>
  z.strictObject({ number: typedNumber(prefixes, countries) });

export const batchSchema = z.strictObject({
  numbers: z
    .array(z.unknown(), { error: 'must be a list' })
    .min(1, 'must have a number at least')
    .max(MOST_LINES, `may have ${MOST_LINES} numbers at most`)
    .meta({
      items: { type: ['integer', 'string'] },
      description: 'Each as `number` of `/gdpr/forget`. One that is wrong is refused by itself',
    }),
  blacklist: flag.nullish().meta({ description: 'As of `/gdpr/forget`, for all of them' }),
});

export const batchParams = z.object({ batch: z.string() });

const batchItem = z.object({
  line: z.int().meta({ description: 'From 1' }),
  state: z.enum(['accepted', 'refused']),
  reference: z.string().optional(),
  error: z.object({ code: z.int(), msg: z.string() }).optional(),
});

/** What a batch is answered as. */
export const batchAnswer = z.object({
  batch: z.string(),
  digest: z.string().optional().meta({ description: 'SHA-256 of the numbers as they were sent, joined by line feeds' }),
  state: z.enum(['working', 'done']),
  lines: z.int(),
  done: z.int(),
  accepted: z.int(),
  refused: z.int(),
  items: z.array(batchItem),
});
