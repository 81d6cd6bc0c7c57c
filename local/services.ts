import { mkdir } from 'node:fs/promises';
import { openCacheFolder } from './cache.ts';
import { type Surroundings, startMongoService } from './mongo.ts';
import { startRedisService } from './redis.ts';
import type { Service, ServiceOptions } from './service.ts';

export type { Service, ServiceOptions } from './service.ts';

/**
 * Starts a Redis on the loopback address: `redis-server` or `valkey-server` from the PATH, else Debian's package in a
 * private copy. Prints its choice.
 *
 * @returns a service whose `url` is `redis://127.0.0.1:PORT`.
 * @throws Error when none can be had, when the data folder is in use, or when it does not come up.
 */
export async function startRedis(options: ServiceOptions): Promise<Service> {
  await mkdir(options.dataDir, { recursive: true });
  return startRedisService(options, describeSurroundings(process.env));
}

/**
 * Starts a MongoDB, or a server compatible with it, on the loopback address: see `mongo.ts` for the ways tried. Prints
 * its choice.
 *
 * @returns a service whose `url` is `mongodb://127.0.0.1:PORT/?replicaSet=rs0`.
 * @throws Error when none can be had, when the data folder is in use, or when it does not come up.
 */
export async function startMongo(options: ServiceOptions): Promise<Service> {
  await mkdir(options.dataDir, { recursive: true });
  return startMongoService(options, describeSurroundings(process.env));
}

function describeSurroundings(env: NodeJS.ProcessEnv): Surroundings {
  return { env, openCache: () => openCacheFolder(env) };
}

/**
 * Provides both servers. `MONGODB_URI` and `REDIS_URL` win: nothing is started for the one that is set. What has to be
 * started is started side by side, in `dataDir`, and ends when `stop` is called or this process ends, however it ends.
 * It does not keep this process's event loop running.
 *
 * @param options.env where those two are looked up; the process's own environment if not given.
 * @throws Error when one cannot be had; the other is stopped again first.
 */
export async function startServices(options: {
  dataDir: string;
  durable: boolean;
  print: (line: string) => void;
  env?: NodeJS.ProcessEnv;
}): Promise<{ mongodbUri: string; redisUrl: string; started: Service[]; stop(): Promise<void> }> {
  const { MONGODB_URI: mongodbUri, REDIS_URL: redisUrl } = options.env ?? process.env;
  const common = { dataDir: options.dataDir, durable: options.durable, print: options.print };
  const results = await Promise.allSettled([
    mongodbUri ? null : startMongo(common),
    redisUrl ? null : startRedis(common),
  ]);
  const started = results.flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : []));
  const stop = async () => {
    await Promise.all(started.map((service) => service.stop()));
  };
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const [mongo, redis] = results.map((result) => (result.status === 'fulfilled' ? result.value : null));
  return { mongodbUri: mongodbUri || (mongo?.url ?? ''), redisUrl: redisUrl || (redis?.url ?? ''), started, stop };
}
