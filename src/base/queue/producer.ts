import { Queue } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import { CATALOGUE, type JobName, type JobPayload, QUEUE_NAMES, type QueueName, ruleOf } from './catalogue.ts';
import { queuePrefix } from './connections.ts';
import { TURN_LATER, type TurnTaker, takeTurn } from './turns.ts';

export interface Producer {
  /**
   * Adds a job to its queue, in turn with those of other accounts; one that is there already under this id is left as it
   * is.
   * @throws what Redis throws, within about two seconds a command on a fail-fast connection
   */
  add<Name extends JobName>(
    name: Name,
    payload: JobPayload<Name>,
    options: { id: string; delayMs?: number },
  ): Promise<void>;
  /** Is the job under this id still to be worked on? */
  isAlive(name: JobName, id: string): Promise<boolean>;
  /** Adds a job at the times of a pattern, from now on; a schedule of this id is replaced. */
  schedule<Name extends ScheduledJob>(name: Name, payload: JobPayload<Name>, schedule: NewSchedule): Promise<void>;
  unschedule(id: string): Promise<void>;
  /** The schedules of one job. */
  schedules(name: ScheduledJob): Promise<Schedule[]>;
  /** Removes the schedules that former versions made in the only queue they had. */
  dropFormerSchedules(): Promise<void>;
  /** Jobs by state, a queue: waiting, active, delayed, failed. */
  counts(): Promise<QueueCounts>;
  /** Since when the oldest of the jobs that are next has been in its queue, in seconds; null for a queue where none waits. */
  ages(now: Date): Promise<QueueAges>;
  close(): Promise<void>;
}

export type QueueCounts = Readonly<Record<QueueName, Readonly<Record<string, number>>>>;

export type QueueAges = Readonly<Record<QueueName, number | null>>;

/** The jobs that run by the clock: those of the queue `housekeeping`. */
export type ScheduledJob = {
  [Name in JobName]: (typeof CATALOGUE)[Name]['queue'] extends 'housekeeping' ? Name : never;
}[JobName];

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

/** @param prefix one name for all processes that share the queues */
export function createProducer(connection: Redis | Cluster, prefix: string, onError: (error: Error) => void): Producer {
  const queues = openQueues(connection, prefix, onError);
  const clock = queues.housekeeping;
  const priorityOf = async (queue: QueueName, payload: TurnTaker, delayMs: number) => {
    const { jobsATurn } = ruleOf(queue);
    if (jobsATurn === undefined) return undefined;
    if (delayMs > 0) return TURN_LATER;
    return (await takeTurn(connection, queues[queue], payload, jobsATurn))?.turn;
  };
  return {
    async add(name, payload, { id, delayMs = 0 }) {
      const { payload: schema, options, queue } = CATALOGUE[name];
      const data = schema.parse(payload);
      const priority = await priorityOf(queue, data, delayMs);
      await queues[queue].add(name, data, {
        ...options,
        jobId: id,
        ...(delayMs > 0 && { delay: delayMs }),
        ...(priority !== undefined && { priority }),
      });
    },
    isAlive: async (name, id) => ALIVE.has(await queues[CATALOGUE[name].queue].getJobState(id)),
    async schedule(name, payload, { id, pattern, timeZone }) {
      const { payload: schema, options } = CATALOGUE[name];
      await clock.upsertJobScheduler(
        id,
        { pattern, tz: timeZone },
        { name, data: schema.parse(payload), opts: options },
      );
    },
    async unschedule(id) {
      await clock.removeJobScheduler(id);
    },
    async schedules(name) {
      const all = await clock.getJobSchedulers(0, -1, true);
      return all
        .filter((one) => one.name === name)
        .map(({ key, pattern = '', tz = '', next }) => ({
          id: key,
          pattern,
          timeZone: tz,
          next: next === undefined ? undefined : new Date(next),
        }));
    },
    async dropFormerSchedules() {
      for (const { key } of await queues.erasure.getJobSchedulers(0, -1, true))
        await queues.erasure.removeJobScheduler(key);
    },
    async counts() {
      const counted = await Promise.all(
        QUEUE_NAMES.map(async (name) => [name, await countJobs(queues[name])] as const),
      );
      return Object.fromEntries(counted) as Record<QueueName, Record<string, number>>;
    },
    async ages(now) {
      const aged = await Promise.all(QUEUE_NAMES.map(async (name) => [name, await ageOf(queues[name], now)] as const));
      return Object.fromEntries(aged) as Record<QueueName, number | null>;
    },
    async close() {
      await Promise.all(QUEUE_NAMES.map((name) => queues[name].close()));
    },
  };
}

function openQueues(
  connection: Redis | Cluster,
  prefix: string,
  onError: (error: Error) => void,
): Readonly<Record<QueueName, Queue>> {
  const open = (name: QueueName) => {
    const queue = new Queue(name, {
      connection,
      prefix: queuePrefix(prefix),
      skipWaitingForReady: true,
      skipVersionCheck: true,
    });
    queue.on('error', onError);
    return queue;
  };
  return Object.fromEntries(QUEUE_NAMES.map((name) => [name, open(name)])) as Record<QueueName, Queue>;
}

/** Jobs that are looked at for the oldest: those that are next. With accounts taking turns it is one of the first. */
const NEXT_JOBS = 100;

async function ageOf(queue: Queue, now: Date): Promise<number | null> {
  const jobs = await queue.getJobs(['waiting', 'prioritized'], 0, NEXT_JOBS - 1, true);
  // A job that was taken meanwhile is none.
  const added = jobs.flatMap((job) => (job ? [job.timestamp] : []));
  return added.length === 0 ? null : Math.max(0, now.getTime() - Math.min(...added)) / 1000;
}

/** A job that waits for its turn is one that waits: BullMQ's `prioritized` is no word of ours. */
async function countJobs(queue: Queue): Promise<Record<string, number>> {
  const {
    prioritized = 0,
    waiting = 0,
    ...others
  } = await queue.getJobCounts(...(['waiting', 'prioritized', 'active', 'delayed', 'failed'] as const));
  return { waiting: waiting + prioritized, ...others };
}
