import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { scansOf } from '../../src/ledger/scan/ledger.ts';
import { createNumberMatcher } from '../../src/phone/matcher.ts';
import type { PhoneNumber } from '../../src/phone/number.ts';
import { type Chaos, chance, type Person, scene } from '../support/chaos.ts';
import type { Verdict } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

const { Decimal128, Long } = mongoose.mongo;

const KILLS = 20;
const CUTS = 10;
const FAST = { LEASE_MS: '400', RELAY_INTERVAL_MS: '100' };
/** Many steps in a scan: on a machine that is slow to kill, it must not be over before the last blow. */
const IN_STEPS = { ...FAST, BATCH_SIZE: '24' };
/** Milliseconds that a message to MongoDB takes until `inTime` is called. */
const SLOW_MESSAGE_MS = 10;
/** Records in odd writings on each of two people, and records of nobody's between them. */
const ODD = 700;
const FILLERS = 3_000;

/** Writings that no look-up by index knows, each as a value where the map has a number. */
const ODD_WRITINGS: readonly ((number: PhoneNumber) => unknown)[] = [
  (number) => `Jo <+${number}>`,
  (number) => `+${number} x12`,
  (number) => `%2B${number}`,
  (number) => `sip:+${number}@gw.example.org`,
  (number) => [[number]],
  (number) => ({ e164: number }),
  (number) => Long.fromString(`-${number}`),
  (number) => Decimal128.fromString(`-${number}`),
];

interface Odd {
  readonly sent: number;
  /** Records of the other collection that mention the number in their text. */
  readonly mentions: number;
}

/** Puts the people's records in the account, mixed with each other and with the fillers. */
async function insertOdd(chaos: Chaos, people: readonly Person[], random: () => number): Promise<Odd> {
  const [first] = people;
  const owner = { account_id: first?.account.records_id };
  const sent = Array.from({ length: ODD }, (_, index) =>
    people.map(({ number }) => ({
      ...owner,
      to: ODD_WRITINGS[index % ODD_WRITINGS.length]?.(number),
      from: 'ACME',
      body: `secret of ${number.slice(-3)}, ${index}`,
    })),
  ).flat();
  const fillers = Array.from({ length: FILLERS }, (_, index) => ({ ...owner, to: STRANGER, body: `order ${index}` }));
  const shuffled = [...sent, ...fillers].map((row) => [random(), row] as const).sort(([one], [two]) => one - two);
  await chaos.db.collection<object>('sent_sms').insertMany(shuffled.map(([, row]) => row));
  const mentions = 60;
  await chaos.db.collection('received_sms').insertMany(
    Array.from({ length: mentions }, (_, index) => ({
      ...owner,
      from: STRANGER,
      body: `${index}: call ${people.map(({ number }) => `0${number.slice(2, 6)} ${number.slice(6)}`).join(' or ')}`,
    })),
  );
  return { sent: ODD, mentions };
}

/** Nobody erases this number. */
const STRANGER = '447700900977';
const BYSTANDER: PhoneNumber = '447700900966' as PhoneNumber;

/** Records of the account in which a number stands, however it is written. */
async function countTraces(chaos: Chaos, person: Pick<Person, 'account' | 'number'>): Promise<number> {
  const matcher = createNumberMatcher([person.number], ['GB']);
  let count = 0;
  for (const name of ['sent_sms', 'received_sms', 'contacts']) {
    const records = chaos.db.collection(name).find({ account_id: person.account.records_id }, { promoteLongs: false });
    for await (const { account_id: _, ...record } of records)
      if (matcher.find(JSON.stringify(record)).length > 0) count += 1;
  }
  return count;
}

const scanOf = (chaos: Chaos, { account }: Person) => scansOf(chaos.db).findOne({ account_id: account._id });

/** Every claim has a name of its own. */
function newOwner(chaos: Chaos, person: Person, before: string | undefined): Promise<string> {
  return waitFor('the pass to be claimed', async () => {
    const owner = (await scanOf(chaos, person))?.lease?.owner;
    return owner !== before && owner;
  });
}

async function begin(
  chaos: Chaos,
  seed: string,
): Promise<{ people: Person[]; references: string[]; odd: Odd; rest: number }> {
  const one = await chaos.person({ contacts: 1 });
  const two = await chaos.person({ contacts: 1 }, { on: one });
  const other = { account: one.account, number: BYSTANDER };
  const odd = await insertOdd(chaos, [one, two], chance(seed));
  await insertOdd(chaos, [{ ...one, number: BYSTANDER }], chance(seed));
  const references = [await chaos.submit(one), await chaos.submit(two)];
  return { people: [one, two], references, odd, rest: await countTraces(chaos, other) };
}

