import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readConfig } from '../src/base/config.ts';
import { logCrashes } from '../src/base/crash.ts';
import { KeysMissing } from '../src/base/keys/in-use.ts';
import { listen } from '../src/base/listen.ts';
import { createLogger } from '../src/base/log.ts';
import { openRedis } from '../src/base/queue/connections.ts';
import { createFaultLog } from '../src/base/queue/fault-log.ts';
import { createProducer } from '../src/base/queue/producer.ts';
import { installShutdown } from '../src/base/shutdown.ts';
import { createCore } from '../src/core.ts';
import { createMissingLog, isMissing } from '../src/ops/missing-log.ts';
import { checkStart, warnOfVersion } from '../src/ops/start-checks.ts';
import { createApp } from './app.ts';
import { createApiServer } from './http/server.ts';

const POOL_SIZE = 50;

/** Runs an API process until it is told to stop; requests under way are answered first. */
export async function runApi(env: NodeJS.ProcessEnv): Promise<void> {
  const config = readConfig(env);
  const logger = createLogger({ level: config.LOG_LEVEL, service: 'api' });
  logCrashes(logger);
  await checkStart(config, env, logger);
  const core = createCore(config, { poolSize: POOL_SIZE, logger });
  const onError = createFaultLog(logger, 'redis');
  const redis = openRedis({ url: config.REDIS_URL, cluster: config.REDIS_CLUSTER }, 'fail-fast', onError);
  const producer = createProducer(redis, config.QUEUE_PREFIX, onError);
  const app = createApp({ core, redis, producer, logger, now: () => new Date() });

  // The API starts without its database: /readyz says so, and requests get 503 until it is reached.
  const logMissing = createMissingLog(logger);
  const prepared = core.prepare().then(
    () => warnOfVersion(core.db, logger),
    (error: unknown) => {
      if (isMissing(error)) logMissing(error);
      else logger.warn('indexes and keys not checked', { error });
      return error;
    },
  );
  const server = createApiServer(app, logger);
  await listen(server, config.HOST, config.PORT, 'PORT');
  const shutDown = installShutdown(
    [
      { name: 'http', run: () => closeServer(server) },
      { name: 'queue', run: () => producer.close() },
      { name: 'redis', run: () => redis.disconnect() },
      { name: 'database', run: () => prepared.then(core.close) },
    ],
    { timeoutMs: config.SHUTDOWN_TIMEOUT_MS, logger },
  );
  // Its keys are not those of this installation: with other keys it would have to be started anew anyhow.
  void prepared.then((fault) => (fault instanceof KeysMissing ? shutDown(1) : undefined));
  logger.info('api listening', { host: config.HOST, port: (server.address() as AddressInfo).port });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeIdleConnections();
  });
}
