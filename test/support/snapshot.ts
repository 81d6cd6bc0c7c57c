import { Redis } from 'ioredis';
import mongoose from 'mongoose';
import { KEYS } from '../../src/ledger/accounts/keys.ts';
import { endRedis } from './end-redis.ts';
import type { Platform } from './platform.ts';

/** What is written without anything being done: the last use of a key, and the presence of workers. */
const BESIDE = { collection: 'lethe_workers', field: { last_used_at: 0 } } as const;

/**
 * Every document of every collection as text, types and all, sorted: two are equal when nothing was written between but
 * what is written beside all work.
 */
export async function snapshotDatabase(platform: Platform): Promise<Record<string, string[]>> {
  const { db } = platform.core;
  const collections = await db.listCollections({}, { nameOnly: true }).toArray();
  const contents = await Promise.all(
    collections
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('system.') && name !== BESIDE.collection)
      .sort()
      .map(async (name) => {
        const documents = await db
          .collection(name)
          .find({}, { projection: name === KEYS ? BESIDE.field : {} })
          .toArray();
        return [
          name,
          documents.map((document) => mongoose.mongo.BSON.EJSON.stringify(document, { relaxed: false })).sort(),
        ] as const;
      }),
  );
  // An empty collection is as good as none.
  return Object.fromEntries(contents.filter(([, documents]) => documents.length > 0));
}

/** Every Redis key of the platform with its whole content, as `DUMP` gives it. */
export async function snapshotRedis(platform: Platform): Promise<Record<string, string>> {
  const redis = new Redis(platform.config.REDIS_URL);
  try {
    const contents: [string, string][] = [];
    for (const key of await listKeys(redis, platform)) {
      contents.push([key, (await redis.dumpBuffer(key))?.toString('base64') ?? '']);
    }
    return Object.fromEntries(contents.sort(([one], [other]) => (one < other ? -1 : 1)));
  } finally {
    await endRedis(redis);
  }
}

/** The names of all Redis keys of the platform. */
export async function listKeys(redis: Redis, platform: Platform): Promise<string[]> {
  const names = new Set<string>();
  for await (const keys of redis.scanStream({ match: `{${platform.config.QUEUE_PREFIX}}:*`, count: 500 })) {
    for (const key of keys as string[]) names.add(key);
  }
  return [...names];
}
