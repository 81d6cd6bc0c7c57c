import type { Worker } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import { answers, giveUp } from '../src/base/queue/connections.ts';

export interface Closing {
  readonly worker: Pick<Worker, 'close'>;
  /** The worker's own connection, which waits for Redis. */
  readonly patient: Redis | Cluster;
  readonly failFast: Redis | Cluster;
  /** Everything under way, each with an end of its own once it is told to stop. */
  underWay(): Promise<unknown>[];
}

/**
 * Closes a worker when its jobs under way are handed back. With Redis away too: BullMQ would wait for it as long as
 * that takes, and the hand-back needs the ledger alone.
 */
export async function closeWorker({ worker, patient, failFast, underWay }: Closing): Promise<void> {
  if (await answers(failFast)) {
    // Together: a worker that is not closing would take the request it has just handed back.
    const closed = worker.close();
    await Promise.allSettled(underWay());
    return closed;
  }
  // Closing first, too: a connection that was given up fails each call at once, and a worker that is not closing calls
  // again without a pause, for ever.
  const closed = worker.close(true);
  giveUp(patient);
  await Promise.allSettled(underWay());
  return closed;
}
