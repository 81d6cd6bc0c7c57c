import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Chaos, type Person, scene } from '../support/chaos.ts';
import { type MongoProxy, readWireCommand, type WireCommand } from '../support/chaos-mongo.ts';
import { expectStatus } from '../support/expect-status.ts';
import { openRecordings, type RecordingFolder } from '../support/recordings.ts';
import { snapshotDatabase } from '../support/snapshot.ts';
import type { Gate } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';
import { call } from '../support/wire.ts';

const COUNTS = { sent: 30, received: 20, calls: 10 } as const;
const RECORDS = 60;
const RECORDING = 'r.mp3';

/** The moments of the one transaction: each is a command of it. */
const MOMENTS: readonly [string, (command: WireCommand) => boolean][] = [
  ['while it looks for records', (command) => command.name === 'find' && command.collection === 'calls'],
  ['before the audit entry', (command) => command.name === 'insert' && command.collection === 'lethe_audit'],
  ['before the outbox', (command) => command.name === 'insert' && command.collection === 'lethe_files'],
  ['before the first change', (command) => command.name === 'update' && command.collection === 'sent_sms'],
  ['between two changes', (command) => command.name === 'update' && command.collection === 'received_sms'],
  ['before the last change', (command) => command.name === 'update' && command.collection === 'calls'],
  ['before the commit', (command) => command.name === 'commitTransaction'],
];

