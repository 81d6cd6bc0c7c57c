import type mongoose from 'mongoose';
import { createLogger } from '../../src/base/log.ts';
import { openRedis } from '../../src/base/queue/connections.ts';
import { createProducer } from '../../src/base/queue/producer.ts';
import { createCore } from '../../src/core.ts';
import { neededIndexes } from '../../src/indexes.ts';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import { identify, link } from '../../src/ledger/audit/chain.ts';
import { AUDIT, AUDIT_HEADS, createAuditSeal } from '../../src/ledger/audit/entry.ts';
import { verifyAudit } from '../../src/ledger/audit/verify.ts';
import { type ErasureRequest, REQUESTS, requestsOf } from '../../src/ledger/requests/ledger.ts';
import { draftRequest } from '../../src/ledger/requests/open-request.ts';
import { relayRequests } from '../../src/ledger/requests/relay.ts';
import { createRequestSearch } from '../../src/ledger/requests/status.ts';
import { suppressionEntry } from '../../src/ledger/suppression/list.ts';
import { createLedgerFigures } from '../../src/ops/ledger-figures.ts';
import { runCli } from '../support/cli.ts';
import { insertRecords } from '../support/records.ts';
import { type Bench, compare, type Figure, type Measurement, timed } from './measurement.ts';
import { dramaNumber, type World } from './world.ts';

const FINISHED = { few: 1_000, many: 500_000 } as const;
const BACKLOG = 20_000;
const ROUNDS = 9;
const AT_ONCE = 5_000;
/** Finished requests are of so many days: the busiest has many of them. */
const DAYS = 30;
const DAY_MS = 86_400_000;
const VERIFY = 'audit verify';
const FILLED: readonly string[] = [REQUESTS, AUDIT];

/** One installation, and the work that is timed on it. */
interface Side {
  readonly world: World;
  readonly account: Account;
  readonly finished: number;
  readonly steps: Readonly<Record<string, () => Promise<unknown>>>;
  close(): Promise<void>;
}

/**
 * What everyday work costs with very many finished requests and audit entries, against a small ledger: without a backlog,
 * and with the same one on both sides.
 */
export const measureGrowth: Measurement = async (bench) => {
  let numbers = 0;
  /** No number comes twice: what was worked out for it on one side would be there already on the other. */
  const nextNumber = () => {
    numbers += 1;
    return dramaNumber(numbers);
  };
  const few = await openSide(bench, 'few', FINISHED.few, nextNumber);
  try {
    const many = await openSide(bench, 'many', bench.scaled(FINISHED.many, 5_000), nextNumber);
    try {
      const figures = await compareSides(few, many, 'growth');
      const backlog = bench.scaled(BACKLOG, 500);
      for (const { world, account } of [few, many]) await insertBacklog(world, account, backlog);
      bench.note(`growth: a backlog of ${backlog}`);
      // What is still to be done is nothing to the audit, whose chain takes long to read.
      return [...figures, ...(await compareSides(few, many, 'growth, backlog', [VERIFY]))];
    } finally {
      await many.close();
    }
  } finally {
    await few.close();
  }
};

async function compareSides(few: Side, many: Side, name: string, without: readonly string[] = []): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [step, inMany] of Object.entries(many.steps)) {
    const inFew = few.steps[step];
    if (!inFew || without.includes(step)) continue;
    // The first calls compile, connect, and count once what is counted once.
    for (let call = 0; call < 2; call += 1)
      for (const side of step === VERIFY ? [inFew] : [inFew, inMany]) await side();
    const times = { product: [] as number[], reference: [] as number[] };
    // A chain is read from end to end: what must stay the same is the time an entry.
    const per = step === VERIFY ? { few: few.finished, many: many.finished } : { few: 1, many: 1 };
    for (let round = 0; round < (step === VERIFY ? 3 : ROUNDS); round += 1) {
      times.product.push(((await timed(inMany)) * 1000) / per.many);
      times.reference.push(((await timed(inFew)) * 1000) / per.few);
    }
    figures.push({
      name: `${name}: ${step}`,
      unit: step === VERIFY ? 'ms an entry' : 'ms',
      against: `${few.finished} finished`,
      ...compare(times.product, times.reference),
      target: { most: 1.5 },
    });
  }
  return figures;
}

