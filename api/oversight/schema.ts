import { z } from 'zod';
import { ACTIONS } from '../../src/ledger/audit/entry.ts';
import { monthWindow } from '../../src/ledger/requests/month-figures.ts';
import { pageCursor, utcMoment, wholeNumber } from '../http/fields.ts';
import { readCursor } from './cursor.ts';

const account = z
  .string()
  .regex(/^acc_[A-Za-z0-9]{12}$/, 'must be the id of an account')
  .optional()
  .meta({ description: 'One that the caller may see; all of them unless given' });

const chain = z
  .string()
  .regex(/^(acc_[A-Za-z0-9]{12}|installation)$/, 'must be the id of an account, or installation')
  .optional()
  .meta({
    description:
      'One that the caller may see; all of them unless given. `installation`, for people with all accounts: what belongs to none',
  });

export const auditSchema = z.object({
  action: z.enum(ACTIONS, { error: `must be one of ${ACTIONS.join(', ')}` }).optional(),
  actor: z
    .string()
    .regex(/^[\w.@+-]{1,254}$/, 'must be the id of a key, the address of a person, or schedule')
    .optional()
    .meta({ description: 'The id of a key, the address of a person, schedule, or cli' }),
  reference: z
    .string()
    .regex(/^[A-Za-z0-9_]{1,40}$/, 'must be the reference of a request, or the id of a key or a person')
    .optional()
    .meta({ description: 'Of a request; or the id of the key or person that was changed' }),
  account: chain,
  from: utcMoment('beginning').optional().meta({ type: 'string', description: 'A day begins at midnight UTC' }),
  to: utcMoment('end').optional().meta({ type: 'string', description: 'A day is part of the period; a moment is not' }),
  limit: wholeNumber(1, 200).optional(),
  cursor: pageCursor(readCursor).optional().meta({ type: 'string' }),
});

export const figuresSchema = z.object({
  month: z
    .string()
    .refine((text) => monthWindow(text) !== null, 'must be a month as 2026-11')
    .optional()
    .meta({ description: 'As 2026-11, in UTC; this month unless given' }),
  account,
});

export const processingSchema = z.object({ account });

export const verifySchema = z.strictObject({ account: chain });

const count = z.int().min(0);
const moments = z.iso.datetime();

const entryAnswer = z.object({
  sequence: count.meta({ description: "The entry's place in the account's chain" }),
  at: moments,
  action: z.enum(ACTIONS),
  actor: z.string(),
  account: z.string(),
  reference: z.string().optional(),
  detail: z.object({ reason: z.string(), counts: z.record(z.string(), count) }),
});

export const auditAnswer = z.object({
  items: z.array(entryAnswer),
  next: z.string().optional().meta({ description: 'The cursor of the next page; a page may be short and have one' }),
});

/** Were the chains compared with the ends that `AUDIT_HEAD_FILE` has? */
const KEPT_OUTSIDE = ['compared', 'unreadable', 'none'] as const;
export type KeptOutside = (typeof KEPT_OUTSIDE)[number];

export const verifyAnswer = z.object({
  ok: z.boolean(),
  entries: count,
  chains: z.array(
    z.object({
      account: z.string(),
      entries: count,
      from: count,
      to: count,
      head: z.string().meta({ description: "The last entry's keyed hash" }),
      head_at: moments.optional(),
    }),
  ),
  kept_outside: z.enum(KEPT_OUTSIDE).meta({
    description:
      'Were the chains compared with their ends in AUDIT_HEAD_FILE? Where it is set and cannot be read, `ok` is false',
  }),
  faults: z
    .array(z.object({ account: z.string(), sequence: count, through: count.optional(), fault: z.string() }))
    .meta({ description: 'The first hundred' }),
  faults_found: count,
});

const figures = {
  received: count.meta({ description: 'Accepted in the month' }),
  completed: count.meta({ description: 'Of those' }),
  median_seconds: z.number().nullable(),
  p95_seconds: z.number().nullable(),
  overdue: count.meta({ description: 'Unfinished, and past the deadline' }),
  missed: count.meta({ description: 'Completed after the deadline' }),
  failed_by_cause: z
    .record(z.string(), count)
    .meta({ description: 'Requests with an attempt that failed, by the name of the failure' }),
};

export const figuresAnswer = z.object({
  month: z.string(),
  ...figures,
  by_profile: z.record(z.string(), z.object(figures)),
  by_account: z.array(z.object({ account: z.string(), ...figures })),
  by_day: z.array(z.object({ day: z.string(), received: count, completed: count })),
});

const left = z.null().meta({ description: 'For the operator to fill in' });

export const processingAnswer = z.object({
  made_at: moments,
  account: z.string().nullable(),
  controller: z.object({ name: left, contact: left, representative: left, data_protection_officer: left }),
  activities: z.array(
    z.object({
      activity: z.string(),
      purpose: z.string(),
      data_subjects: z.string(),
      categories_of_data: z.array(z.string()),
      collections: z.array(
        z.object({
          name: z.string(),
          collection: z.string(),
          numbers: z.array(z.string()),
          fields: z.array(z.object({ path: z.string(), category: z.string() })),
          period: z.object({ months: count.nullable(), set_by: z.enum(['data map', 'account', 'nobody']) }),
          on_request: z.string(),
        }),
      ),
      recipients: left,
      third_countries: left,
      legal_basis: left,
    }),
  ),
  lethe: z.array(
    z.object({
      activity: z.string(),
      purpose: z.string(),
      categories_of_data: z.array(z.string()),
      period: z.string(),
    }),
  ),
  security_measures: z.array(z.string()),
});
