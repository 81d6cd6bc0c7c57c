import type { Config } from '../src/base/config.ts';
import { openRedis } from '../src/base/queue/connections.ts';
import { createProducer } from '../src/base/queue/producer.ts';
import { createCore } from '../src/core.ts';
import { readVersion } from '../src/lib/version.ts';
import { readDeadlines } from '../src/ops/deadlines.ts';
import { createReadiness } from '../src/ops/readiness.ts';
import { judgeStatus, type Status } from '../src/ops/status.ts';
import { readWorkers } from '../src/ops/workers.ts';

/**
 * Looks once at everything an installation consists of. What cannot be read is told as such, and the rest all the same.
 * @throws DataMapError
 */
export async function lookAtInstallation(
  config: Config,
  now: Date,
  options: { areWorkersOptional: boolean },
): Promise<Status> {
  const core = createCore(config, { poolSize: 5 });
  const redis = openRedis({ url: config.REDIS_URL, cluster: config.REDIS_CLUSTER }, 'fail-fast', () => {});
  const producer = createProducer(redis, config.QUEUE_PREFIX, () => {});
  const orNull = <Value>(reading: Promise<Value>) => reading.catch(() => null);
  try {
    await new Promise<void>((resolve) => {
      if (redis.status === 'ready') resolve();
      else for (const event of ['ready', 'error', 'end'] as const) redis.once(event, () => resolve());
    });
    const readiness = createReadiness(core, redis, config.QUEUE_PREFIX);
    const [checks, deadlines, workers, queues, ages] = await Promise.all([
      readiness(now),
      orNull(readDeadlines(core.db, now, core.times.dueSoonMs)),
      orNull(readWorkers(core.db, now)),
      orNull(producer.counts()),
      orNull(producer.ages(now)),
    ]);
    return judgeStatus({ version: readVersion(), checks, deadlines, workers, queues, ages, ...options });
  } finally {
    await producer.close().catch(() => {});
    redis.disconnect();
    await core.close();
  }
}
