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
  /** Jobs by state: waiting, active, delayed, … */
  counts(): Promise<Record<string, number>>;
  close(): Promise<void>;
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
    counts: () => queue.getJobCounts('waiting', 'active', 'delayed', 'failed'),
    close: () => queue.close(),
  };
}
