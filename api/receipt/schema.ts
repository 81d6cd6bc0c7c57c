import { z } from 'zod';
import { phoneNumber } from '../http/fields.ts';

const reference = z
  .string({ error: 'must be a string' })
  .regex(/^[A-Za-z0-9]{15}$/, 'must be 15 letters or digits')
  .meta({ example: 'BWwmkoxO3YTfpEt' });

export const receiptSchema = z.strictObject({ reference });

export const matchSchema = (prefixes: readonly string[]) =>
  z.strictObject({ reference, number: phoneNumber(prefixes) });

export const matchAnswer = z.object({ matches: z.boolean() });
