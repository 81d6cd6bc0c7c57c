import { describe, expect, it } from '@jest/globals';
import { QUEUE_NAMES } from '../../src/base/queue/catalogue.ts';
import { scene } from '../support/chaos.ts';
import { readWireCommand, type WireCommand } from '../support/chaos-mongo.ts';
import { startTcpProxy, type Verdict } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

/** A lease far longer than the test: only a request that was handed back can be taken up by another worker in time. */
const HELD = {
  BATCH_SIZE: '24',
  BATCH_PAUSE_MS: '20',
  LEASE_MS: '3600000',
  RELAY_INTERVAL_MS: '100',
  SHUTDOWN_TIMEOUT_MS: '3600000',
};
const RECORDS = { contacts: 3, sent: 300, received: 200, calls: 100 };

/** Of a worker: one that waits, one that fails fast, and one a queue to wait for its jobs. */
const CONNECTIONS = 2 + QUEUE_NAMES.length;

const isChange = (command: WireCommand) => command.name === 'update' && command.collection === 'sent_sms';

describe('a worker that is told to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s: hands its request back, exits with 0, and another one takes it up at once',
    (signal) =>
      scene(
        'stopped',
        async (chaos) => {
          const person = await chaos.person(RECORDS);
          const reference = await chaos.submit(person);
          const first = await chaos.processes.worker(chaos.env);
          const second = chaos.processes.worker(chaos.env);
          await waitFor('a batch to be counted', async () => (await chaos.row(reference))?.erased.sent_sms);
          first.signal(signal);
          expect(await first.exited()).toEqual({ code: 0, signal: null });
          await second;
          await chaos.completed(reference);
          await chaos.expectErased(person, reference);
        },
        HELD,
      )(),
  );

  it(
    'finishes the batch that is under way first',
    scene(
      'finishing',
      async (chaos) => {
        const person = await chaos.person(RECORDS);
        const reference = await chaos.submit(person);
        const proxy = await chaos.proxyMongo();
        let held = false;
        let release: () => void = () => {};
        proxy.intercept(async ({ from, bytes }): Promise<Verdict> => {
          const command = from === 'client' && !held ? readWireCommand(bytes) : null;
          if (command && isChange(command)) {
            held = true;
            await new Promise<void>((resolve) => {
              release = resolve;
            });
          }
          return 'pass';
        });
        const worker = await chaos.processes.worker({ ...chaos.env, MONGODB_URI: proxy.uri });
        await waitFor('a batch to be under way', () => held);
        worker.signal('SIGTERM');
        await worker.said('stopping');
        release();
        expect(await worker.exited()).toEqual({ code: 0, signal: null });

        const row = await chaos.row(reference);
        const masked = await chaos.db.collection('sent_sms').countDocuments({ body: '[REDACTED]' });
        expect(masked).toBeGreaterThan(0);
        expect(row).toMatchObject({ state: 'sweeping', announced: [], erased: { sent_sms: masked } });
        expect(row).not.toHaveProperty('lease');
      },
      HELD,
    ),
  );

  it(
    'ends at once on a second signal, whatever is under way',
    scene(
      'forced',
      async (chaos) => {
        const person = await chaos.person(RECORDS);
        const reference = await chaos.submit(person);
        const proxy = await chaos.proxyMongo();
        const worker = await chaos.processes.worker({ ...chaos.env, MONGODB_URI: proxy.uri });
        await waitFor('a batch to be counted', async () => (await chaos.row(reference))?.erased.sent_sms);
        let lost = false;
        proxy.intercept(({ from, bytes }) => {
          const command = from === 'client' ? readWireCommand(bytes) : null;
          if (!command || !isChange(command)) return 'pass';
          lost = true;
          return 'drop';
        });
        await waitFor('a batch that never ends', () => lost);
        worker.signal('SIGTERM');
        await worker.said('stopping');
        worker.signal('SIGTERM');
        expect(await worker.exited()).toEqual({ code: 1, signal: null });
      },
      HELD,
    ),
  );

  it(
    'while Redis refuses its password: exits with 0',
    scene('stopped-refused', async (chaos) => {
      const { hostname, port } = new URL(chaos.platform.config.REDIS_URL);
      const proxy = await startTcpProxy({ host: hostname, port: Number(port || 6379) });
      try {
        const held = new Set<number>();
        let isHolding = false;
        proxy.intercept(({ connection, from }) => {
          if (!isHolding || from !== 'client') return 'pass';
          held.add(connection);
          return 'drop';
        });
        const worker = await chaos.processes.worker({
          ...chaos.env,
          REDIS_URL: `redis://nobody:wrong@127.0.0.1:${proxy.port}`,
        });
        expect(await worker.said('redis')).toMatchObject({ error: { message: expect.stringMatching(/^WRONGPASS/) } });
        // Every connection in the middle of its next attempt: given up there, it fails with what Redis said last.
        isHolding = true;
        await waitFor('all connections to try again', () => held.size >= CONNECTIONS);
        worker.signal('SIGTERM');
        expect(await worker.exited()).toEqual({ code: 0, signal: null });
      } finally {
        await chaos.processes.endAll();
        await proxy.close();
      }
    }),
  );

  it.each(['kill', 'freeze'] as const)(
    'while Redis is away (%s): hands its request back to the ledger and exits with 0',
    (fault) =>
      scene(
        'stopped-alone',
        async (chaos) => {
          const redis = await chaos.ownRedis();
          const person = await chaos.person(RECORDS);
          const reference = await chaos.submit(person);
          const worker = await chaos.processes.worker({ ...chaos.env, REDIS_URL: redis.url });
          await waitFor('a batch to be counted', async () => (await chaos.row(reference))?.erased.sent_sms);
          await redis[fault]();
          worker.signal('SIGTERM');
          expect(await worker.exited()).toEqual({ code: 0, signal: null });
          const row = await chaos.row(reference);
          expect(row).toMatchObject({ state: 'sweeping', announced: [] });
          expect(row).not.toHaveProperty('lease');
        },
        HELD,
      )(),
  );
});
