import { randomBytes } from 'node:crypto';
import { type Config, readConfig } from '../../src/base/config.ts';
import { generateKey } from '../../src/base/keys/key-ring.ts';
import type { JobName } from '../../src/base/queue/catalogue.ts';
import { openRedis } from '../../src/base/queue/connections.ts';
import { createProducer } from '../../src/base/queue/producer.ts';
import { acceptForget } from '../../src/contracts/forget/accept.ts';
import { type Core, createCore } from '../../src/core.ts';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import { type ErasureRequest, REQUEST_CALL, requestsOf } from '../../src/ledger/requests/ledger.ts';
import { addJob, type Call } from '../../src/ledger/work/call.ts';
import type { PhoneNumber } from '../../src/phone/number.ts';
import { phoneNumber } from '../support/numbers.ts';
import { indexPlatform } from '../support/records.ts';

type Request = Pick<ErasureRequest, 'reference' | 'account_id' | 'generation'>;

/** A database with the default collections and their indexes, and a queue. Settings are the defaults of production. */
export interface World {
  readonly env: NodeJS.ProcessEnv;
  readonly config: Config;
  readonly core: Core;
  /** @param scan `off`: what is measured are look-ups; records are not read besides */
  account(scan?: 'on' | 'off'): Promise<{ account: Account; key: string }>;
  /** Puts requests in the ledger as the API does; no job is queued. */
  accept(account: Account, numbers: readonly PhoneNumber[]): Promise<Request[]>;
  queue(requests: readonly Request[]): Promise<void>;
  /** Adds the jobs of rows of any kind. */
  call<Row extends { readonly generation: number }, Name extends JobName>(
    call: Call<Row, Name>,
    rows: readonly Row[],
  ): Promise<void>;
  /** @throws Error unless all are completed, with these records in all between them: a wrong count has no speed */
  check(requests: readonly Request[], records: number): Promise<void>;
  close(): Promise<void>;
}

/** Ofcom sets 07700 900000 to 900999 aside for drama: nobody has them. */
export function dramaNumber(index: number): PhoneNumber {
  if (index < 0 || index > 999) throw new RangeError('there are a thousand numbers for drama');
  return phoneNumber(447_700_900_000 + index);
}

const SIDE_BY_SIDE = 16;
const HOUR_MS = 3_600_000;

/** @param engines where MongoDB and Redis are */
export async function openWorld(engines: { mongodbUri: string; redisUrl: string }, name: string): Promise<World> {
  const unique = `bench-${name}-${randomBytes(3).toString('hex')}`;
  const now = new Date();
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    MONGODB_URI: engines.mongodbUri,
    REDIS_URL: engines.redisUrl,
    MONGODB_DATABASE: unique,
    QUEUE_PREFIX: unique,
    LETHE_SEAL_KEYS: generateKey(now),
    LETHE_TOKEN_KEYS: generateKey(now),
    RECEIPT_KEYS: generateKey(now),
    PORT: '0',
    // Counted as always, and never reached.
    RATE_LIMIT_PER_SECOND: '1000000',
  };
  const config = readConfig(env);
  const core = createCore(config, { poolSize: SIDE_BY_SIDE + 4 });
  const redis = openRedis({ url: config.REDIS_URL, cluster: false }, 'patient', (error) =>
    console.error(error.message),
  );
  const producer = createProducer(redis, config.QUEUE_PREFIX, (error) => console.error(error.message));
  await core.prepare();
  await indexPlatform(core.db);
  // The grace is long: the relay must not queue a request before its round begins.
  const deps = { ...core, deadlineMs: 24 * HOUR_MS, graceMs: HOUR_MS };

  return {
    env,
    config,
    core,
    async account(scan = 'on') {
      const account = await core.accounts.create({ name: 'Bench', now: new Date() });
      const made = await core.keys.create({ account: account._id, now: new Date() });
      if (!made) throw new Error('no key was made');
      await core.accounts.setScan(account._id, scan);
      return { account, key: made.whole };
    },
    accept: (account, numbers) =>
      sideBySide(numbers, SIDE_BY_SIDE, async (number) => {
        const { request } = await acceptForget(
          deps,
          { account, actor: 'bench', number, unsuppress: false },
          new Date(),
        );
        return request;
      }),
    async queue(requests) {
      await Promise.all(requests.map((request) => addJob(producer, REQUEST_CALL, request)));
    },
    async call(call, rows) {
      await Promise.all(rows.map((row) => addJob(producer, call, row)));
    },
    async check(requests, records) {
      const rows = await requestsOf(core.db)
        .find({ reference: { $in: requests.map((request) => request.reference) } })
        .toArray();
      const completed = rows.filter((row) => row.state === 'completed').length;
      const erased = rows.flatMap((row) => Object.values(row.erased)).reduce((sum, count) => sum + count, 0);
      if (completed !== requests.length || erased !== records) {
        throw new Error(
          `${completed} of ${requests.length} requests completed, ${erased} of ${records} records erased`,
        );
      }
    },
    async close() {
      await producer.close();
      for await (const keys of redis.status === 'ready' ? scan(redis, unique) : []) await redis.unlink(keys);
      redis.disconnect();
      await core.db.dropDatabase();
      await core.close();
    },
  };
}

function scan(redis: ReturnType<typeof openRedis>, prefix: string): AsyncIterable<string[]> {
  if (!('scanStream' in redis)) return (async function* () {})();
  return redis.scanStream({ match: `{${prefix}}:*`, count: 1_000 });
}

/** Works on a list with so many at a time; results in the order of the list. */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as Item);
    }),
  );
  return results;
}
