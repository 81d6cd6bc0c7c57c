import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type Config, readConfig } from '../../src/base/config.ts';
import { createLogger, type Logger } from '../../src/base/log.ts';
import { allPlaces } from '../../src/base/queue/catalogue.ts';
import { openRedis } from '../../src/base/queue/connections.ts';
import { type Core, createCore } from '../../src/core.ts';
import type { AccountValue } from '../../src/engine/subject.ts';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import type { Fault } from '../../src/ops/metrics.ts';
import type { RunningWorker } from '../../workers/worker.ts';
import { endRedis } from './end-redis.ts';
import { LIMITS, unhurried } from './limits.ts';
import { loadInTurn } from './load-in-turn.ts';
import { waitFor } from './wait-for.ts';

export const TEST_KEYS = {
  LETHE_SEAL_KEYS: `seal1:${Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64')}`,
  RECEIPT_KEYS: `receipt1:${Buffer.from('0192837465abcdefghijklmnopqrstuv').toString('base64')}`,
  LETHE_TOKEN_KEYS: `token1:${Buffer.from('vutsrqponmlkjihgfedcba9876543210').toString('base64')}`,
} as const;

/** The engines of the tests are there, and slow at worst: nothing may give up on them after the product's two seconds. */
const PATIENT = { serverSelectionMs: LIMITS.answerMs } as const;

/** What a worker of a test may be given in place of the usual. */
interface WorkerOptions {
  readonly now?: () => Date;
  readonly logger?: Logger;
  readonly countFault?: (fault: Fault) => void;
}

/** One test file's world: a database and a queue prefix of its own, on the engines the suite's runner started. */
export interface Platform {
  readonly env: NodeJS.ProcessEnv;
  readonly config: Config;
  readonly core: Core;
  readonly logger: Logger;
  account(options?: {
    name?: string;
    recordsId?: AccountValue;
    timeZone?: string;
  }): Promise<{ account: Account; key: string; keyId: string }>;
  /** Starts an API in this process; closed with the platform. */
  startApi(env?: NodeJS.ProcessEnv, now?: () => Date): Promise<{ url: string; close(): Promise<void> }>;
  /** Starts a worker in this process; stopped with the platform. */
  startWorker(env?: NodeJS.ProcessEnv, options?: WorkerOptions): Promise<RunningWorker>;
  close(): Promise<void>;
}

/** The engines' addresses. @throws Error when the tests were not started with `npm test` */
export function engines(): { mongodbUri: string; redisUrl: string } {
  const { MONGODB_URI: mongodbUri, REDIS_URL: redisUrl } = process.env;
  if (!mongodbUri || !redisUrl) throw new Error('MONGODB_URI and REDIS_URL are not set: run the tests with npm test');
  return { mongodbUri, redisUrl };
}

/** The environment of a Lethe process in a test: short times, so that crashes are fast. */
function testEnvironment(name: string, extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { mongodbUri, redisUrl } = engines();
  const unique = `${name}-${process.pid}-${randomBytes(3).toString('hex')}`;
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    NODE_ENV: 'test',
    MONGODB_URI: mongodbUri,
    REDIS_URL: redisUrl,
    MONGODB_DATABASE: `t-${unique}`,
    QUEUE_PREFIX: `t-${unique}`,
    ...TEST_KEYS,
    LEASE_MS: String(unhurried(1_500)),
    SHUTDOWN_TIMEOUT_MS: String(LIMITS.answerMs),
    RELAY_INTERVAL_MS: '200',
    RETRY_BASE_MS: '200',
    SCHEDULED_SETTLE_MS: '200',
    LOG_LEVEL: 'error',
    // The records of most tests have fixed dates: one day they would be old enough to be deleted.
    RETENTION_MONTHS: '0',
    // To whoever was forgotten in a test they would be late.
    GUARD_LOOK_BACK_MINUTES: '0',
    REPORTS_DIR: join(tmpdir(), `lethe-reports-${unique}`),
    ...extra,
  };
}

/**
 * Opens a world for a test file. Close it in `afterAll`. API and worker are loaded when they are started: many files need
 * neither, and each loads all its modules anew.
 */
