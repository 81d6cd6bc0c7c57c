import type { JobsOptions } from 'bullmq';
import { z } from 'zod';

interface QueueRule {
  /** Its places in a worker process, as a share of `WORKER_CONCURRENCY`; at least one. */
  readonly shareOfPlaces: number;
  /** Where accounts take turns: how many jobs are one. Its jobs carry the account then. */
  readonly jobsATurn?: number;
  /** Work that has taken so long goes back into the queue when another account waits for a place. */
  readonly turnMs?: number;
  /** Places in a worker process for each account, while one asks for little there beside others that ask for much. */
  readonly placesEach?: number;
}

/** The queues: work of one kind never waits behind work of another. */
const QUEUES = {
  // The name is older than the other queues: jobs of former versions are found in it. Erasures side by side share queries:
  // thirty-two take three quarters of the time that sixteen take. With two open for each account a request behind another
  // account's backlog takes two to three times what it takes alone, with sixteen six times; the backlog is done at half
  // the pace meanwhile.
  // A turn is as many as there are places by default: eight accounts that take turns are done as fast as one alone then, as
  // only jobs of one account can share.
  erasure: { shareOfPlaces: 1, jobsATurn: 32, turnMs: 2_000, placesEach: 2 },
  // A report begins anew when it is given back: it is written to its end.
  report: { shareOfPlaces: 1 / 16, jobsATurn: 1 },
  // Longer than an attempt at one file may take: an attempt that is cut off does not count.
  files: { shareOfPlaces: 1 / 16, jobsATurn: 1, turnMs: 15_000 },
  // Sooner than by itself, which is after a whole lease: with hundreds of numbers to look for a pass takes long.
  scan: { shareOfPlaces: 1 / 16, jobsATurn: 1, turnMs: 1_000 },
  // Longer than an attempt may take.
  webhook: { shareOfPlaces: 1 / 16, jobsATurn: 1, turnMs: 15_000 },
  housekeeping: { shareOfPlaces: 1 / 16 },
} as const satisfies Record<string, QueueRule>;

export type QueueName = keyof typeof QUEUES;
export const QUEUE_NAMES = Object.keys(QUEUES) as QueueName[];

export function ruleOf(queue: QueueName): QueueRule {
  return QUEUES[queue];
}

const account = z.string().regex(/^acc_[A-Za-z0-9]{12}$/);
const reference = z.string().regex(/^[A-Za-z0-9]{15}$/);
/** The moment, in milliseconds, from which little is left of the time to erase. */
const urgent_at = z.int().optional();
// The ledger decides what is retried and when; a job in Redis is only the call to look.
const options = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const;

/** Every job: its name, its queue, what it carries, how it is kept. Redis sees references only, never what they stand for. */
export const CATALOGUE = {
  erase: { queue: 'erasure', payload: z.strictObject({ account, reference, urgent_at }), options },
  'remove-files': { queue: 'files', payload: z.strictObject({ account, reference }), options },
  report: { queue: 'report', payload: z.strictObject({ account, report: z.uuid() }), options },
  scan: { queue: 'scan', payload: z.strictObject({ account }), options },
  deliver: {
    queue: 'webhook',
    payload: z.strictObject({ account, delivery: z.string().regex(/^[0-9a-f]{24}$/) }),
    options,
  },
  'redact-due': { queue: 'housekeeping', payload: z.strictObject({ account }), options },
  'remove-report-files': { queue: 'housekeeping', payload: z.strictObject({}), options },
  guard: { queue: 'housekeeping', payload: z.strictObject({}), options },
  'drop-finished': { queue: 'housekeeping', payload: z.strictObject({}), options },
  retention: { queue: 'housekeeping', payload: z.strictObject({}), options },
} as const satisfies Record<string, { queue: QueueName; payload: z.ZodType; options: JobsOptions }>;

export type JobName = keyof typeof CATALOGUE;
export type JobPayload<Name extends JobName> = z.output<(typeof CATALOGUE)[Name]['payload']>;

export const JOB_NAMES = Object.keys(CATALOGUE) as JobName[];

/** How many jobs of a queue one worker process works on side by side. */
export function placesOf(queue: QueueName, concurrency: number): number {
  return Math.max(1, Math.round(concurrency * QUEUES[queue].shareOfPlaces));
}

/** The places of all queues of one worker process. */
export function allPlaces(concurrency: number): number {
  return QUEUE_NAMES.reduce((sum, queue) => sum + placesOf(queue, concurrency), 0);
}
