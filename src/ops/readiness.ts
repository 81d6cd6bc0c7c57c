import type { Cluster, Redis } from 'ioredis';
import type mongoose from 'mongoose';
import { findVersionFault } from '../base/db/server-version.ts';
import { queuePrefix } from '../base/queue/connections.ts';
import { shareReading } from '../lib/share.ts';

/** One condition for accepting work. */
export interface Check {
  readonly name: 'mongodb' | 'version' | 'indexes' | 'keys' | 'redis' | 'noeviction';
  readonly ok: boolean;
  readonly detail?: string;
}

const PATIENCE_MS = 2_000;

/** How long an answer is told again: probes come from many sides, and each look writes to Redis. */
const FRESH_MS = 2_000;

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
 * that are in use at hand; Redis answers, takes writes, and never evicts, as BullMQ's keys are not a cache. All who ask
 * within two seconds are told the same.
 * @param prefix the queue's: the key that is written lies beside its keys
 */
export function createReadiness(
  sources: ReadinessSources,
  redis: Redis | Cluster,
  prefix: string,
): (now: Date) => Promise<Check[]> {
  return shareReading(() => check(sources, redis, `${queuePrefix(prefix)}:ready`), FRESH_MS);
}

function check(
  { db, missingIndexes, missingKeys }: ReadinessSources,
  redis: Redis | Cluster,
  key: string,
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
    within('redis', async () => {
      if ((await redis.ping()) !== 'PONG') return 'no answer';
      // One whose memory is full answers as ever, and takes no job.
      const written = await redis.set(key, '1', 'EX', 60).catch((error: unknown) => (isReply(error) ? null : error));
      if (written === null) return 'refuses writes: its memory is full, or it is a replica';
      if (written !== 'OK') throw written;
      return undefined;
    }),
    within('noeviction', async () => {
      const info = await redis.info('memory');
      const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1];
      return policy === undefined || policy === 'noeviction'
        ? undefined
        : `maxmemory-policy is ${policy}, must be noeviction`;
    }),
  ]);
}

/** Did Redis itself say no? Every other error is one of the connection. */
const isReply = (error: unknown) => error instanceof Error && error.name === 'ReplyError';

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
