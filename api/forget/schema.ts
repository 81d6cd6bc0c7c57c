import { z } from 'zod';
import { DATE_FORMATS } from '../../src/contracts/forget/dates/parse.ts';
import { flag, phoneNumber, wholeNumber } from '../http/fields.ts';

export const forgetSchema = (prefixes: readonly string[]) =>
  z.strictObject({
    number: phoneNumber(prefixes),
    blacklist: flag.nullish().meta({
      description: 'true: take the number off the blacklist when it is erased. Otherwise it stays suppressed',
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
