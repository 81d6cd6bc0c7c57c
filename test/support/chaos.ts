import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { Queue } from 'bullmq';
import type { QueueName } from '../../src/base/queue/catalogue.ts';
import { openRedis, queuePrefix } from '../../src/base/queue/connections.ts';
import { acceptForget } from '../../src/contracts/forget/accept.ts';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import { type ErasureRequest, requestsOf } from '../../src/ledger/requests/ledger.ts';
import type { PhoneNumber } from '../../src/phone/number.ts';
import { type MongoProxy, startMongoProxy } from './chaos-mongo.ts';
import { type OwnRedis, startOwnRedis } from './chaos-redis.ts';
import { endRedis } from './end-redis.ts';
import { askToForget, untilCompleted } from './forget.ts';
import { phoneNumber } from './numbers.ts';
import { openPlatform, type Platform } from './platform.ts';
import { openProcesses, type Processes } from './processes.ts';
import { randomSource } from './random-source.ts';
import { indexPlatform, insertRecords, type RecordCounts } from './records.ts';
import type { Db } from './types.ts';
import { waitFor } from './wait-for.ts';
import type { Answer } from './wire.ts';

/** A person with records on an account, and somebody else's records beside them. */
export interface Person {
  readonly account: Account;
  readonly key: string;
  readonly number: PhoneNumber;
  /** What `erased` must say in the end. */
  readonly expected: Record<string, number>;
}

/** The world of one scene: a platform of its own, and everything that may fail in it. Closed with the scene. */
export interface Chaos {
  readonly platform: Platform;
  readonly db: Db;
  readonly processes: Processes;
  /** For processes of this world. */
  readonly env: NodeJS.ProcessEnv;
  proxyMongo(): Promise<MongoProxy>;
  ownRedis(): Promise<OwnRedis>;
  /** A queue as a process of this world sees it; without a name, that of erasures. */
  queue(name?: QueueName): Queue;
  /** Waits until no request has a job any more, in any state. */
  noJobIsLeft(): Promise<void>;
  person(counts: RecordCounts, options?: { digits?: number; on?: Person }): Promise<Person>;
  /** Puts a request into the ledger, and nothing into the queue: the next relay finds it. @returns the reference */
  submit(person: Person): Promise<string>;
  row(reference: string): Promise<ErasureRequest | null>;
  completed(reference: string): Promise<ErasureRequest>;
  /** Everything of the person is gone, everything else is there, and every record was counted once. */
  expectErased(person: Person, reference: string, expected?: Record<string, number>): Promise<void>;
}

/** Drama numbers (Ofcom): 447700900000 to 447700900999. The last hundred belong to the platform and to bystanders. */
const FIRST_NUMBER = 447_700_900_000;
const BYSTANDER = '447700900955';
const BYSTANDER_RECORDS = { contacts: 1, sent: 3, received: 2 } as const;
const COLLECTIONS = ['contacts', 'contact_lists', 'sent_sms', 'received_sms', 'scheduled_sms', 'calls', 'blacklist'];
const COLLECTION_OF = {
  contacts: 'contacts',
  lists: 'contact_lists',
  sent: 'sent_sms',
  received: 'received_sms',
  calls: 'calls',
} as const;

/**
 * A test in a world of its own. Whatever comes of it, its processes, proxies and servers are ended, and none may be
 * left; when it fails, what the processes wrote is printed.
 */
export function scene(
  name: string,
  play: (chaos: Chaos) => Promise<void>,
  extra: NodeJS.ProcessEnv = {},
): () => Promise<void> {
  return async () => {
    const platform = await openPlatform(name, extra);
    const processes = openProcesses();
    const closers: (() => Promise<unknown>)[] = [];
    try {
      await indexPlatform(platform.core.db);
      await play(openChaos(platform, processes, closers));
    } catch (error) {
      process.stderr.write(`${processes.report()}\n`);
      throw error;
    } finally {
      // The platform last, and whatever the others come to: they use what it closes.
      await endAll([processes.endAll, ...closers]).finally(platform.close);
    }
  };
}