async function openSide(
  bench: Bench,
  name: string,
  finished: number,
  nextNumber: () => ReturnType<typeof dramaNumber>,
): Promise<Side> {
  const world = await bench.open(`growth-${name}`);
  const { account } = await world.account('off');
  const seconds = await timed(() => insertFinished(world, account, finished));
  bench.note(`growth: ${finished} finished requests, made in ${Math.round(seconds)} s`);
  const { core, config, env } = world;
  const redis = openRedis({ url: config.REDIS_URL, cluster: false }, 'patient', () => {});
  const producer = createProducer(redis, config.QUEUE_PREFIX, () => {});
  const logger = createLogger({ level: 'error', service: 'bench' });
  const find = createRequestSearch(core.db);
  const figures = createLedgerFigures(core.db);
  const seal = createAuditSeal(config.LETHE_TOKEN_KEYS);
  let clock = Date.now();
  /** A clock on which nobody asks again at once: an answer that is told again costs nothing. */
  const later = () => {
    clock += 10_000;
    return new Date(clock);
  };
  return {
    world,
    account,
    finished,
    steps: {
      async accept() {
        const one = nextNumber();
        await insertRecords(core.db, account.records_id, one, { contacts: 1 });
        await world.accept(account, [one]);
      },
      status: () => find({ account, profile: 'forget', window: busyDay(), limit: 25, skip: 0 }, later()),
      relay: () =>
        relayRequests(
          { db: core.db, producer, logger, times: core.times, now: () => new Date(), note: async () => ({}) },
          new Date(0),
        ),
      metrics: () => figures(later()),
      'request list': () => runCli(['request', 'list'], env),
      async start() {
        const other = createCore(config, { poolSize: 5 });
        await other.prepare();
        await other.close();
      },
      async [VERIFY]() {
        for await (const fault of verifyAudit(core.db, seal, account._id)) throw new Error(fault.fault);
      },
    },
    async close() {
      await producer.close();
      redis.disconnect();
      await world.close();
    },
  };
}

function busyDay(): { from: Date; to: Date } {
  const from = new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS);
  return { from, to: new Date(from.getTime() + DAY_MS) };
}

/**
 * Finished requests and one audit entry each, as workers leave them. Indexes are built when all rows are there, and a
 * batch is made while the one before it is written: row by row it would take many times as long.
 */
async function insertFinished({ core }: World, account: Account, count: number): Promise<void> {
  const { db, config } = core;
  const seal = createAuditSeal(config.LETHE_TOKEN_KEYS);
  const { from } = busyDay();
  for (const name of FILLED) await db.collection(name).dropIndexes();
  let tip = { seq: 0, mac: '' };
  let writing: Promise<unknown> = Promise.resolve();
  for (let first = 0; first < count; first += AT_ONCE) {
    const moments = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, index) => {
      const at = first + index;
      return new Date(from.getTime() - (at % DAYS) * DAY_MS + ((at * 1_000) % DAY_MS));
    });
    const rows = moments.map((now, index) => finishedRequest(account, now, first + index));
    const events = rows.map(({ reference, token, completed_at }) => ({
      ...{ account: account._id, actor: 'bench', action: 'data.erasure' as const, reason: 'gdpr_forget' },
      ...{ at: completed_at, counts: { sent_sms: 2 }, reference, token, once: reference },
    }));
    const chain = link(identify(events), tip, seal);
    await writing;
    const entries = chain as unknown as mongoose.mongo.Document[];
    writing = Promise.all([requestsOf(db).insertMany(rows as never), db.collection(AUDIT).insertMany(entries)]);
    // What fails is told at the next turn, or behind the last.
    writing.catch(() => {});
    tip = chain.at(-1) ?? tip;
  }
  await writing;
  // One at a time: all of a collection in one command may take longer than a command may.
  for (const { collection, indexes } of neededIndexes(suppressionEntry(core.dataMap)))
    if (FILLED.includes(collection))
      for (const index of indexes) await db.collection(collection).createIndexes([index]);
  await db.collection<{ _id: string }>(AUDIT_HEADS).insertOne({ _id: account._id, ...headOf(tip) } as never);
}

const headOf = ({ seq, mac }: { seq: number; mac: string }) => ({ seq, mac });

function finishedRequest(account: Account, now: Date, index: number) {
  const { unfinished: _unfinished, ...draft } = newRequest(account, now, `finished-${index}`);
  return {
    ...draft,
    ...{ state: 'completed' as const, completed_at: new Date(now.getTime() + 2_000), erased: { sent_sms: 2 } },
  };
}

function newRequest(account: Account, now: Date, token: string): ErasureRequest {
  return draftRequest({
    ...{ account_id: account._id, profile: 'forget', selector: { by: 'number' }, token },
    ...{ requested_by: 'bench', keep_suppression: true, now, deadlineMs: DAY_MS, graceMs: DAY_MS },
  });
}

/** Requests that wait: nothing of them is due. */
async function insertBacklog({ core }: World, account: Account, count: number): Promise<void> {
  const later = new Date(Date.now() + DAY_MS);
  for (let first = 0; first < count; first += AT_ONCE) {
    const rows = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, index) => ({
      ...newRequest(account, new Date(), `backlog-${first + index}`),
      ...{ state: 'waiting' as const, not_before: later, look_at: later },
    }));
    await requestsOf(core.db).insertMany(rows);
  }
}
