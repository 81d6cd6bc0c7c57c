import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AUDIT, type AuditEntry, createAuditSeal } from '../../src/ledger/audit/entry.ts';
import { verifyAudit } from '../../src/ledger/audit/verify.ts';
import { requestsOf } from '../../src/ledger/requests/ledger.ts';
import { deliveriesOf } from '../../src/ledger/webhooks/deliveries.ts';
import { type Chaos, chance, type Person, scene } from '../support/chaos.ts';
import { killAt, type WireCommand } from '../support/chaos-mongo.ts';
import { emptyRedis } from '../support/platform.ts';
import { openProducer } from '../support/producer.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { insertRecords } from '../support/records.ts';
import { waitFor } from '../support/wait-for.ts';
import { call } from '../support/wire.ts';

const LATE = { sent: 12, received: 6 };
const CUTS = 8;
/** Messages to the database in which a worker's guard is at work, and what it has found is erased. */
const BUSY = 60;

const once = (first: (command: WireCommand) => boolean, then: (command: WireCommand) => boolean) => {
  let begun = false;
  return (command: WireCommand) => {
    begun ||= first(command);
    return begun && then(command);
  };
};
const opensRequest = ({ name, collection }: WireCommand) => name === 'insert' && collection === 'lethe_requests';
const isCommit = ({ name }: WireCommand) => name === 'commitTransaction';
const looksForTombstones = ({ collection }: WireCommand) => collection === 'lethe_tombstones';
const isAny = () => true;

const total = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

type Blow = Parameters<typeof killAt> extends [unknown, ...infer Rest] ? Rest : never;

/** What is late of one account: each request for it with all that must be there of it once. */
async function expectOnce(chaos: Chaos, account: string, rounds: number, people: readonly Person[]): Promise<void> {
  const late = await requestsOf(chaos.db)
    .find({ account_id: account, 'selector.late': { $exists: true } })
    .toArray();
  const sum = (name: string) => late.reduce((all, { erased }) => all + (erased[name] ?? 0), 0);
  expect({ sent: sum('sent_sms'), received: sum('received_sms') }).toEqual({
    sent: LATE.sent * rounds * people.length,
    received: LATE.received * rounds * people.length,
  });
  const { db } = chaos;
  const audit = await db.collection<AuditEntry>(AUDIT).find({ account_id: account }).sort({ seq: 1 }).toArray();
  const messages = await deliveriesOf(db).find({ account_id: account }).toArray();
  for (const { reference, state, failures, erased } of late) {
    const own = audit.filter((entry) => entry.reference === reference);
    const totals = own.filter(({ action }) => action === 'data.erasure').map(({ counts }) => total(counts));
    const told = messages.filter((one) => one.reference === reference).map(({ type }) => type);
    const receipts = await db.collection('lethe_receipts').countDocuments({ reference });
    const found = own.filter(({ action }) => action === 'data.late').length;
    expect({ state, failures, receipts, found, told: told.sort() }).toEqual({
      ...{ state: 'completed', failures: 0, receipts: 1, found: 1 },
      told: ['erasure.completed', 'erasure.late_record'],
    });
    // One that was told of more behind its entry has a further one, with all of it.
    expect(totals).toEqual([...new Set(totals)].sort((one, other) => one - other));
    expect(totals.at(-1)).toBe(total(erased));
    expect(total(erased)).toBeGreaterThan(0);
  }
}

describe('the guard, while workers are killed, Redis is emptied and connections are cut', () => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterAll(() => receiver.close());

  it(
    'loses no late record and counts none twice; audit, receipts and webhooks have each request once',
    scene(
      'guard-killed',
      async (chaos) => {
        const { platform, db, processes } = chaos;
        const random = chance('guard killed');
        const one = await chaos.person({ contacts: 1, sent: 2 });
        const people = [one, ...(await Promise.all([1, 2].map(() => chaos.person({ sent: 2 }, { on: one }))))];
        const { account, key } = one;
        const { url } = await platform.startApi();
        await call(url, '/webhooks', { key, body: { url: receiver.url } });
        const first = await platform.startWorker();
        for (const person of people) await chaos.completed(await chaos.submit(person));
        await first.stop();

        let rounds = 0;
        const comeLate = async () => {
          for (const { number } of people) await insertRecords(db, account.records_id, number, LATE);
          rounds += 1;
        };
        const blows: Blow[] = [
          [once(opensRequest, isCommit), 1, 'after'],
          [once(looksForTombstones, isAny), 1 + Math.floor(random() * BUSY), random() < 0.5 ? 'before' : 'after'],
        ];
        for (const blow of blows) {
          await comeLate();
          const proxy = await chaos.proxyMongo();
          const killed = killAt(proxy, ...blow);
          const worker = processes.lethe(['worker'], { ...chaos.env, MONGODB_URI: proxy.uri });
          killed.victim(worker);
          expect(await worker.exited()).toEqual({ code: null, signal: 'SIGKILL' });
          await emptyRedis(platform.config);
        }
        await comeLate();
        const proxy = await chaos.proxyMongo();
        let cuts = 0;
        proxy.intercept(() => {
          if (cuts === CUTS || random() >= 0.05) return 'pass';
          cuts += 1;
          return 'cut';
        });
        await processes.worker({ ...chaos.env, MONGODB_URI: proxy.uri });
        await waitFor('connections to be cut', () => cuts === CUTS);
        // What the guard could not read then it reads at its next time.
        const { producer, close } = openProducer(platform);
        await producer.add('guard', {}, { id: 'now' });
        await close();

        const unfinished = () => requestsOf(db).countDocuments({ unfinished: true });
        const numbers = { $in: people.map(({ number }) => number) };
        const inClear = async () =>
          (await db.collection('sent_sms').countDocuments({ to: numbers })) +
          (await db.collection('received_sms').countDocuments({ from: numbers }));
        const untold = () => deliveriesOf(db).countDocuments({ state: { $ne: 'delivered' } });
        const unsaid = () => requestsOf(db).countDocuments({ news: { $exists: true } });
        await waitFor('everything late to be erased and told', async () => {
          for (const left of [inClear, unfinished, unsaid, untold]) if ((await left()) > 0) return false;
          return true;
        });
        await expectOnce(chaos, account._id, rounds, people);
        // However often a message was sent, it was under one id.
        const ids = new Map(receiver.received.map(({ id, body }) => [id, body]));
        expect(ids.size).toBe(await deliveriesOf(db).countDocuments());
        const faults = [];
        for await (const fault of verifyAudit(db, createAuditSeal(platform.config.LETHE_TOKEN_KEYS)))
          faults.push(fault);
        expect(faults).toEqual([]);
        const schedules = await chaos.queue('housekeeping').getJobSchedulers();
        expect(schedules.map((schedule) => schedule.name)).toContain('guard');
      },
      {
        ...{ LEASE_MS: '500', RELAY_INTERVAL_MS: '100', GUARD_LOOK_BACK_MINUTES: '60' },
        WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
      },
    ),
  );
});
