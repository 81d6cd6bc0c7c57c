import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../src/base/config.ts';
import { inTransaction } from '../../src/base/db/transaction.ts';
import { acceptForget } from '../../src/contracts/forget/accept.ts';
import { createCore } from '../../src/core.ts';
import { requestsOf } from '../../src/ledger/requests/ledger.ts';
import { draftRequest } from '../../src/ledger/requests/open-request.ts';
import { scene } from '../support/chaos.ts';
import { openRecordings } from '../support/recordings.ts';
import { waitFor } from '../support/wait-for.ts';
import { call } from '../support/wire.ts';

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
      expect(last.lines().find(({ message }) => message === 'drained')).toMatchObject({
        ...{ completed: 1, open: 0, failed: 0, overdue: 0 },
      });

      // One that waits past its deadline is left alone, and not called fine.
      const later = new Date(Date.now() + HOUR_MS / 2);
      await requestsOf(chaos.db).insertOne({
        ...draftRequest({
          ...{ account_id: waiting.account._id, profile: 'forget', selector: { by: 'number' }, token: 'late' },
          ...{ requested_by: 'k', keep_suppression: true, now: new Date(Date.now() - HOUR_MS) },
          ...{ graceMs: 0, deadlineMs: HOUR_MS / 2 },
        }),
        ...{ state: 'waiting', not_before: later, look_at: later },
      });
      const overdue = chaos.processes.lethe(['worker', '--drain'], chaos.env);
      expect(await overdue.exited()).toEqual({ code: 1, signal: null });
      const told = overdue.lines().find(({ message }) => message === 'drained, but requests failed or are overdue');
      expect(told).toMatchObject({ level: 'error', open: 1, failed: 0, overdue: 1 });
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
    'exits with 1 when Redis dies while it works and stays away',
    scene(
      'drain-redis-dies',
      async (chaos) => {
        const redis = await chaos.ownRedis();
        const env = { ...chaos.env, REDIS_URL: redis.url };
        const person = await chaos.person({ contacts: 2, sent: 400 });
        const reference = await chaos.submit(person);
        const drain = chaos.processes.lethe(['worker', '--drain'], env);
        await waitFor('a batch to be counted', async () => (await chaos.row(reference))?.erased.sent_sms);
        await redis.kill();
        // Another request that only a job from Redis would begin.
        await chaos.submit(await chaos.person({ sent: 1 }));
        expect(await drain.exited()).toEqual({ code: 1, signal: null });
        expect(drain.output()).toContain('Redis is away, and work is due');
      },
      { BATCH_SIZE: '24', BATCH_PAUSE_MS: '20' },
    ),
  );

  it(
    'does not wait for the clock of a worker that died two hours ahead, nor of an API that wrote a request there',
    scene('drain-clocks', async (chaos) => {
      const ahead = new Date(Date.now() + 2 * HOUR_MS);
      const people = [await chaos.person({ sent: 3 }), await chaos.person({ sent: 3 })] as const;
      const held = await chaos.submit(people[0]);
      await requestsOf(chaos.db).updateOne(
        { reference: held },
        { $set: { lease: { owner: 'gone', until: ahead }, look_at: ahead, state: 'sweeping' } },
      );
      const { request } = await acceptForget(
        { ...chaos.platform.core, deadlineMs: 24 * HOUR_MS, graceMs: 0 },
        { account: people[1].account, actor: 'test', number: people[1].number, unsuppress: false },
        ahead,
      );
      const drain = chaos.processes.lethe(['worker', '--drain'], chaos.env);
      expect(await drain.exited()).toEqual({ code: 0, signal: null });
      await chaos.expectErased(people[0], held);
      await chaos.expectErased(people[1], request.reference);
    }),
  );

  it(
    'works off reports and files, too, before it ends',
    scene('drain-kinds', async (chaos) => {
      const { account, key } = await chaos.platform.account();
      const api = await chaos.platform.startApi({ REDIS_URL: 'redis://127.0.0.1:1' });
      const body = { product: 'SMS', direction: 'outbound', date_start: '2026-01-01', date_end: '2026-01-02' };
      const order = await call(api.url, '/v2/reports', { key, body });
      const folder = await openRecordings();
      const env = { ...chaos.env, RECORDINGS_DIR: folder.path };
      await folder.put('drained.mp3');
      const core = createCore(readConfig(env), { poolSize: 2 });
      await inTransaction(core.db, (session) =>
        core.files.add(
          { account: account._id, reference: 'D'.repeat(15) },
          [{ where: 'calls.recording_url', reference: 'drained.mp3' }],
          session,
        ),
      );
      await core.close();
      const drain = chaos.processes.lethe(['worker', '--drain'], env);
      expect(await drain.exited()).toEqual({ code: 0, signal: null });
      expect(await folder.has('drained.mp3')).toBe(false);
      const report = await call(api.url, `/v2/reports/${String(order.body.request_id)}`, { key });
      expect(report.body.request_status).toBe('SUCCESS');
      await folder.remove();
    }),
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
