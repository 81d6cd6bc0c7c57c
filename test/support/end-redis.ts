import type { Cluster, Redis } from 'ioredis';
import { closeNow } from '../../src/base/queue/connections.ts';

/**
 * Ends a connection and waits until its socket is closed. ioredis (5 and 6) only begins with that, and leaves a timer of
 * two seconds until it is done, or for the whole of them when there is no socket at the time: a test file that ends
 * meanwhile leaves a jest worker that cannot exit.
 */
export async function endRedis(redis: Redis | Cluster): Promise<void> {
  if (redis.status === 'end') return;
  const ended = new Promise<void>((resolve) => {
    redis.once('end', () => resolve());
  });
  closeNow(redis);
  await ended;
}
