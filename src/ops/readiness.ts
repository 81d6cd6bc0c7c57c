import type { Cluster, Redis } from 'ioredis';
import type mongoose from 'mongoose';
import { findVersionFault } from '../base/db/server-version.ts';

/** One condition for accepting work. */
export interface Check {
  readonly name: 'mongodb' | 'version' | 'indexes' | 'keys' | 'redis' | 'noeviction';
  readonly ok: boolean;
  readonly detail?: string;
}

const PATIENCE_MS = 2_000;

/** What is asked about the database. */
export interface ReadinessSources {
  readonly db: mongoose.mongo.Db;
  /** Names the indexes that are missing. */
  missingIndexes(): Promise<string[]>;
  /** Names the keys that are in use and not at hand. */
  missingKeys(): Promise<string[]>;
}

/**
 * Checks the services: MongoDB answers, can run transactions and is recent enough; Lethe's indexes are there, and the keys
 * that are in use at hand; Redis answers and never evicts, as BullMQ's keys are not a cache.
 */
export async function checkReadiness(
  { db, missingIndexes, missingKeys }: ReadinessSources,
  redis: Redis | Cluster,
): Promise<Check[]> {
  return Promise.all([
    within('mongodb', async () => {
      const hello = await db.admin().command({ hello: 1 });
      return hello.setName || hello.msg === 'isdbgrid' ? undefined : 'not a replica set: transactions are impossible';
    }),
    within('version', () => findVersionFault(db)),
    within('indexes', async () => {
      const missing = await missingIndexes();
      return missing.length === 0 ? undefined : `missing: ${missing.join(', ')}`;
    }),
    within('keys', async () => {
      const missing = await missingKeys();
      return missing.length === 0 ? undefined : `not at hand: ${missing.join(', ')}`;
    }),
    within('redis', async () => ((await redis.ping()) === 'PONG' ? undefined : 'no answer')),
    within('noeviction', async () => {
      const info = await redis.info('memory');
      const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1];
      return policy === undefined || policy === 'noeviction'
        ? undefined
        : `maxmemory-policy is ${policy}, must be noeviction`;
    }),
  ]);
}

async function within(name: Check['name'], look: () => Promise<string | undefined>): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('no answer in time'), PATIENCE_MS);
  });
  try {
    const detail = await Promise.race([look(), late]);
    return detail === undefined ? { name, ok: true } : { name, ok: false, detail };
  } catch {
    return { name, ok: false, detail: 'not reachable' };
  } finally {
    clearTimeout(timer);
  }
}
