import type { JobsOptions } from 'bullmq';
import { z } from 'zod';

/** Every job: its name, what it carries, how it is kept. Redis sees references only, never what they stand for. */
export const CATALOGUE = {
  erase: {
    payload: z.strictObject({
      account: z.string().regex(/^acc_[A-Za-z0-9]{12}$/),
      reference: z.string().regex(/^[A-Za-z0-9]{15}$/),
    }),
    // The ledger decides what is retried and when; a job in Redis is only the call to look.
    options: { attempts: 1, removeOnComplete: true, removeOnFail: true },
  },
  'remove-files': {
    payload: z.strictObject({
      account: z.string().regex(/^acc_[A-Za-z0-9]{12}$/),
      reference: z.string().regex(/^[A-Za-z0-9]{15}$/),
    }),
    // The outbox decides; the relay calls again.
    options: { attempts: 1, removeOnComplete: true, removeOnFail: true },
  },
  scan: {
    payload: z.strictObject({ account: z.string().regex(/^acc_[A-Za-z0-9]{12}$/) }),
    // The ledger of passes decides.
    options: { attempts: 1, removeOnComplete: true, removeOnFail: true },
  },
  'redact-due': {
    payload: z.strictObject({ account: z.string().regex(/^acc_[A-Za-z0-9]{12}$/) }),
    // Missed runs are found by `reconcile`.
    options: { attempts: 1, removeOnComplete: true, removeOnFail: true },
  },
  report: {
    payload: z.strictObject({
      account: z.string().regex(/^acc_[A-Za-z0-9]{12}$/),
      report: z.uuid(),
    }),
    // As for an erasure: the ledger of reports decides.
    options: { attempts: 1, removeOnComplete: true, removeOnFail: true },
  },
  'remove-report-files': {
    payload: z.strictObject({}),
    options: { attempts: 1, removeOnComplete: true, removeOnFail: true },
  },
  retention: {
    payload: z.strictObject({}),
    options: { attempts: 1, removeOnComplete: true, removeOnFail: true },
  },
} as const satisfies Record<string, { payload: z.ZodType; options: JobsOptions }>;

export type JobName = keyof typeof CATALOGUE;
export type JobPayload<Name extends JobName> = z.output<(typeof CATALOGUE)[Name]['payload']>;

export const JOB_NAMES = Object.keys(CATALOGUE) as JobName[];
/** All jobs share one queue: they share the workers, too. */
export const QUEUE_NAME = 'erasure';
