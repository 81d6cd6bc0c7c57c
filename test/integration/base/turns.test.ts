import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue, Worker } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import { openRedis, queuePrefix } from '../../../src/base/queue/connections.ts';
import { createProducer, type Producer } from '../../../src/base/queue/producer.ts';
import { TURN_LATER } from '../../../src/base/queue/turns.ts';
import { isAnotherWaiting } from '../../../workers/turn-limit.ts';
import { endRedis } from '../../support/end-redis.ts';
import { engines } from '../../support/platform.ts';
import { waitFor } from '../../support/wait-for.ts';

const account = (name: string) => `acc_${name.padEnd(12, '0')}`;
const reference = (name: string) => name.padEnd(15, '0');

describe('turns in a queue', () => {
  let redis: Redis | Cluster;
  let producer: Producer;
  let queue: Queue;
  /** Where one job is a turn. */
  let files: Queue;
  let prefix = '';
  let serial = 0;
  beforeAll(() => {
    redis = openRedis({ url: engines().redisUrl, cluster: false }, 'patient', () => {});
  });
  beforeEach(async () => {
    await producer?.close();
    await Promise.all([queue?.close(), files?.close()]);
    serial += 1;
    prefix = `t-turns-${process.pid}-${serial}`;
    producer = createProducer(redis, prefix, () => {});
    const open = (name: string) =>
      new Queue(name, { connection: redis, prefix: queuePrefix(prefix), skipVersionCheck: true });
    queue = open('erasure');
    files = open('files');
  });
  afterAll(async () => {
    await producer?.close();
    for await (const keys of (redis as Redis).scanStream({ match: `{t-turns-${process.pid}-*` }))
      if ((keys as string[]).length > 0) await redis.unlink(keys as string[]);
    await Promise.all([queue?.close(), files?.close()]);
    await endRedis(redis);
  });

  /** @param name one letter an account, and a number */
  const add = (name: string, delayMs = 0) =>
    producer.add(
      'erase',
      { account: account(name.slice(0, 1)), reference: reference(name) },
      { id: name, ...(delayMs > 0 && { delayMs }) },
    );
  const addAll = async (names: string) => {
    for (const name of names.split(' ')) await add(name);
  };
  const addFiles = async (names: string) => {
    for (const name of names.split(' ')) {
      const payload = { account: account(name.slice(0, 1)), reference: reference(name) };
      await producer.add('remove-files', payload, { id: name });
    }
  };
  const order = async (of = queue) => (await of.getPrioritized()).map(({ id }) => id).join(' ');
  /** Takes the next jobs as a worker does, one after the other. */
  const take = async (count: number, of = queue) => {
    const worker = new Worker(of.name, null, {
      ...{ connection: redis, prefix: queuePrefix(prefix), skipVersionCheck: true, autorun: false },
    });
    const taken: string[] = [];
    for (let at = 0; at < count; at += 1) {
      const job = await worker.getNextJob('token');
      if (job?.id) taken.push(job.id);
      await job?.moveToCompleted(null, 'token', false);
    }
    await worker.close();
    return taken.join(' ');
  };

  it('an account has thirty-two erasures a turn, next to each other', async () => {
    const all = (letter: string, from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, index) => `${letter}${from + index}`).join(' ');
    await addAll(all('A', 1, 66));
    await addAll(all('B', 1, 34));
    await addAll('C1 C2');
    const first = `${all('A', 1, 32)} ${all('B', 1, 32)} C1 C2`;
    const second = [`${all('A', 33, 64)} B33 B34`, `B33 B34 ${all('A', 33, 64)}`];
    expect(second.map((turns) => `${first} ${turns} A65 A66`)).toContain(await order());
    // A turn that is under way is joined as long as one of its jobs waits.
    expect(await take(33)).toBe(`${all('A', 1, 32)} B1`);
    await addAll('C3');
    expect(await take(34)).toBe(`${all('B', 2, 32)} C1 C2 C3`);
  });

  it('what is left of a turn is good until the round is over', async () => {
    await addAll(Array.from({ length: 33 }, (_, index) => `A${index}`).join(' '));
    await take(32);
    await addAll('B1');
    expect(await take(1)).toBe('B1');
    // As if it had come seconds after the first one: that is no longer on its way.
    const [turn = '', given] = ((await redis.hget(queue.toKey('turns'), account('B'))) ?? '').split(':');
    await redis.hset(queue.toKey('turns'), account('B'), `${turn}:${given}:1`);
    await addAll('B2');
    expect(await order()).toBe('B2 A32');
  });

  it('an account has one file a turn, and each account keeps its order', async () => {
    await addFiles('A1 A2 A3 B1 B2 C1');
    expect((await order(files)).slice(0, 8)).toBe('A1 B1 C1');
    expect((await order(files)).split(' ').slice(3).sort().join(' ')).toBe('A2 A3 B2');
    expect((await order(files)).endsWith('A3')).toBe(true);
  });

  it('what has little of its time left goes before what its account has waiting, and takes turns with others', async () => {
    const list = (letter: string, to: number) => Array.from({ length: to }, (_, index) => `${letter}${index + 1}`);
    await addAll([...list('A', 70), ...list('B', 40)].join(' '));
    for (let index = 1; index <= 36; index += 1) {
      const urgent_at = Date.now() - (index === 1 ? -60_000 : 1);
      const payload = { account: account('A'), reference: reference(`A0${index}`), urgent_at };
      await producer.add('erase', payload, { id: `U${index}` });
    }
    const at = (id: string) => all.indexOf(id);
    const all = (await order()).split(' ');
    // The first is not urgent yet; of the others a turn in this round, and the rest in the next.
    expect(all.slice(64, 96)).toEqual(list('U', 33).slice(1));
    expect(Math.max(at('U34'), at('U36'), at('B40'))).toBeLessThan(at('A65'));
    expect(at('U1')).toBe(all.length - 1);
  });

  it('whoever comes while others have been waiting is served next, once a round', async () => {
    await addFiles('A1 A2 A3 A4 A5 A6');
    expect(await take(3, files)).toBe('A1 A2 A3');
    await addFiles('B1');
    expect(await order(files)).toBe('B1 A4 A5 A6');
    expect(await take(1, files)).toBe('B1');
    // It had its turn in this round.
    await addFiles('B2');
    expect(await order(files)).toBe('A4 B2 A5 A6');
    await addFiles('A7');
    expect(await take(5, files)).toBe('A4 B2 A5 A6 A7');
  });

  it('an empty queue begins anew: nobody is behind for what was done before', async () => {
    await addFiles('A1 A2 A3 A4');
    expect(await take(4, files)).toBe('A1 A2 A3 A4');
    await addFiles('B1 A5');
    expect(await order(files)).toBe('B1 A5');
  });

  it('is the same with several processes that add', async () => {
    const others = [1, 2, 3].map(() => createProducer(redis, prefix, () => {}));
    const turn = (name: string, index: number) =>
      others[index % 3]?.add('erase', { account: account(name.slice(0, 1)), reference: reference(name) }, { id: name });
    await Promise.all(Array.from({ length: 40 }, (_, index) => turn(`A${index}`, index)));
    await Promise.all(Array.from({ length: 3 }, (_, index) => turn(`B${index}`, index)));
    // Jobs that are added side by side have their turns before the first of them is in the queue.
    const accounts = (await order()).split(' ').map((name) => name.slice(0, 1));
    expect(accounts.join('')).toBe(`${'A'.repeat(32)}BBB${'A'.repeat(8)}`);
    for (const other of others) await other.close();
  });

  it('each kind of work has a queue of its own', async () => {
    await add('A1');
    const removal = { account: account('A'), reference: reference('A1') };
    await producer.add('remove-files', removal, { id: 'files-A1' });
    await producer.add('report', { account: account('A'), report: crypto.randomUUID() }, { id: 'report-A1' });
    await producer.add('scan', { account: account('A') }, { id: 'scan-A' });
    await producer.add('deliver', { account: account('A'), delivery: 'a'.repeat(24) }, { id: 'delivery-A' });
    await producer.add('retention', {}, { id: 'retention' });
    const counts = await producer.counts();
    expect(Object.entries(counts).map(([name, { waiting }]) => [name, waiting])).toEqual(
      ['erasure', 'report', 'files', 'scan', 'webhook', 'housekeeping'].map((name) => [name, 1]),
    );
    expect(await producer.isAlive('erase', 'A1')).toBe(true);
    expect(await producer.isAlive('report', 'A1')).toBe(false);
    expect(await producer.isAlive('report', 'report-A1')).toBe(true);
  });

  it.each([
    ['of another account', 'A2 B1', true],
    ['of its own account alone', 'A2 A3', false],
    ['whose moment is still to come', 'B1+60000', false],
    ['whose moment has come, while nobody had a place to take it up', 'B1+1', true],
    ['behind so many of its own, whose moment has come, that they cannot all be looked at', 'A.20 B1', true],
  ])('a long turn makes way for a job %s: %s', async (_what, waiting, makesWay) => {
    for (const name of waiting.split(' ')) {
      const [id = '', delay] = name.split('+');
      const [letter = '', many] = id.split('.');
      if (many === undefined) await add(id, Number(delay ?? 0));
      else
        for (let index = 0; index < Number(many); index += 1)
          await queue.add('erase', { account: account(letter) }, { jobId: `later-${index}`, priority: TURN_LATER });
    }
    const delayed = await queue.getDelayed();
    if (waiting.endsWith('+1'))
      await waitFor('the moment', async () => delayed.every(({ timestamp }) => timestamp + 1 < Date.now()));
    expect(await isAnotherWaiting(redis, queue, account('A'))).toBe(makesWay);
  });

  it('a job that waits for a moment is due before all others then, to be given its turn', async () => {
    await addAll('A1 A2');
    await add('B1', 1);
    await waitFor('the moment', async () =>
      (await queue.getDelayed()).every(({ timestamp }) => timestamp + 1 < Date.now()),
    );
    expect(await take(3)).toBe('B1 A1 A2');
  });
});
