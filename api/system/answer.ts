import { z } from 'zod';

const time = z.iso.datetime();
const count = z.int().min(0);

export const mapCheckAnswer = z.object({
  made_at: time,
  findings: z
    .array(
      z.object({
        severity: z.enum(['error', 'warning']),
        where: z.string(),
        message: z.string(),
        remedy: z.string().optional(),
        ids: z.array(z.string()).optional(),
      }),
    )
    .meta({ description: 'An `error`: erasures would fail, be slow, or miss records' }),
  unnamed: z
    .array(z.object({ where: z.string(), what: z.string() }))
    .meta({ description: 'What looks like personal data, and the map does not name' }),
  collections: count,
  places: count.meta({ description: 'Paths where a number may stand' }),
  sampled: count.meta({ description: 'Records looked at' }),
});

export const systemAnswer = z.object({
  health: z.record(z.string(), z.string()).meta({ description: '`ok`, or what is wrong' }),
  level: z.enum(['ok', 'warning', 'critical']),
  ready: z.boolean(),
  why: z.array(z.string()),
  deadlines: z
    .object({ on_track: count, due_soon: count, overdue: count, failed: count })
    .nullable()
    .meta({ description: 'Null where the ledger cannot be read' }),
  workers: z.array(
    z.object({ id: z.string(), version: z.string(), host: z.string(), started_at: time, seen_at: time }),
  ),
  queues: z.array(
    z.object({
      name: z.string(),
      waiting: count,
      active: count,
      delayed: count,
      oldest_age_s: z.number().nullable(),
    }),
  ),
  throughput: z
    .object({ minutes: count, accepted: count, completed: count })
    .nullable()
    .meta({ description: 'Requests of the last minutes, over all accounts' }),
  scans: z.array(
    z.object({
      account: z.string(),
      turn_percent: z.number().nullable(),
      joiners: count,
      off: z.boolean(),
    }),
  ),
  keys: z.array(z.object({ id: z.string(), in_use: z.boolean(), at_hand: z.boolean() })),
  version: z.string(),
  environment: z.string().optional(),
});
