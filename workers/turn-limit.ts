import type { Job, Worker } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import { FIRST_TURN_SCORE, type QueueKeys } from '../src/base/queue/turns.ts';
import type { TurnSignal } from './turn-signal.ts';

/** Jobs at the head of a queue that are looked at: an account that begins to wait stands among the first of its round. */
const HEAD = 16;
/** BullMQ keeps a job that waits for a moment under the score `milliseconds * 2^12 + counter`. */
const MOMENT_SCORES = 2 ** 12;

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

/**
 * Does a job of another account wait for a place? One whose moment has come has had no turn yet, and may stand anywhere:
 * while all places are taken nobody fetches it. With more of these than are looked at it is taken to be another's: in a
 * place of its own each is given its turn at once.
 */
export async function isAnotherWaiting(
  redis: Redis | Cluster,
  keys: QueueKeys,
  account: string | undefined,
): Promise<boolean> {
  const [queued, moments] = [keys.toKey('prioritized'), keys.toKey('delayed')];
  const due = String((Date.now() + 1) * MOMENT_SCORES - 1);
  const [inTurn, come, fetched] = await Promise.all([
    redis.zrangebyscore(queued, FIRST_TURN_SCORE, '+inf', 'LIMIT', 0, HEAD),
    redis.zrangebyscore(moments, 0, due, 'LIMIT', 0, HEAD + 1),
    redis.zrangebyscore(queued, 0, `(${FIRST_TURN_SCORE}`, 'LIMIT', 0, HEAD + 1),
  ]);
  if (Math.max(come.length, fetched.length) > HEAD) return true;
  const ids = [...inTurn, ...come, ...fetched];
  const waiting = await Promise.all(ids.map((id) => redis.hget(keys.toKey(id), 'data')));
  return waiting.some((data) => data !== null && (JSON.parse(data) as { account?: string }).account !== account);
}
