import { z } from 'zod';
import { DEADLINE_STATES } from '../../src/ledger/requests/deadline.ts';
import { STATES } from '../../src/ledger/requests/ledger.ts';

const unix = z.int().meta({ description: 'UNIX seconds' });
const time = z.iso.datetime();
const counts = z.record(z.string(), z.int()).meta({ description: 'Records, by the names of the data map' });

export const acceptedAnswer = z.object({
  status: z.literal('SUCCESS'),
  msg: z.string(),
  reference: z.string(),
  created_at: unix,
  sandbox: z.literal(true).optional(),
  would_erase: counts.optional(),
});

const request = z.object({
  status: z.enum(['SUCCESS', 'FAILED']),
  code: z.int().optional(),
  msg: z.string(),
  reference: z.string(),
  created_at: unix,
  state: z.enum(STATES),
  due_at: unix,
  deadline: z.enum(DEADLINE_STATES),
  completed_at: unix.nullable(),
  erased: counts,
  why: z.string().optional(),
  until: unix.optional(),
  failing: z
    .object({
      since: unix,
      why: z.string(),
      where: z.string().optional(),
      help: z.string(),
      next_attempt_at: unix,
    })
    .optional(),
  scan: z.union([z.object({ read: z.int(), of: z.int().nullable() }), z.literal('off')]).optional(),
  not_scanned: z.array(z.string()).optional(),
  elsewhere: counts.optional(),
});

const day = z.string().meta({ description: 'A day as 2026-01-31' });

/** The newest match, and beside it all of them, and the days that were searched. */
export const foundAnswer = request.extend({
  requests: z.array(request),
  total: z.int(),
  day: day.optional(),
  from: day.optional(),
  to: day.optional(),
  searched: z.object({ from: day, to: day }).optional(),
});

const reading = z.object({
  number: z.string(),
  international: z.string(),
  national: z.string(),
  country: z.string().nullable(),
});

const standing = z.object({
  state: z.enum(['gone', 'on_its_way', 'failed', 'never_asked']),
  number_read: reading,
  suppressed: z.boolean(),
  reference: z.string().optional(),
  accepted_at: time.optional(),
  due_at: time.optional(),
  completed_at: time.optional(),
  erased: counts.optional(),
  why: z.string().optional(),
  until: time.optional(),
  held_again: z.literal(true).optional().meta({ description: 'It came on record after it was erased' }),
});

export const statusAnswer = z.union([foundAnswer, standing]);

export const previewAnswer = z.object({
  read: reading,
  counts,
  already: z.string().optional().meta({ description: 'The reference of a request that is under way' }),
});

export const checkAnswer = z.object({ blacklisted: z.boolean() });
