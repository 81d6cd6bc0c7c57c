import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue, Worker } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import { openRedis, queuePrefix } from '../../../src/base/queue/connections.ts';
import { createProducer, type Producer } from '../../../src/base/queue/producer.ts';
import { endRedis } from '../../support/end-redis.ts';
import { engines } from '../../support/platform.ts';
import { waitFor } from '../../support/wait-for.ts';

const account = (name: string) => `acc_${name.padEnd(12, '0')}`;
const reference = (name: string) => name.padEnd(15, '0');

describe('turns in a queue', () => {
  let redis: Redis | Cluster;
  let producer: Producer;
  let queue: Queue;
  let prefix = '';
  let serial = 0;
  beforeAll(() => {
    redis = openRedis({ url: engines().redisUrl, cluster: false }, 'patient', () => {});
  });
  beforeEach(async () => {
    await producer?.close();
    await queue?.close();
    serial += 1;
    prefix = `t-turns-${process.pid}-${serial}`;
    producer = createProducer(redis, prefix, () => {});
    queue = new Queue('erasure', { connection: redis, prefix: queuePrefix(prefix), skipVersionCheck: true });
  });
  afterAll(async () => {
    await producer?.close();
    for await (const keys of (redis as Redis).scanStream({ match: `{t-turns-${process.pid}-*` }))
      if ((keys as string[]).length > 0) await redis.unlink(keys as string[]);
    await queue?.close();
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
  const order = async () => (await queue.getPrioritized()).map(({ id }) => id).join(' ');
  /** Takes the next jobs as a worker does, one after the other. */
  const take = async (count: number) => {
    const worker = new Worker('erasure', null, {
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

  it('accounts take turns, and each account keeps its order', async () => {
    await addAll('A1 A2 A3 A4 B1 B2 C1');
    expect(await order()).toBe('A1 B1 C1 A2 B2 A3 A4');
  });

  it('whoever comes while others have been waiting is served in the round under way, not in a past one', async () => {
    await addAll('A1 A2 A3 A4 A5 A6');
    expect(await take(3)).toBe('A1 A2 A3');
    await addAll('B1 B2 B3');
    expect(await order()).toBe('A4 B1 A5 B2 A6 B3');
    await addAll('A7');
    expect(await take(7)).toBe('A4 B1 A5 B2 A6 B3 A7');
  });

  it('an empty queue begins anew: nobody is behind for what was done before', async () => {
    await addAll('A1 A2 A3 A4');
    expect(await take(4)).toBe('A1 A2 A3 A4');
    await addAll('B1 B2 A5 A6');
    expect(await order()).toBe('B1 A5 B2 A6');
  });

  it('is the same with several processes that add', async () => {
    const others = [1, 2, 3].map(() => createProducer(redis, prefix, () => {}));
    const turn = (name: string, index: number) =>
      others[index % 3]?.add('erase', { account: account(name.slice(0, 1)), reference: reference(name) }, { id: name });
    await Promise.all(Array.from({ length: 30 }, (_, index) => turn(`A${index}`, index)));
    await Promise.all(Array.from({ length: 3 }, (_, index) => turn(`B${index}`, index)));
    expect(
      (await order())
        .split(' ')
        .slice(0, 6)
        .filter((name) => name.startsWith('B')),
    ).toHaveLength(3);
    for (const other of others) await other.close();
  });

  it('each kind of work has a queue of its own', async () => {
    await add('A1');
    const files = { account: account('A'), reference: reference('A1') };
    await producer.add('remove-files', files, { id: 'files-A1' });
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

  it('a job that waits for a moment is due before all others then, to be given its turn', async () => {
    await addAll('A1 A2');
    await add('B1', 1);
    await waitFor('the moment', async () =>
      (await queue.getDelayed()).every(({ timestamp }) => timestamp + 1 < Date.now()),
    );
    expect(await take(3)).toBe('B1 A1 A2');
  });
});