/** The workers' way to MongoDB: slow, so that a scan cannot be over before its workers are dealt with. */
async function slowMongo(chaos: Chaos): Promise<{ env: NodeJS.ProcessEnv; inTime(): void }> {
  const proxy = await chaos.proxyMongo();
  proxy.intercept(async ({ from }): Promise<Verdict> => {
    if (from === 'client') await new Promise((resolve) => setTimeout(resolve, SLOW_MESSAGE_MS));
    return 'pass';
  });
  return { env: { ...chaos.env, MONGODB_URI: proxy.uri }, inTime: () => proxy.intercept(undefined) };
}

async function expectEnd(chaos: Chaos, begun: Awaited<ReturnType<typeof begin>>): Promise<void> {
  const { people, references, odd, rest } = begun;
  for (const [index, person] of people.entries()) {
    const done = await chaos.completed(references[index] ?? '');
    expect(await countTraces(chaos, person)).toBe(0);
    expect(done.erased).toEqual({ contacts: 1, sent_sms: odd.sent });
    const mentions = done.scan?.elsewhere?.reduce((sum, { count }) => sum + count, 0);
    expect([done.failures, mentions]).toEqual([0, odd.mentions]);
  }
  const [first] = people;
  if (first) expect(await countTraces(chaos, { account: first.account, number: BYSTANDER })).toBe(rest);
  const sent = chaos.db.collection('sent_sms');
  expect(await sent.countDocuments({ to: STRANGER, body: /^order / })).toBe(2 * FILLERS);
  expect(await sent.countDocuments({ body: /^secret of 966/ })).toBe(ODD);
}

describe('a scan whose worker is killed', () => {
  it(
    'at any moment, twenty times: no record is missed, none is counted twice, nobody else is touched',
    scene(
      'scan-killed',
      async (chaos) => {
        const random = chance('scan killed');
        const begun = await begin(chaos, 'scan killed: records');
        const [person] = begun.people as [Person];
        const slow = await slowMongo(chaos);
        let worker = await chaos.processes.worker(slow.env);
        let before: string | undefined;
        for (let kill = 1; kill <= KILLS; kill += 1) {
          const successor = chaos.processes.worker(slow.env);
          before = await newOwner(chaos, person, before);
          await new Promise((resolve) => setTimeout(resolve, random() * 60));
          await worker.kill();
          worker = await successor;
        }
        expect(await scanOf(chaos, person)).toMatchObject({ unfinished: true });
        slow.inTime();
        await expectEnd(chaos, begun);
      },
      IN_STEPS,
    ),
  );

  it(
    'or stopped past its lease, and goes on: counts stay exact',
    scene(
      'scan-frozen',
      async (chaos) => {
        const random = chance('scan frozen');
        const begun = await begin(chaos, 'scan frozen: records');
        const [person] = begun.people as [Person];
        const slow = await slowMongo(chaos);
        let working = await chaos.processes.worker(slow.env);
        let owner = await newOwner(chaos, person, undefined);
        let idle = await chaos.processes.worker(slow.env);
        for (let turn = 1; turn <= 4; turn += 1) {
          await new Promise((resolve) => setTimeout(resolve, random() * 30));
          working.signal('SIGSTOP');
          owner = await newOwner(chaos, person, owner);
          await new Promise((resolve) => setTimeout(resolve, random() * 30));
          working.signal('SIGCONT');
          [working, idle] = [idle, working];
        }
        expect(await scanOf(chaos, person)).toMatchObject({ unfinished: true });
        slow.inTime();
        await expectEnd(chaos, begun);
      },
      IN_STEPS,
    ),
  );

  it(
    'or whose Redis comes back empty: the ledger calls for it again',
    scene(
      'scan-redis',
      async (chaos) => {
        const redis = await chaos.ownRedis();
        const begun = await begin(chaos, 'scan without Redis: records');
        const [person] = begun.people as [Person];
        const worker = await chaos.processes.worker({ ...chaos.env, REDIS_URL: redis.url });
        await newOwner(chaos, person, undefined);
        await redis.kill();
        await redis.restart();
        await expectEnd(chaos, begun);
        expect(worker.isRunning()).toBe(true);
      },
      FAST,
    ),
  );

  it(
    'or whose connections to MongoDB are cut again and again: every record is counted once',
    scene(
      'scan-cut',
      async (chaos) => {
        const random = chance('scan cut');
        const proxy = await chaos.proxyMongo();
        const begun = await begin(chaos, 'scan cut: records');
        const [person] = begun.people as [Person];
        await chaos.processes.worker({ ...chaos.env, MONGODB_URI: proxy.uri });
        await newOwner(chaos, person, undefined);
        let cuts = 0;
        // Either side of a message: cut before the server has it, or before the client has its answer.
        proxy.intercept(() => {
          if (cuts === CUTS || random() >= 0.05) return 'pass';
          cuts += 1;
          return 'cut';
        });
        await expectEnd(chaos, begun);
        expect(cuts).toBe(CUTS);
      },
      { LEASE_MS: '1000', RELAY_INTERVAL_MS: '100' },
    ),
  );
});
