import { Queue } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import { CATALOGUE, type JobName, type JobPayload, QUEUE_NAME } from './catalogue.ts';
import { queuePrefix } from './connections.ts';

export interface Producer {
  /**
   * Adds a job; one that is there already under this id is left as it is.
   * @throws what Redis throws, within about two seconds on a fail-fast connection
   */
  add<Name extends JobName>(
    name: Name,
    payload: JobPayload<Name>,
    options: { id: string; delayMs?: number },
  ): Promise<void>;
  /** Is the job under this id still to be worked on? */
  isAlive(id: string): Promise<boolean>;
  /** Adds a job at the times of a pattern, from now on; a schedule of this id is replaced. */
  schedule<Name extends JobName>(name: Name, payload: JobPayload<Name>, schedule: NewSchedule): Promise<void>;
  unschedule(id: string): Promise<void>;
  /** The schedules of one job. */
  schedules(name: JobName): Promise<Schedule[]>;
  /** Jobs by state: waiting, active, delayed, … */
  counts(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

export interface NewSchedule {
  readonly id: string;
  /** Five fields, as cron has them. */
  readonly pattern: string;
  /** The IANA time zone in which the pattern is read. */
  readonly timeZone: string;
}

export interface Schedule extends NewSchedule {
  /** Undefined when the queue does not know it. */
  readonly next: Date | undefined;
}

const ALIVE = new Set(['waiting', 'active', 'delayed', 'prioritized', 'waiting-children']);

/** @param prefix one name for all processes that share the queue */
export function createProducer(connection: Redis | Cluster, prefix: string, onError: (error: Error) => void): Producer {
  const queue = new Queue(QUEUE_NAME, {
    connection,
    prefix: queuePrefix(prefix),
    skipWaitingForReady: true,
    skipVersionCheck: true,
  });
  queue.on('error', onError);
  return {
    async add(name, payload, { id, delayMs = 0 }) {
      const { payload: schema, options } = CATALOGUE[name];
      await queue.add(name, schema.parse(payload), { ...options, jobId: id, ...(delayMs > 0 && { delay: delayMs }) });
    },
    isAlive: async (id) => ALIVE.has(await queue.getJobState(id)),
    async schedule(name, payload, { id, pattern, timeZone }) {
      const { payload: schema, options } = CATALOGUE[name];
      await queue.upsertJobScheduler(
        id,
        { pattern, tz: timeZone },
        { name, data: schema.parse(payload), opts: options },
      );
    },
    async unschedule(id) {
      await queue.removeJobScheduler(id);
    },
    async schedules(name) {
      const all = await queue.getJobSchedulers(0, -1, true);
      return all
        .filter((one) => one.name === name)
        .map(({ key, pattern = '', tz = '', next }) => ({
          id: key,
          pattern,
          timeZone: tz,
          next: next === undefined ? undefined : new Date(next),
        }));
    },
    counts: () => queue.getJobCounts('waiting', 'active', 'delayed', 'failed'),
    close: () => queue.close(),
  };
}
