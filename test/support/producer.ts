import type { Cluster, Redis } from 'ioredis';
import { openRedis } from '../../src/base/queue/connections.ts';
import { createProducer, type Producer } from '../../src/base/queue/producer.ts';
import { endRedis } from './end-redis.ts';
import type { Platform } from './platform.ts';

/** What an API process has of the queues, on a connection of its own. */
export function openProducer(platform: Pick<Platform, 'config'>): {
  readonly producer: Producer;
  readonly redis: Redis | Cluster;
  close(): Promise<void>;
} {
  const { REDIS_URL: url, REDIS_CLUSTER: cluster, QUEUE_PREFIX: prefix } = platform.config;
  const redis = openRedis({ url, cluster }, 'patient', () => {});
  const producer = createProducer(redis, prefix, () => {});
  return {
    producer,
    redis,
    async close() {
      await producer.close();
      await endRedis(redis);
    },
  };
}
