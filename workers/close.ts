import type { Worker } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import { closeNow, isReachable } from '../src/base/queue/connections.ts';

export interface Closing {
  readonly workers: readonly Pick<Worker, 'close'>[];
  /** The workers' own connection, which waits for Redis. */
  readonly patient: Redis | Cluster;
  readonly failFast: Redis | Cluster;
  /** Everything under way, each with an end of its own once it is told to stop. */
  underWay(): Promise<unknown>[];
}

/**
 * Closes the workers of all queues when their jobs under way are handed back. With Redis away too: BullMQ would wait for it as long as
 * that takes, and the hand-back needs the ledger alone.
 */
export async function closeWorkers({ workers, patient, failFast, underWay }: Closing): Promise<void> {
  if (await isReachable(failFast)) {
    // Start closing before waiting, or a worker picks up what it has just released.
    const closed = Promise.all(workers.map((worker) => worker.close()));
    await Promise.allSettled(underWay());
    await closed;
    return;
  }
  // Close before dropping the connection, or BullMQ retries in a tight loop.
  const closed = Promise.all(workers.map((worker) => worker.close(true)));
  closeNow(patient);
  await Promise.allSettled(underWay());
  await closed;
}
