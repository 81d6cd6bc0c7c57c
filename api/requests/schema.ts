import { z } from 'zod';
import { ORDERS } from '../../src/contracts/requests/list.ts';
import { PROFILE_NAMES } from '../../src/engine/map/categories.ts';
import { DEADLINE_STATES } from '../../src/ledger/requests/deadline.ts';
import { STATES } from '../../src/ledger/requests/ledger.ts';
import { flag, pageCursor, utcMoment, wholeNumber } from '../http/fields.ts';
import { readCursor } from './cursor.ts';

const oneOf = <const Words extends readonly string[]>(words: Words) =>
  z.enum(words, { error: `must be one of ${words.join(', ')}` });

const REFERENCE_RULE = 'must be 15 letters or digits';
const reference = z.string({ error: REFERENCE_RULE }).regex(/^[A-Za-z0-9]{15}$/, REFERENCE_RULE);

export const listSchema = z.strictObject({
  state: oneOf(STATES).optional(),
  overdue: flag.optional().meta({ description: 'true: unfinished and past the deadline' }),
  failed: flag.optional().meta({ description: 'true: something is known to stand in the way' }),
  waiting: flag.optional().meta({ description: 'true: it waits for messages, for the scan, or may be cancelled' }),
  profile: oneOf(PROFILE_NAMES).optional(),
  account: z.string({ error: 'must be the id of an account' }).max(40, 'must be the id of an account').optional(),
  from: utcMoment('beginning')
    .optional()
    .meta({ type: 'string', description: 'Accepted from this moment or day (UTC) on' }),
  to: utcMoment('end')
    .optional()
    .meta({ type: 'string', description: 'Accepted before this moment, or on this day at the latest' }),
  sort: oneOf(ORDERS).optional().meta({
    description:
      '`due`: unfinished requests, the nearest deadline first; `newest`: all. By default `due` when only unfinished ones are asked for',
  }),
  limit: wholeNumber(1, 200).default(50),
  cursor: pageCursor(readCursor, 500).optional().meta({ type: 'string' }),
});

export const referenceParams = z.object({ reference });

export const retrySchema = z.strictObject({
  references: z
    .array(reference, { error: 'must be a list of references' })
    .min(1, 'must name 1 to 100 references')
    .max(100, 'must name 1 to 100 references'),
});

const time = z.iso.datetime();

const item = z.object({
  reference: z.string(),
  account: z.string(),
  profile: z.enum(PROFILE_NAMES),
  masked: z.string().optional().meta({ description: 'Country code and two digits, while the request is open' }),
  state: z.enum(STATES),
  deadline_state: z.enum([...DEADLINE_STATES, 'none']),
  accepted_at: time,
  due_at: time,
  completed_at: time.optional(),
  cancelled_at: time.optional(),
  erased: z.record(z.string(), z.number()).meta({ description: 'Records, by the names of the data map' }),
  failed: z
    .object({ code: z.string(), where: z.string().optional(), count: z.number().optional() })
    .optional()
    .meta({ description: 'What stands in the way; `count` records' }),
  until: time.optional(),
  why: z.string().optional(),
});

export const listAnswer = z.object({ items: z.array(item), next: z.string().optional() });

export const detailsAnswer = item.extend({
  timeline: z.array(z.object({ at: time, what: z.string(), detail: z.string().optional() })),
  attempts: z
    .array(
      z.object({
        at: time,
        code: z.string(),
        plain: z.string(),
        where: z.string().optional(),
        count: z.number().optional(),
        ids: z.array(z.string()).optional().meta({ description: '`_id`s of the first of the records' }),
      }),
    )
    .meta({ description: 'The last 20 that failed, oldest first' }),
  failures: z.number(),
  lease: z.object({ holder: z.string(), until: time }).optional(),
  next_look_at: time.optional(),
  scan: z
    .object({
      percent: z.number().nullable(),
      read: z.number(),
      of: z.number().nullable(),
      off: z.literal(true).optional(),
      elsewhere: z.record(z.string(), z.number()).optional(),
    })
    .optional(),
  waits_for: z
    .object({ what: z.enum(['scheduled_messages', 'settling', 'scan', 'recordings', 'grace']), until: time.optional() })
    .optional(),
  can: z.object({ retry: z.boolean(), cancel: z.boolean() }),
  grace_until: time.optional(),
  requested_by: z.string(),
  cancelled_by: z.string().optional(),
});

export const retryAnswer = z.object({
  retried: z.array(z.string()),
  refused: z.array(z.object({ reference: z.string(), why: z.string() })),
});
