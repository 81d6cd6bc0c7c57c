import { Redis } from 'ioredis';
import { openRedis, queuePrefix, whenReady } from '../src/base/queue/connections.ts';

const WAIT_MS = 5_000;

/**
 * Removes every key of one installation from Redis.
 * @param env its REDIS_URL, REDIS_CLUSTER and QUEUE_PREFIX
 */
export async function dropQueue(env: NodeJS.ProcessEnv): Promise<void> {
  const settings = { url: env.REDIS_URL ?? '', cluster: env.REDIS_CLUSTER === 'true' };
  const redis = openRedis(settings, 'fail-fast', () => {});
  try {
    await whenReady(redis, WAIT_MS, AbortSignal.timeout(WAIT_MS));
    for (const node of redis instanceof Redis ? [redis] : redis.nodes('master')) {
      const match = `${queuePrefix(env.QUEUE_PREFIX ?? '')}:*`;
      for await (const keys of node.scanStream({ match, count: 500 }) as AsyncIterable<string[]>)
        if (keys.length > 0) await node.unlink(...keys);
    }
  } finally {
    redis.disconnect();
  }
}