export async function openPlatform(name: string, extra: NodeJS.ProcessEnv = {}): Promise<Platform> {
  const env = testEnvironment(name, extra);
  const config = readConfig(env);
  const core = createCore(config, { poolSize: 20, ...PATIENT });
  const logger = createLogger({ level: config.LOG_LEVEL, service: name });
  const closers: (() => Promise<unknown>)[] = [];
  await core.prepare();

  return {
    env,
    config,
    core,
    logger,
    async account({ name: accountName = 'Acme', recordsId, timeZone } = {}) {
      const now = new Date();
      const account = await core.accounts.create({
        name: accountName,
        now,
        ...(recordsId !== undefined && { recordsId }),
        ...(timeZone !== undefined && { timeZone }),
      });
      const made = await core.keys.create({ account: account._id, label: 'test', now });
      if (!made) throw new Error('no key was made');
      return { account, key: made.whole, keyId: made.key._id };
    },
    async startApi(apiEnv = {}, now = () => new Date()) {
      // A database that is named for this API is one that will be away.
      const api = await openApi(readConfig({ ...env, ...apiEnv }), logger, apiEnv.MONGODB_URI ? {} : PATIENT, now);
      const close = once(api.close);
      closers.push(close);
      return { url: api.url, close };
    },
    async startWorker(workerEnv = {}, options = {}) {
      const workerConfig = readConfig({ ...env, ...workerEnv });
      const workerCore = createCore(workerConfig, {
        poolSize: allPlaces(workerConfig.WORKER_CONCURRENCY) + 4,
        ...(workerEnv.MONGODB_URI ? {} : PATIENT),
      });
      const { logger: workerLogger = logger, ...rest } = options;
      const { startWorker } = await loadInTurn(() => import('../../workers/worker.ts'));
      const worker = startWorker(workerCore, workerLogger, rest);
      const stop = once(async () => {
        await worker.stop();
        await workerCore.close();
      });
      closers.push(stop);
      // A test that adds a job at once means it to be in the queue. A Redis that is named for this worker may be away.
      if (!workerEnv.REDIS_URL) await waitFor('a connection to Redis', () => worker.producer.counts());
      return { ...worker, stop };
    },
    async close() {
      for (const close of closers.reverse()) await close();
      await core.db.dropDatabase();
      if (config.LETHE_DATABASE) await core.db.client.db(config.MONGODB_DATABASE).dropDatabase();
      await core.close();
      await rm(config.REPORTS_DIR, { recursive: true, force: true });
      await emptyRedis(config);
    },
  };
}

async function openApi(
  config: Config,
  logger: Logger,
  patience: Partial<typeof PATIENT>,
  now: () => Date,
): Promise<{ url: string; close: () => Promise<void> }> {
  const { createApp } = await loadInTurn(() => import('../../api/app.ts'));
  const { createApiServer } = await loadInTurn(() => import('../../api/http/server.ts'));
  const { createProducer } = await loadInTurn(() => import('../../src/base/queue/producer.ts'));
  const core = createCore(config, { poolSize: 20, ...patience });
  const redis = openRedis({ url: config.REDIS_URL, cluster: config.REDIS_CLUSTER }, 'fail-fast', () => {});
  const producer = createProducer(redis, config.QUEUE_PREFIX, () => {});
  const server = createApiServer(createApp({ core, redis, producer, logger, now }), logger);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      await closeServer(server);
      await producer.close();
      await endRedis(redis);
      await core.close();
    },
  };
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Removes what a platform has in Redis, as a Redis that has lost everything. */
export async function emptyRedis({
  REDIS_URL: url,
  QUEUE_PREFIX: prefix,
}: Pick<Config, 'REDIS_URL' | 'QUEUE_PREFIX'>): Promise<void> {
  const redis = new Redis(url);
  for await (const keys of redis.scanStream({ match: `{${prefix}}:*`, count: 500 })) {
    if ((keys as string[]).length > 0) await redis.unlink(keys as string[]);
  }
  await endRedis(redis);
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= close();
    return closing;
  };
}
