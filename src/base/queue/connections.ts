import { Cluster, Redis } from 'ioredis';

export interface RedisSettings {
  readonly url: string;
  readonly cluster: boolean;
}

/**
 * For a caller who must not be kept waiting by a Redis that is away: a command fails within 1.5 s. A hung connection is
 * closed after 2 s, and commands fail at once until Redis is back.
 */
const FAIL_FAST = {
  enableOfflineQueue: false,
  commandTimeout: 1_500,
  socketTimeout: 2_000,
  maxRetriesPerRequest: 1,
} as const;
/**
 * Waits for Redis as long as it takes, as BullMQ demands of a worker, but not on a connection that died without a word:
 * the system would take a quarter of an hour to notice. BullMQ's own blocking calls are answered within ten seconds.
 */
const PATIENT = { enableOfflineQueue: true, socketTimeout: 15_000, maxRetriesPerRequest: null } as const;

const LONGEST_RECONNECT_MS = 2_000;

/**
 * Opens a connection to Redis, or to a Redis Cluster when the settings say so.
 * @param kind `fail-fast` for the API, `patient` for workers
 * @param onError told of every lost connection; without it ioredis would print
 */
export function openRedis(
  settings: RedisSettings,
  kind: 'fail-fast' | 'patient',
  onError: (error: Error) => void,
): Redis | Cluster {
  const options = { ...(kind === 'fail-fast' ? FAIL_FAST : PATIENT), connectTimeout: 2_000, keepAlive: 10_000 };
  const retry = (times: number) => Math.min(times * 100, LONGEST_RECONNECT_MS);
  if (!settings.cluster) {
    const redis = new Redis(settings.url, { ...options, retryStrategy: retry });
    redis.on('error', onError);
    return redis;
  }
  const node = new URL(settings.url);
  const { enableOfflineQueue = true, ...redisOptions } = options;
  const cluster = new Cluster([{ host: node.hostname, port: Number(node.port || 6379) }], {
    enableOfflineQueue,
    clusterRetryStrategy: retry,
    redisOptions: {
      ...redisOptions,
      ...(node.username && { username: decodeURIComponent(node.username) }),
      ...(node.password && { password: decodeURIComponent(node.password) }),
      ...(node.protocol === 'rediss:' && { tls: {} }),
    },
  });
  cluster.on('error', onError);
  return cluster;
}

/**
 * Waits until a connection is up, at most so long. A caller who goes on without it gets the error that says what is wrong.
 */
export function whenReady(redis: Redis | Cluster, withinMs: number, signal: AbortSignal): Promise<void> {
  if (redis.status === 'ready' || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, withinMs);
    redis.once('ready', done);
    signal.addEventListener('abort', done, { once: true });
    function done() {
      clearTimeout(timer);
      redis.off('ready', done);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}

/** Does Redis answer a ping? On a fail-fast connection this takes no longer than a command may. */
export async function isReachable(redis: Redis | Cluster): Promise<boolean> {
  try {
    await redis.ping();
    return true;
  } catch {
    return false;
  }
}

/** Ends a connection on which commands wait for a Redis that is away: they fail, at the latest with the next attempt to connect. */
export function closeNow(redis: Redis | Cluster): void {
  if (redis instanceof Cluster) redis.options.clusterRetryStrategy = () => null;
  else redis.options.retryStrategy = () => null;
  // Between two attempts ioredis would forget the commands that wait, without an answer.
  if (redis.status !== 'reconnecting') redis.disconnect();
}

/** The prefix of every key: a hash tag, so that in a cluster all keys of the queue lie on one node. */
export function queuePrefix(name: string): string {
  return `{${name}}`;
}
