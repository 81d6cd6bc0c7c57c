import { describe, expect, it } from '@jest/globals';
import { requestsOf } from '../../src/ledger/requests/ledger.ts';
import { type Chaos, chance, forgetPerson, scene } from '../support/chaos.ts';
import { expectStatus } from '../support/expect-status.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Answer } from '../support/wire.ts';

const SLOW = { BATCH_SIZE: '24', BATCH_PAUSE_MS: '5' };

const CUTS = 12;

/** The contract's answer of a database that cannot keep a promise. */
function expectUnavailable(answer: Answer): void {
  expectStatus(answer, 503);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect(answer.body).toEqual({ error: { code: 503, msg: expect.any(String) } });
}

/** A request and its suppression: both, or neither. */
async function expectWhole(chaos: Chaos, count: number): Promise<void> {
  expect(await requestsOf(chaos.db).countDocuments({})).toBe(count);
  expect(await chaos.db.collection('blacklist').countDocuments({})).toBe(count);
}

describe('MongoDB away', () => {
  it.each(['refuse', 'blackHole'] as const)(
    '%s: 503 with Retry-After, nothing half-done; back: the same request is accepted',
    (fault) =>
      scene('mongo-away', async (chaos) => {
        const proxy = await chaos.proxyMongo();
        const api = await chaos.processes.api({ ...chaos.env, MONGODB_URI: proxy.uri });
        const [known, person] = [await chaos.person({ sent: 1 }), await chaos.person({ contacts: 1, sent: 3 })];
        expectStatus(await forgetPerson(api, known), 200);
        proxy[fault]();
        for (const answer of await Promise.all([
          forgetPerson(api, person),
          forgetPerson(api, known),
          forgetPerson(api, person),
        ]))
          expectUnavailable(answer);
        proxy.pass();
        const answer = await waitFor('a request to be accepted', async () => {
          const accepted = await forgetPerson(api, person);
          return accepted.status === 200 && accepted;
        });
        await expectWhole(chaos, 2);
        await chaos.processes.worker(chaos.env);
        await chaos.completed(answer.body.reference);
        await chaos.expectErased(person, answer.body.reference);
      })(),
  );

  it(
    'at the start: a worker starts without it, and goes on when it is there',
    scene('mongo-late', async (chaos) => {
      const proxy = await chaos.proxyMongo();
      const person = await chaos.person({ contacts: 1, sent: 3 });
      const reference = await chaos.submit(person);
      proxy.refuse();
      const worker = chaos.processes.lethe(['worker'], { ...chaos.env, MONGODB_URI: proxy.uri });
      await worker.said('waiting for the database');
      proxy.pass();
      await chaos.completed(reference);
      await chaos.expectErased(person, reference);
    }),
  );

  it(
    'at the start: an API answers 503, and accepts nothing before the database can tell twins apart',
    scene('mongo-later', async (chaos) => {
      const proxy = await chaos.proxyMongo();
      const person = await chaos.person({ contacts: 1 });
      // As it is on the very first start: no index is there yet. The table stays: one that is made again may not show at
      // first on another connection of the local engine.
      await requestsOf(chaos.db).dropIndexes();
      proxy.refuse();
      const api = await chaos.processes.api({ ...chaos.env, MONGODB_URI: proxy.uri });
      expectUnavailable(await forgetPerson(api, person));
      proxy.pass();
      const references = await Promise.all(
        [1, 2, 3].map(async () => {
          const accepted = await waitFor('a request to be accepted', async () => {
            const answer = await forgetPerson(api, person);
            return answer.status === 200 && answer;
          });
          return accepted.body.reference;
        }),
      );
      expect(await requestsOf(chaos.db).indexExists('one_unfinished')).toBe(true);
      expect(new Set(references).size).toBe(1);
      await expectWhole(chaos, 1);
    }),
  );

  it.each(['refuse', 'blackHole'] as const)(
    '%s while a worker erases: it waits, goes on, and counts every record once',
    (fault) =>
      scene(
        'mongo-gone',
        async (chaos) => {
          const proxy = await chaos.proxyMongo();
          const worker = await chaos.processes.worker({ ...chaos.env, MONGODB_URI: proxy.uri });
          const person = await chaos.person({ contacts: 3, lists: 3, sent: 600, received: 300, calls: 100 });
          const reference = await chaos.submit(person);
          await waitFor('a batch to be counted', async () => (await chaos.row(reference))?.erased.sent_sms);
          proxy[fault]();
          await worker.said('erasure interrupted');
          expect((await chaos.row(reference))?.state).toBe('sweeping');
          proxy.pass();
          await chaos.completed(reference);
          await chaos.expectErased(person, reference);
          expect(worker.isRunning()).toBe(true);
        },
        SLOW,
      )(),
  );

  it(
    'for moments, again and again: connections cut at any message, and every record counted once',
    scene(
      'mongo-cut',
      async (chaos) => {
        const random = chance('connections cut');
        const proxy = await chaos.proxyMongo();
        const person = await chaos.person({ contacts: 3, lists: 3, sent: 900, received: 400, calls: 150 });
        const reference = await chaos.submit(person);
        await chaos.processes.worker({ ...chaos.env, MONGODB_URI: proxy.uri });
        let cuts = 0;
        // Either side of a message: cut before the server has it, or before the client has its answer.
        proxy.intercept(() => {
          if (cuts === CUTS || random() >= 0.03) return 'pass';
          cuts += 1;
          return 'cut';
        });
        await chaos.completed(reference);
        await chaos.expectErased(person, reference);
        expect(cuts).toBe(CUTS);
      },
      SLOW,
    ),
  );
});
