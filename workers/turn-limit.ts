import type { Job, Worker } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import type { TurnSignal } from './turn-signal.ts';

/** Jobs at the head of a queue that are looked at: an account that begins to wait stands among the first of its round. */
const HEAD = 16;

/**
 * Ends a turn that takes long when another account waits for a place: a few large requests of one account would hold
 * all places until they are done. With nobody else there it goes on: to give back and take up again costs a search.
 * @param turnMs how long a turn is left alone, and the pause between two looks at the queue
 */
export function turnLimit(
  redis: Redis | Cluster,
  worker: Worker,
  job: Job<{ account?: string }>,
  turnMs: number,
): TurnSignal {
  const controller = new AbortController();
  let isLooking = false;
  const look = async () => {
    // While Redis is away one look waits for it, and no further ones behind it.
    if (isLooking) return;
    isLooking = true;
    const waits = await isAnotherWaiting(redis, worker, job.data.account).catch(() => false);
    isLooking = false;
    if (waits) controller.abort();
  };
  const timer = setInterval(() => void look(), turnMs);
  return { signal: controller.signal, release: () => clearInterval(timer) };
}

async function isAnotherWaiting(redis: Redis | Cluster, worker: Worker, account: string | undefined): Promise<boolean> {
  const ids = await redis.zrange(worker.toKey('prioritized'), 0, String(HEAD - 1));
  const waiting = await Promise.all(ids.map((id) => redis.hget(worker.toKey(id), 'data')));
  return waiting.some((data) => data !== null && (JSON.parse(data) as { account?: string }).account !== account);
}