async function endAll(closers: readonly (() => Promise<unknown>)[]): Promise<void> {
  const ends = await Promise.allSettled(closers.map((close) => close()));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

function openChaos(platform: Platform, processes: Processes, closers: (() => Promise<unknown>)[]): Chaos {
  const { core } = platform;
  const requests = requestsOf(core.db);
  const row = (reference: string) => requests.findOne({ reference });
  let numbers = 0;
  const queue = (name: QueueName = 'erasure') => {
    const connection = openRedis({ url: platform.config.REDIS_URL, cluster: false }, 'patient', () => {});
    const opened = new Queue(name, {
      connection,
      prefix: queuePrefix(platform.config.QUEUE_PREFIX),
      skipVersionCheck: true,
    });
    closers.push(async () => {
      await opened.close();
      await endRedis(connection);
    });
    return opened;
  };
  return {
    platform,
    db: core.db,
    processes,
    env: platform.env,
    row,
    async proxyMongo() {
      const proxy = await startMongoProxy(platform.config.MONGODB_URI);
      closers.push(proxy.close);
      return proxy;
    },
    async ownRedis() {
      const folder = await mkdtemp(join(tmpdir(), 'lethe-chaos-'));
      const redis = await startOwnRedis(folder);
      closers.push(async () => {
        await redis.stop();
        await rm(folder, { recursive: true, force: true });
      });
      return redis;
    },
    queue,
    async noJobIsLeft() {
      const jobs = queue();
      await waitFor('every job to be done', async () => {
        const all = await jobs.getJobs(['waiting', 'active', 'delayed', 'prioritized', 'failed', 'completed']);
        return all.every((job) => job?.name !== 'erase');
      });
    },
    async person(counts, { digits, on } = {}) {
      const { account, key } = on ?? (await platform.account());
      const number = phoneNumber(digits ?? FIRST_NUMBER + numbers);
      numbers += 1;
      await insertRecords(core.db, account.records_id, number, counts, BYSTANDER);
      if (!on) await insertRecords(core.db, account.records_id, BYSTANDER, BYSTANDER_RECORDS);
      const expected = Object.fromEntries(
        Object.entries(counts).map(([name, count]) => [COLLECTION_OF[name as keyof RecordCounts], count]),
      );
      return { account, key, number, expected };
    },
    async submit({ account, number }) {
      const { request } = await acceptForget(
        { ...core, deadlineMs: 86_400_000, graceMs: 0 },
        { account, actor: 'test', number, unsuppress: false },
        new Date(),
      );
      return request.reference;
    },
    completed: (reference) => untilCompleted(platform, reference),
    async expectErased(person, reference, expected = person.expected) {
      const request = await row(reference);
      const { state, erased, failures } = request ?? {};
      // No fault of a server or a process is a failure of the request.
      expect({ state, erased, failures }).toEqual({ state: 'completed', erased: expected, failures: 0 });
      expect(request).not.toHaveProperty('sealed');
      expect(request).not.toHaveProperty('announced');
      expect(await traces(core.db, person)).toEqual([]);
      const at = { account_id: person.account.records_id };
      const kept = await core.db.collection('sent_sms').countDocuments({ ...at, to: BYSTANDER, body: /^Hi Jo/ });
      expect(kept).toBe(BYSTANDER_RECORDS.sent);
      const suppressions = await core.db
        .collection('blacklist')
        .find({ ...at, token: request?.token })
        .toArray();
      expect(suppressions).toHaveLength(1);
      expect(await core.db.collection('lethe_receipts').countDocuments({ reference })).toBe(1);
    },
  };
}

/** Where the number still stands on the account, as itself. */
async function traces(db: Db, person: Person): Promise<string[]> {
  const found: string[] = [];
  for (const name of COLLECTIONS) {
    for await (const record of db.collection(name).find({ account_id: person.account.records_id })) {
      if (JSON.stringify(record).includes(person.number)) found.push(name);
    }
  }
  return found;
}

/** `POST /gdpr/forget`, as a client sends it. @returns the answer; its reference is there when it was accepted */
export async function forgetPerson(
  api: { readonly url: string },
  person: Person,
): Promise<Answer & { body: { reference: string } }> {
  const answer = await askToForget(api.url, person.key, { number: person.number });
  return answer as Awaited<ReturnType<typeof forgetPerson>>;
}

/**
 * A source of chance that a failed run can be repeated with: set CHAOS_SEED to the seed it printed.
 * @returns numbers from 0 up to, and not including, 1
 */
export function chance(name: string): () => number {
  const seed = Number(process.env.CHAOS_SEED ?? randomInt(2 ** 31));
  process.stderr.write(`${name}: CHAOS_SEED=${seed}\n`);
  return randomSource(seed);
}
