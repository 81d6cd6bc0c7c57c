import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import mongoose from 'mongoose';
import type { PhoneNumber } from '../../src/phone/number.ts';
import { containsNumber } from '../../src/phone/scan.ts';
import { endRedis } from './end-redis.ts';
import type { Platform } from './platform.ts';
import { listKeys } from './snapshot.ts';

/** A text and where it was found. */
export type Found = readonly [place: string, text: string];

/**
 * Where a number shows in texts: in any writing people use, as base64 or hexadecimal, or as a hash without a key, which
 * everybody can reckon back.
 * @returns one line a trace; the number itself is not in it
 */
export function findTraces(found: readonly Found[], numbers: readonly PhoneNumber[]): string[] {
  return numbers.flatMap((number, index) => {
    const disguises = disguisesOf(number);
    return found.flatMap(([place, text]) => {
      const ways = [
        ...(containsNumber(text, number) ? ['plainly'] : []),
        ...disguises.filter(([, form]) => text.includes(form)).map(([way]) => way),
      ];
      return ways.map((way) => `${place}: number ${index} ${way}`);
    });
  });
}

function disguisesOf(number: PhoneNumber): [string, string][] {
  const writings = [number, `+${number}`, `0${number.slice(2)}`];
  return writings.flatMap((text): [string, string][] => [
    // Without the last characters, which depend on what follows.
    ['in base64', Buffer.from(text).toString('base64').slice(0, 15)],
    ['in hexadecimal', Buffer.from(text).toString('hex')],
    ['backwards', [...text].reverse().join('')],
    ...['md5', 'sha1', 'sha256', 'sha512'].flatMap((algorithm): [string, string][] => {
      const hash = createHash(algorithm).update(text).digest();
      return [
        [`as ${algorithm}`, hash.toString('hex')],
        [`as ${algorithm}`, hash.toString('base64url').slice(0, 21)],
        [`as ${algorithm}`, hash.toString('base64').slice(0, 21)],
      ];
    }),
  ]);
}

/** Everything the platform's database holds: every document of every collection, as text and as bytes. */
export async function readDatabase({ core: { db } }: { core: Pick<Platform['core'], 'db'> }): Promise<Found[]> {
  const found: Found[] = [];
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
    found.push(['a collection name', name]);
    if (name.startsWith('system.')) continue;
    for await (const document of db.collection(name).find({})) {
      const place = `${name} ${String(document._id)}`;
      found.push([place, mongoose.mongo.BSON.EJSON.stringify(document, { relaxed: true })]);
      found.push([place, Buffer.from(mongoose.mongo.BSON.serialize(document)).toString('latin1')]);
      for (const bytes of bytesIn(document)) found.push([`${place}, its bytes`, bytes.toString('latin1')]);
    }
  }
  return found;
}

function bytesIn(value: unknown): Buffer[] {
  if (value instanceof mongoose.mongo.Binary) return [Buffer.from(value.value())];
  if (Array.isArray(value)) return value.flatMap(bytesIn);
  if (value === null || typeof value !== 'object' || value instanceof Date) return [];
  return Object.values(value).flatMap(bytesIn);
}

/** Everything the platform's Redis keys hold: names, `DUMP`s, and the contents of every type as `READ` gives them. */
export async function readRedis(platform: Platform): Promise<Found[]> {
  const redis = new Redis(platform.config.REDIS_URL);
  try {
    const found: Found[] = [];
    for (const key of await listKeys(redis, platform)) {
      found.push(['a Redis key name', key]);
      found.push([key, (await redis.dumpBuffer(key))?.toString('latin1') ?? '']);
      // A dump may be compressed.
      found.push([key, JSON.stringify(await readKey(redis, key))]);
    }
    return found;
  } finally {
    await endRedis(redis);
  }
}

async function readKey(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key);
  if (type === 'string') return redis.get(key);
  if (type === 'hash') return redis.hgetall(key);
  if (type === 'list') return redis.lrange(key, 0, -1);
  if (type === 'set') return redis.smembers(key);
  if (type === 'zset') return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES');
  if (type === 'stream') return redis.xrange(key, '-', '+');
  // A key may have gone since it was listed; of any other type nothing is known.
  if (type === 'none') return null;
  throw new Error(`a Redis key of the type ${type}`);
}