describe('erasing a contact, interrupted', () => {
  let recordings: RecordingFolder;
  beforeAll(async () => {
    recordings = await openRecordings();
  });
  afterAll(() => recordings?.remove());

  interface Stage {
    readonly chaos: Chaos;
    readonly mongo: MongoProxy;
    readonly person: Person;
    readonly before: Awaited<ReturnType<typeof snapshotDatabase>>;
    /** A new API: through the proxy, or around it. */
    api(through?: MongoProxy): ReturnType<Chaos['processes']['api']>;
  }

  const stage = (name: string, play: (stage: Stage) => Promise<void>) => () =>
    scene(name, async (chaos) => {
      await recordings.put(RECORDING);
      const person = await chaos.person(COUNTS);
      const mongo = await chaos.proxyMongo();
      const before = await snapshotDatabase(chaos.platform);
      const env = { ...chaos.env, RECORDINGS_DIR: recordings.path };
      const api = (through?: MongoProxy) =>
        chaos.processes.api({ ...env, ...(through && { MONGODB_URI: through.uri }) });
      await play({ chaos, mongo, person, before, api });
    })();

  const erase = (url: string, { key, number }: Person) =>
    call(url, `/v1/contacts/%2B${number}`, { method: 'DELETE', key });

  /** Holds back the first command of a kind that belongs to a transaction, and everything behind it. */
  const hold = (is: (command: WireCommand) => boolean) => {
    let reached = false;
    let open = () => {};
    const held = new Promise<void>((resolve) => {
      open = resolve;
    });
    const gate: Gate = async ({ from, bytes }) => {
      const command = from === 'client' ? readWireCommand(bytes) : null;
      if (!reached && command?.inTransaction && is(command)) {
        reached = true;
        await held;
        return 'cut';
      }
      return 'pass';
    };
    return { gate, isReached: () => reached, open };
  };

  // A server may keep the transaction of a client that has gone for a minute, and its records with it.
  it.each(MOMENTS.slice(-3))('killed %s: nothing has changed, and the next call does it all', (_when, is) =>
    stage('contact-killed', async ({ chaos, mongo, person, before, api }) => {
      const victim = await api(mongo);
      const moment = hold(is);
      mongo.intercept(moment.gate);
      const lost = erase(victim.url, person).then(
        () => 'answered',
        () => 'lost',
      );
      await waitFor('the moment', moment.isReached);
      await victim.kill();
      moment.open();
      expect(await lost).toBe('lost');
      expect(await snapshotDatabase(chaos.platform)).toEqual(before);
      expect(await recordings.has(RECORDING)).toBe(true);

      const next = await api();
      const answer = await waitFor('the next call to get through', async () => {
        const given = await erase(next.url, person);
        return given.status === 200 && given;
      });
      expect(answer.body).toMatchObject({ records_affected: RECORDS });
      expect((await erase(next.url, person)).body).toMatchObject({ records_affected: 0 });
      await expectErased(chaos, person, 2);
    })(),
  );

  it(
    'killed when all is committed and nobody has heard: it happened, and a worker removes the files',
    stage('contact-killed', async ({ chaos, mongo, person, api }) => {
      const victim = await api(mongo);
      let committed: number | undefined;
      let answered = false;
      mongo.intercept(({ from, bytes }) => {
        const command = from === 'client' ? readWireCommand(bytes) : null;
        if (command?.name === 'commitTransaction') committed = command.id;
        if (from === 'client' || committed === undefined || bytes.readInt32LE(8) !== committed) return 'pass';
        answered = true;
        return 'drop';
      });
      const lost = erase(victim.url, person).catch(() => null);
      await waitFor('the commit', () => answered);
      await victim.kill();
      expect(await lost).toBeNull();
      expect(await recordings.has(RECORDING)).toBe(true);
      await expectErased(chaos, person, 1);

      await chaos.processes.worker({ ...chaos.env, RECORDINGS_DIR: recordings.path });
      await waitFor('the files to go', async () => !(await recordings.has(RECORDING)));
      await waitFor('an empty outbox', async () => (await chaos.db.collection('lethe_files').countDocuments()) === 0);
      const next = await api();
      expect((await erase(next.url, person)).body).toMatchObject({ records_affected: 0 });
    }),
  );

  it(
    'cut off from MongoDB once, at each of its moments: it is done all the same, and once',
    stage('contact-cut', async ({ chaos, mongo, person: first, api }) => {
      const server = await api(mongo);
      for (const [index, [when, is]] of MOMENTS.entries()) {
        await recordings.put(RECORDING);
        const person = index === 0 ? first : await chaos.person(COUNTS);
        const moment = hold(is);
        moment.open();
        mongo.intercept(moment.gate);
        const { status, body } = await erase(server.url, person);
        expect({ when, status, body, isReached: moment.isReached() }).toMatchObject({
          ...{ when, status: 200, body: { records_affected: RECORDS }, isReached: true },
        });
        await expectErased(chaos, person, 1);
        expect({ when, isThere: await recordings.has(RECORDING) }).toEqual({ when, isThere: false });
      }
    }),
  );

  it(
    'MongoDB away for good: 503 with a time to wait, and nothing has changed',
    stage('contact-away', async ({ chaos, mongo, person, before, api }) => {
      const server = await api(mongo);
      let reached = false;
      mongo.intercept(({ from, bytes }) => {
        const command = from === 'client' ? readWireCommand(bytes) : null;
        if (command?.inTransaction && command.collection === 'calls' && command.name === 'update') {
          reached = true;
          mongo.refuse();
        }
        return reached ? 'cut' : 'pass';
      });
      const answer = await erase(server.url, person);
      expect(reached).toBe(true);
      expectStatus(answer, 503);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(answer.body).toEqual({ error_code: 'UNAVAILABLE', message: expect.any(String) });
      expect(await snapshotDatabase(chaos.platform)).toEqual(before);
      expect(await recordings.has(RECORDING)).toBe(true);

      mongo.intercept(undefined);
      mongo.pass();
      await waitFor('the next call to get through', async () => (await erase(server.url, person)).status === 200);
      await expectErased(chaos, person);
    }),
  );
});

async function expectErased({ db }: Chaos, { account, number }: Person, entries?: number): Promise<void> {
  const at = { account_id: account.records_id };
  const theirs = { $or: [{ to: number }, { from: number }] };
  for (const [name, field, wanted] of [
    ['sent_sms', 'body', '[REDACTED]'],
    ['received_sms', 'body', '[REDACTED]'],
    ['calls', 'recording_url', null],
  ] as const) {
    const rows = await db
      .collection(name)
      .find({ ...at, ...theirs })
      .toArray();
    expect(rows.length).toBeGreaterThan(0);
    expect([name, ...new Set(rows.map((row) => row[field]))]).toEqual([name, wanted]);
  }
  const kept = await db.collection('sent_sms').countDocuments({ ...at, body: /^Hi Jo/ });
  expect(kept).toBe(3);
  const written = await db.collection('lethe_audit').countDocuments({ account_id: account._id });
  if (entries !== undefined) expect(written).toBe(entries);
}
