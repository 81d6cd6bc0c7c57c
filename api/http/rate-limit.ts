import type { RequestHandler } from 'express';
import type { Cluster, Redis } from 'ioredis';
import { LetheError } from '../../src/base/errors.ts';
import { queuePrefix } from '../../src/base/queue/connections.ts';
import { countedAs } from './auth.ts';

const WINDOW_SECONDS = 1;

/**
 * Limits the requests of an account. They are counted in Redis, so that the limit holds across API processes. While Redis
 * is away everyone passes: a right to erasure must not wait for a counter.
 * @param options.prefix the queue's prefix
 * @param options.perSecond requests a second; 0 for no limit
 * @param options.bucket counts these requests apart from all others
 */
export function limitRate(
  redis: Redis | Cluster,
  { prefix, perSecond, bucket }: { prefix: string; perSecond: number; bucket?: string },
): RequestHandler {
  const place = bucket === undefined ? 'rate' : `rate:${bucket}`;
  return async (_request, response, next) => {
    if (perSecond > 0 && redis.status === 'ready') {
      const second = Math.floor(Date.now() / 1000 / WINDOW_SECONDS);
      const key = `${queuePrefix(prefix)}:${place}:${countedAs(response)}:${second}`;
      const used = await countUse(redis, key);
      if (used > perSecond) throw new LetheError('rate_limited', undefined, { 'Retry-After': String(WINDOW_SECONDS) });
    }
    next();
  };
}

async function countUse(redis: Redis | Cluster, key: string): Promise<number> {
  try {
    const replies = await redis
      .multi()
      .incr(key)
      .expire(key, WINDOW_SECONDS * 2)
      .exec();
    const count = replies?.[0]?.[1];
    return typeof count === 'number' ? count : 0;
  } catch {
    return 0;
  }
}
