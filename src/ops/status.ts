import type { QueueAges, QueueCounts } from '../base/queue/producer.ts';
import type { Deadlines } from './deadlines.ts';
import type { Check } from './readiness.ts';
import type { SeenWorker } from './workers.ts';

/** How an installation stands, for one who watches it. */
const STATUS_LEVELS = ['ok', 'warning', 'critical'] as const;
export type StatusLevel = (typeof STATUS_LEVELS)[number];

export interface Status {
  readonly level: StatusLevel;
  /** What makes it so, the worst first: no names of accounts, no numbers of people. */
  readonly why: readonly { readonly level: StatusLevel; readonly what: string }[];
  readonly version: string;
  readonly health: Readonly<Record<string, 'ok' | string>>;
  /** Null where the ledger cannot be read. */
  readonly deadlines: Deadlines | null;
  readonly workers: readonly SeenWorker[];
  readonly queues: readonly QueueStatus[];
}

interface QueueStatus {
  readonly name: string;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  /** Seconds since the oldest of the jobs that are next was added; null where none waits. */
  readonly oldest_age_s: number | null;
}

/** What is looked at. Null: it could not be read. */
export interface StatusSources {
  readonly version: string;
  readonly checks: readonly Check[];
  readonly deadlines: Deadlines | null;
  readonly workers: readonly SeenWorker[] | null;
  readonly queues: QueueCounts | null;
  readonly ages: QueueAges | null;
  /** Workers run by the clock: none need be there now. */
  readonly areWorkersOptional: boolean;
}

/** A job that waits longer than this is not taken up as it should be. */
const LONG_WAIT_S = 600;

/**
 * Judges what was read. Critical: a promise is broken, or will be if nobody acts: a service is away, a request is
 * overdue, nobody erases. Warning: it can wait until morning.
 */
export function judgeStatus(sources: StatusSources): Status {
  const { checks, deadlines, workers, queues, ages } = sources;
  const queueStatus = Object.entries(queues ?? {}).map(([name, states]) => ({
    name,
    waiting: states.waiting ?? 0,
    active: states.active ?? 0,
    delayed: states.delayed ?? 0,
    oldest_age_s: ages?.[name as keyof QueueAges] ?? null,
  }));
  const why = [
    ...checks
      .filter((check) => !check.ok)
      .map((check) => ({ level: 'critical' as const, what: `${check.name}: ${check.detail ?? 'not ready'}` })),
    ...(deadlines === null ? [] : judgeDeadlines(deadlines)),
    ...(workers?.length === 0 && !sources.areWorkersOptional
      ? [{ level: 'critical' as const, what: 'no worker is there' }]
      : []),
    ...queueStatus
      .filter(({ oldest_age_s: age }) => age !== null && age > LONG_WAIT_S)
      .map(({ name, oldest_age_s: age }) => ({
        level: 'warning' as const,
        what: `queue ${name}: a job waits for ${Math.round((age ?? 0) / 60)} minutes`,
      })),
  ];
  const rank = (level: StatusLevel) => STATUS_LEVELS.indexOf(level);
  why.sort((one, other) => rank(other.level) - rank(one.level));
  return {
    level: why[0]?.level ?? 'ok',
    why,
    version: sources.version,
    health: Object.fromEntries(checks.map(({ name, ok, detail }) => [name, ok ? 'ok' : (detail ?? 'not ready')])),
    deadlines,
    workers: workers ?? [],
    queues: queueStatus,
  };
}

function judgeDeadlines({ overdue, due_soon, failed }: Deadlines): { level: StatusLevel; what: string }[] {
  const told = (count: number, level: StatusLevel, what: string) =>
    count > 0 ? [{ level, what: `${count} ${count === 1 ? 'request' : 'requests'} ${what}` }] : [];
  return [
    ...told(overdue, 'critical', 'past the deadline'),
    ...told(due_soon, 'warning', 'due soon'),
    ...told(failed, 'warning', 'failed at the last attempt'),
  ];
}
