import { describe, expect, it } from '@jest/globals';
import { requestsOf } from '../../src/ledger/requests/ledger.ts';
import { scene } from '../support/chaos.ts';
import { waitFor } from '../support/wait-for.ts';

const HOUR_MS = 3_600_000;

describe('lethe worker --drain', () => {
  it(
    'works off what was never queued, leaves what waits for a later message, and exits with 0',
    scene('drain', async (chaos) => {
      const people = [];
      for (let count = 0; count < 5; count += 1) people.push(await chaos.person({ contacts: 1, sent: 30, calls: 4 }));
      const [waiting] = people;
      if (!waiting) throw new Error('nobody is there');
      const at = { account_id: waiting.account.records_id };
      await chaos.db.collection('scheduled_sms').insertOne({
        ...at,
        to: waiting.number,
        body: 'See you tomorrow',
        status: 'pending',
        send_at: new Date(Date.now() + HOUR_MS),
      });
      const references = await Promise.all(people.map((person) => chaos.submit(person)));

      for (const round of ['first', 'second']) {
        const drain = chaos.processes.lethe(['worker', '--drain'], chaos.env);
        expect({ round, ...(await drain.exited()) }).toEqual({ round, code: 0, signal: null });
        const states = await requestsOf(chaos.db).find({}).toArray();
        expect(states.map(({ reference, state }) => [reference, state]).sort()).toEqual(
          references.map((reference, index) => [reference, index === 0 ? 'waiting' : 'completed']).sort(),
        );
      }
      for (const [index, person] of people.entries()) {
        if (index > 0) await chaos.expectErased(person, references[index] ?? '');
      }
      const scheduled = await chaos.db.collection('scheduled_sms').findOne(at);
      expect(scheduled).toMatchObject({ to: waiting.number, body: 'See you tomorrow', status: 'pending' });

      // The message goes out, and the request is looked at again before its hour is over.
      await chaos.db.collection('scheduled_sms').updateOne(at, { $set: { status: 'sent' } });
      const retry = ['request', 'retry', references[0] ?? '', '--account', waiting.account._id];
      expect(await chaos.processes.lethe(retry, chaos.env).exited()).toEqual({ code: 0, signal: null });
      const last = chaos.processes.lethe(['worker', '--drain'], { ...chaos.env, SCHEDULED_SETTLE_MS: '0' });
      expect(await last.exited()).toEqual({ code: 0, signal: null });
      await chaos.expectErased(waiting, references[0] ?? '', { ...waiting.expected, scheduled_sms: 1 });
    }),
  );

  it(
    'waits for a request that a killed worker still holds, and finishes it',
    scene(
      'drain-held',
      async (chaos) => {
        const person = await chaos.person({ contacts: 2, sent: 400, received: 200 });
        const reference = await chaos.submit(person);
        const worker = await chaos.processes.worker(chaos.env);
        await waitFor('a batch to be counted', async () => (await chaos.row(reference))?.erased.sent_sms);
        await worker.kill();
        const drain = chaos.processes.lethe(['worker', '--drain'], chaos.env);
        expect(await drain.exited()).toEqual({ code: 0, signal: null });
        await chaos.expectErased(person, reference);
      },
      { BATCH_SIZE: '24', BATCH_PAUSE_MS: '20' },
    ),
  );

  it(
    'exits with 1 when MongoDB is away, at the start or while it works',
    scene(
      'drain-away',
      async (chaos) => {
        const proxy = await chaos.proxyMongo();
        const env = { ...chaos.env, MONGODB_URI: proxy.uri };
        proxy.refuse();
        const early = chaos.processes.lethe(['worker', '--drain'], env);
        expect(await early.exited()).toEqual({ code: 1, signal: null });

        proxy.pass();
        const person = await chaos.person({ contacts: 2, sent: 400 });
        const reference = await chaos.submit(person);
        const late = chaos.processes.lethe(['worker', '--drain'], env);
        await waitFor('a batch to be counted', async () => (await chaos.row(reference))?.erased.sent_sms);
        proxy.refuse();
        expect(await late.exited()).toEqual({ code: 1, signal: null });
      },
      { BATCH_SIZE: '24', BATCH_PAUSE_MS: '20' },
    ),
  );

  it(
    'exits with 1 when Redis is away and work is due',
    scene('drain-no-redis', async (chaos) => {
      const redis = await chaos.ownRedis();
      const env = { ...chaos.env, REDIS_URL: redis.url };
      await redis.kill();
      await chaos.submit(await chaos.person({ sent: 1 }));
      const drain = chaos.processes.lethe(['worker', '--drain'], env);
      expect(await drain.exited()).toEqual({ code: 1, signal: null });
    }),
  );
});
