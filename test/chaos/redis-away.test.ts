import { describe, expect, it } from '@jest/globals';
import { requestsOf } from '../../src/ledger/requests/ledger.ts';
import { forgetPerson, type Person, scene } from '../support/chaos.ts';
import { expectStatus } from '../support/expect-status.ts';
import { unhurried } from '../support/limits.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

describe('Redis away', () => {
  it.each(['kill', 'freeze'] as const)(
    '%s: a request is accepted all the same, and erased when Redis is back',
    (fault) =>
      scene('redis-away', async (chaos) => {
        const redis = await chaos.ownRedis();
        const env = { ...chaos.env, REDIS_URL: redis.url };
        const [api] = await Promise.all([chaos.processes.api(env), chaos.processes.worker(env)]);
        const people = [await chaos.person({ sent: 20, calls: 2 }), await chaos.person({ contacts: 1, received: 5 })];
        await redis[fault]();
        const references: string[] = [];
        for (const person of people) {
          const answer = await forgetPerson(api, person);
          expect(answer).toMatchObject({ status: 200, body: { status: 'SUCCESS' } });
          const suppressed = await chaos.db.collection('blacklist').countDocuments({ number: person.number });
          expect(suppressed).toBe(1);
          references.push(answer.body.reference);
        }
        if (fault === 'freeze') redis.thaw();
        else await redis.restart();
        for (const [index, person] of people.entries()) {
          await chaos.completed(references[index] ?? '');
          await chaos.expectErased(person, references[index] ?? '');
        }
      })(),
  );

  it(
    'and back, empty, while requests are unfinished: every one of them completes',
    scene(
      'redis-empty',
      async (chaos) => {
        const redis = await chaos.ownRedis();
        const env = { ...chaos.env, REDIS_URL: redis.url };
        const workers = await Promise.all([chaos.processes.worker(env), chaos.processes.worker(env)]);
        const people = [];
        for (let count = 0; count < 6; count += 1)
          people.push(await chaos.person({ contacts: 1, sent: count === 0 ? 1 : 600 }));
        const [first] = people;
        if (!first) throw new Error('nobody is there');
        // One of them waits for a message: its job is far ahead in the queue, and lost as well.
        await chaos.db.collection('scheduled_sms').insertOne({
          account_id: first.account.records_id,
          to: first.number,
          body: 'See you soon',
          status: 'pending',
          send_at: new Date(Date.now() + unhurried(8_000)),
        });
        const references = await Promise.all(people.map((person) => chaos.submit(person)));
        await waitFor('all to be begun, and the first to wait', async () => {
          const [waiting, ...others] = await Promise.all(references.map((reference) => chaos.row(reference)));
          return waiting?.state === 'waiting' && others.every((row) => row?.erased.sent_sms);
        });
        const unfinished = () => requestsOf(chaos.db).countDocuments({ unfinished: true });
        expect(await unfinished()).toBe(people.length);
        await redis.kill();
        await redis.restart();
        await chaos.db
          .collection('scheduled_sms')
          .updateOne({ account_id: first.account.records_id }, { $set: { status: 'sent' } });
        for (const [index, person] of people.entries()) {
          await chaos.completed(references[index] ?? '');
          const scheduled = index === 0 ? { scheduled_sms: 1 } : {};
          await chaos.expectErased(person, references[index] ?? '', { ...person.expected, ...scheduled });
        }
        expect(workers.map((worker) => worker.isRunning())).toEqual([true, true]);
      },
      { BATCH_SIZE: '24', BATCH_PAUSE_MS: '30' },
    ),
  );

  it(
    'hung: only the first requests wait for it',
    scene('redis-hung', async (chaos) => {
      const redis = await chaos.ownRedis();
      const env = { ...chaos.env, REDIS_URL: redis.url, RATE_LIMIT_PER_SECOND: '1000' };
      const [api] = await Promise.all([chaos.processes.api(env), chaos.processes.worker(env)]);
      redis.freeze();
      const asked: [Person, string][] = [];
      await waitFor('a request that is not kept waiting', async () => {
        const person = await chaos.person({ sent: 1 });
        const { status, body } = await forgetPerson(api, person);
        expect(status).toBe(200);
        asked.push([person, body.reference]);
        const line = api
          .output()
          .split('\n')
          .find((text) => text.includes('request not queued yet') && text.includes(body.reference));
        return line && !line.includes('Command timed out');
      });
      redis.thaw();
      for (const [person, reference] of asked) {
        await chaos.completed(reference);
        await chaos.expectErased(person, reference);
      }
    }),
  );

  it(
    'connections that died without a word: the worker opens new ones',
    scene('redis-lost', async (chaos) => {
      const { hostname, port } = new URL(chaos.platform.config.REDIS_URL);
      const proxy = await startTcpProxy({ host: hostname, port: Number(port || 6379) });
      try {
        let last = 0;
        proxy.intercept(({ connection }) => {
          last = Math.max(last, connection);
          return 'pass';
        });
        await chaos.processes.worker({ ...chaos.env, REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
        const [before, after] = [await chaos.person({ sent: 2 }), await chaos.person({ sent: 3 })];
        const first = await chaos.submit(before);
        await chaos.completed(first);
        const lost = last;
        proxy.intercept(({ connection }) => (connection <= lost ? 'drop' : 'pass'));
        const second = await chaos.submit(after);
        await chaos.completed(second);
        await chaos.expectErased(after, second);
      } finally {
        await chaos.processes.endAll();
        await proxy.close();
      }
    }),
  );

  it(
    'an API that is told to stop exits with 0',
    scene('redis-stop', async (chaos) => {
      const redis = await chaos.ownRedis();
      const api = await chaos.processes.api({ ...chaos.env, REDIS_URL: redis.url });
      await redis.kill();
      api.signal('SIGTERM');
      expect(await api.exited()).toEqual({ code: 0, signal: null });
    }),
  );

  it(
    'at the start: API and worker start without it, and go on when it is there',
    scene('redis-late', async (chaos) => {
      const redis = await chaos.ownRedis();
      const env = { ...chaos.env, REDIS_URL: redis.url };
      await redis.kill();
      const [api] = await Promise.all([chaos.processes.api(env), chaos.processes.worker(env)]);
      const person = await chaos.person({ sent: 5 });
      const answer = await forgetPerson(api, person);
      expectStatus(answer, 200);
      await redis.restart();
      await chaos.completed(answer.body.reference);
      await chaos.expectErased(person, answer.body.reference);
    }),
  );
});
