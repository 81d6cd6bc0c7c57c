import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { type Service, startRedis } from '../../../local/services.ts';
import { requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { createLedgerFigures } from '../../../src/ops/ledger-figures.ts';
import { endRedis } from '../../support/end-redis.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { forget, untilCompleted, untilRequest } from '../../support/forget.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { openProcesses } from '../../support/processes.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call } from '../../support/wire.ts';

const NUMBERS = ['447700900101', '447700900102', '447700900103'] as const;

describe('what operators see', () => {
  let platform: Platform;
  let url: string;
  beforeAll(async () => {
    platform = await openPlatform('operations', { RATE_LIMIT_PER_SECOND: '0', LOG_LEVEL: 'error' });
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
  });
  afterAll(() => platform?.close());

  describe('health and readiness', () => {
    let evicting: Service;
    let full: Service;
    const folders: string[] = [];
    const startSet = async (name: string, value: string): Promise<Service> => {
      const folder = await mkdtemp(join(tmpdir(), 'lethe-redis-'));
      folders.push(folder);
      const service = await startRedis({ dataDir: folder, durable: false, print: () => {} });
      const redis = new Redis(service.url);
      await redis.config('SET', name, value);
      await endRedis(redis);
      return service;
    };
    beforeAll(async () => {
      evicting = await startSet('maxmemory-policy', 'allkeys-lru');
      full = await startSet('maxmemory', '1');
    });
    afterAll(async () => {
      await evicting?.stop();
      await full?.stop();
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    });

    it('/healthz: alive, whatever the services do, and without a key', async () => {
      const nowhere = await platform.startApi({
        MONGODB_URI: 'mongodb://127.0.0.1:1',
        REDIS_URL: 'redis://127.0.0.1:1',
      });
      for (const address of [url, nowhere.url]) {
        const answer = await call(address, '/healthz');
        expect([answer.status, answer.body]).toEqual([200, { status: 'ok' }]);
      }
      await nowhere.close();
    });

    /** What is asked of MongoDB beside whether it is there. */
    const inDatabase = (answer: object) => ['version', 'indexes', 'keys'].map((name) => ({ name, ...answer }));
    const readiness: [string, () => NodeJS.ProcessEnv, number, object][] = [
      [
        'everything is as it must be',
        () => ({}),
        200,
        {
          status: 'ready',
          checks: [
            { name: 'mongodb', ok: true },
            ...inDatabase({ ok: true }),
            { name: 'redis', ok: true },
            { name: 'noeviction', ok: true },
          ],
        },
      ],
      [
        'a Redis that evicts keys',
        () => ({ REDIS_URL: evicting.url }),
        503,
        {
          status: 'not ready',
          checks: [
            { name: 'mongodb', ok: true },
            ...inDatabase({ ok: true }),
            { name: 'redis', ok: true },
            { name: 'noeviction', ok: false, detail: 'maxmemory-policy is allkeys-lru, must be noeviction' },
          ],
        },
      ],
      [
        'a Redis that takes no writes',
        () => ({ REDIS_URL: full.url }),
        503,
        {
          status: 'not ready',
          checks: [
            { name: 'mongodb', ok: true },
            ...inDatabase({ ok: true }),
            { name: 'redis', ok: false, detail: 'refuses writes: its memory is full, or it is a replica' },
            { name: 'noeviction', ok: true },
          ],
        },
      ],
      [
        'no Redis',
        () => ({ REDIS_URL: 'redis://127.0.0.1:1' }),
        503,
        {
          status: 'not ready',
          checks: [
            { name: 'mongodb', ok: true },
            ...inDatabase({ ok: true }),
            { name: 'redis', ok: false, detail: 'not reachable' },
            { name: 'noeviction', ok: false, detail: 'not reachable' },
          ],
        },
      ],
      [
        'no MongoDB',
        () => ({ MONGODB_URI: 'mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300' }),
        503,
        {
          status: 'not ready',
          checks: [
            { name: 'mongodb', ok: false, detail: 'not reachable' },
            ...inDatabase({ ok: false, detail: 'not reachable' }),
            { name: 'redis', ok: true },
            { name: 'noeviction', ok: true },
          ],
        },
      ],
    ];
    const withoutHaste = (body: object): unknown =>
      JSON.parse(JSON.stringify(body).replaceAll('no answer in time', 'not reachable'));
    it.each(readiness)('/readyz: %s', async (_name, env, status, body) => {
      const api = await platform.startApi(env());
      // Connections are opened behind the listening port: an early answer may find one still missing.
      const answer = await waitFor(JSON.stringify(body), async () => {
        const { status: got, body: read, text } = await call(api.url, '/readyz');
        const same = isDeepStrictEqual({ got, read: withoutHaste(read) }, { got: status, read: body });
        return same && { text };
      });
      expect(answer.text).not.toMatch(/127\.0\.0\.1|Error/);
      await api.close();
    });
  });

  it('TRUST_PROXY that is no network: the API does not start, and says why without repeating it', async () => {
    const processes = openProcesses();
    try {
      const api = processes.lethe(['api'], { ...platform.env, TRUST_PROXY: 'hunter2' });
      expect(await api.exited()).toEqual({ code: 1, signal: null });
      expect(api.output()).toMatch(/^lethe: TRUST_PROXY is /);
      expect(api.output()).not.toContain('hunter2');
    } finally {
      await processes.endAll();
    }
  });

  it('X-Request-Id: another for every answer, never the one that was sent', async () => {
    const sent = { 'x-request-id': '447700900123' };
    const answers = await Promise.all([
      call(url, '/healthz', { headers: sent }),
      call(url, '/nowhere', { headers: sent }),
      call(url, '/gdpr/forget', { headers: sent, body: {} }),
      call(url, '/metrics', { headers: sent }),
    ]);
    const ids = answers.map((answer) => answer.headers['x-request-id']);
    expect(new Set(ids).size).toBe(answers.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    for (const answer of answers) {
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.headers).not.toHaveProperty('x-powered-by');
    }
  });

  describe('/metrics', () => {
    const read = async (from = url): Promise<Map<string, number>> => {
      const answer = await call(from, '/metrics');
      expectStatus(answer, 200);
      expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
      const lines = answer.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      return new Map(
        lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
      );
    };

    const untilOverdue = (count: number) =>
      waitFor(`${count} overdue`, async () => {
        const figures = await read();
        return figures.get('lethe_overdue_requests') === count && figures;
      });

    it('counts what was done, and names nothing that was sent', async () => {
      const before = await read();
      expect(before.get('lethe_requests{state="completed"}')).toBe(0);
      expect([...before.keys()].some((name) => name.startsWith('lethe_nearest_deadline_seconds'))).toBe(false);

      const { account, key } = await platform.account();
      const owner = account.records_id;
      for (const number of NUMBERS)
        await insertRecords(platform.core.db, owner, number, { sent: 3, contacts: 1, calls: 2 });
      const first = [await forget(url, key, { number: NUMBERS[0] }), await forget(url, key, { number: NUMBERS[1] })];
      expect((await read()).get('lethe_queue_jobs{queue="erasure",state="waiting"}')).toBe(2);
      await call(url, `/nowhere/${NUMBERS[0]}`);
      for (const method of ['MKCALENDAR', 'PROPFIND']) await call(url, '/nowhere', { method });
      await call(url, '/gdpr/forget', { body: {} });
      await platform.startWorker();
      for (const reference of first) await untilCompleted(platform, reference);

      // One that cannot be completed, and is past its deadline.
      const { insertedId } = await platform.core.db
        .collection<{ _id: string }>('calls')
        .insertOne({ _id: NUMBERS[2], account_id: owner } as never);
      const stuck = await forget(url, key, { number: NUMBERS[2] });
      await untilRequest(platform, stuck, 'a failure', (request) => request.state === 'failed');
      const long = new Date(Date.now() - 90_000);
      await requestsOf(platform.core.db).updateOne({ reference: stuck }, { $set: { due_at: long, created_at: long } });

      // Figures are told again for some seconds.
      const after = await untilOverdue(1);
      expect(after.get('lethe_requests{state="completed"}')).toBe(2);
      const unfinished = ['accepted', 'sweeping', 'waiting', 'scanning', 'verifying', 'failed'].map(
        (state) => after.get(`lethe_requests{state="${state}"}`) ?? Number.NaN,
      );
      expect(unfinished.reduce((sum, count) => sum + count)).toBe(1);
      expect(after.get('lethe_records_erased_total{collection="sent_sms"}')).toBe(6);
      expect(after.get('lethe_records_erased_total{collection="contacts"}')).toBe(2);
      expect(after.get('lethe_records_erased_total{collection="calls"}')).toBe(4);
      expect(after.get('lethe_overdue_requests')).toBe(1);
      expect(after.get('lethe_time_to_erase_seconds_count{profile="forget"}')).toBe(2);
      expect(after.get('lethe_time_to_erase_seconds_bucket{profile="forget",le="+Inf"}')).toBe(2);
      expect(after.get('lethe_time_to_erase_seconds_bucket{profile="forget",le="86400"}')).toBe(2);
      expect(after.get('lethe_nearest_deadline_seconds')).toBeLessThan(-89);
      expect(after.get('lethe_oldest_unfinished_age_seconds')).toBeGreaterThan(89);
      expect(after.get('lethe_source_up{source="mongodb"}')).toBe(1);
      expect(after.get('lethe_source_up{source="redis"}')).toBe(1);
      const requests = (route: string, method: string, status: number) =>
        after.get(`lethe_http_request_duration_seconds_count{route="${route}",method="${method}",status="${status}"}`);
      expect(requests('/gdpr/forget', 'POST', 200)).toBe(3);
      expect(requests('none', 'GET', 404)).toBeGreaterThanOrEqual(1);
      expect(requests('none', 'none', 404)).toBe(2);
      expect([...after.keys()].join('\n')).not.toMatch(/44770090|nowhere|acc_/);

      await platform.core.db.collection<{ _id: string }>('calls').deleteOne({ _id: insertedId });
      await untilCompleted(platform, stuck);
      const end = await untilOverdue(0);
      expect(end.get('lethe_requests{state="completed"}')).toBe(3);
    });

    it('leaves out what cannot be read: a zero would say that nothing is overdue', async () => {
      const nowhere = await platform.startApi({
        MONGODB_URI: 'mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300',
        REDIS_URL: 'redis://127.0.0.1:1',
      });
      const isOwn = (name: string) => /^lethe_(http|faults)_/.test(name);
      const figures = [...(await read(nowhere.url))].filter(([name]) => !isOwn(name));
      expect(figures).toEqual([
        ['lethe_source_up{source="mongodb"}', 0],
        ['lethe_source_up{source="redis"}', 0],
      ]);
      await nowhere.close();
    });

    it('counts no completion twice, however many ask at once and however long ago it was', async () => {
      const figures = createLedgerFigures(platform.core.db);
      const reads = async (at: number) =>
        (await Promise.all([1, 2, 3, 4].map(() => figures(new Date(at))))).map(({ byState, erased }) => [
          byState.completed,
          erased.sent_sms,
        ]);
      const expected = Array(4).fill([3, 9]);
      expect(await reads(Date.now())).toEqual(expected);
      expect(await reads(Date.now() + 600_000)).toEqual(expected);
      expect(await reads(Date.now() + 600_001)).toEqual(expected);
    });
  });
});
