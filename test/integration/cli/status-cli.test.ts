import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { REQUEST_CALL, requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { draftRequest } from '../../../src/ledger/requests/open-request.ts';
import { addJob } from '../../../src/ledger/work/call.ts';
import { summariseDrain } from '../../../src/ops/drain-summary.ts';
import type { RunningWorker } from '../../../workers/worker.ts';
import { runCli } from '../../support/cli.ts';
import { forget, untilCompleted } from '../../support/forget.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { openProducer } from '../../support/producer.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call } from '../../support/wire.ts';

const NUMBER = '447700900181';
const HOUR_MS = 3_600_000;

describe('lethe status', () => {
  let platform: Platform;
  let worker: RunningWorker;
  const run = (...args: string[]) => runCli(['status', ...args], platform.env);
  const clear = () => requestsOf(platform.core.db).deleteMany({});
  const add = (hoursLeft: number, rest: object = {}) => {
    const now = new Date();
    return requestsOf(platform.core.db).insertOne({
      ...draftRequest({
        ...{ account_id: 'acc_AAAAAAAAAAAA', profile: 'forget', selector: { by: 'number' } },
        ...{ token: `t${hoursLeft}`, requested_by: 'k', keep_suppression: true, now, graceMs: HOUR_MS },
        deadlineMs: hoursLeft * HOUR_MS,
      }),
      // Nobody takes it up.
      ...{ not_before: new Date('9998-01-01'), look_at: new Date('9998-01-01') },
      ...rest,
    });
  };

  beforeAll(async () => {
    platform = await openPlatform('status-cli', { RATE_LIMIT_PER_SECOND: '0' });
    await indexPlatform(platform.core.db);
  });
  beforeEach(clear);
  afterAll(() => platform?.close());

  it('is critical while no worker is there, unless they run by the clock', async () => {
    const { code, out, err } = await run();
    expect({ code, err }).toEqual({ code: 2, err: [] });
    expect(out[0]).toBe('critical: no worker is there');
    expect((await run('--no-workers')).code).toBe(0);
  });

  it('is fine with workers, and names them, the queues and the age of what waits', async () => {
    const { producer, close } = openProducer(platform);
    await addJob(producer, REQUEST_CALL, { account_id: 'acc_AAAAAAAAAAAA', reference: 'A'.repeat(15), generation: 1 });
    const waits = JSON.parse((await run('--json')).out[0] ?? '');
    expect(waits.queues).toContainEqual(
      expect.objectContaining({ name: 'erasure', waiting: 1, oldest_age_s: expect.any(Number) }),
    );
    await close();
    worker = await platform.startWorker();
    await waitFor('the worker', async () => (await run()).code === 0);
    const { code, out } = await run();
    expect({ code, first: out[0] }).toEqual({ code: 0, first: 'ok: all services are there, nothing is overdue' });
    const told = JSON.parse((await run('--json')).out[0] ?? '');
    expect(told).toMatchObject({
      level: 'ok',
      why: [],
      health: { mongodb: 'ok', redis: 'ok', indexes: 'ok', keys: 'ok' },
      deadlines: { on_track: 0, due_soon: 0, overdue: 0, failed: 0 },
      workers: [{ id: expect.any(String), version: expect.stringMatching(/^\d/), host: expect.any(String) }],
    });
    expect(told.queues.map(({ name }: { name: string }) => name)).toContain('erasure');
  });

  it('warns of what is due soon and of what failed, and is critical for what is overdue', async () => {
    await add(20);
    expect((await run()).code).toBe(0);
    await add(3);
    expect(await run()).toMatchObject({ code: 1, out: expect.arrayContaining(['warning: 1 request due soon']) });
    await add(19, { state: 'failed' });
    expect((await run()).out[0]).toBe('warning: 1 request due soon; 1 request failed at the last attempt');
    await add(-1);
    const { code, out } = await run();
    expect({ code, first: out[0] }).toEqual({
      code: 2,
      first: 'critical: 1 request past the deadline; 1 request due soon; 1 request failed at the last attempt',
    });
    expect(out[1]).toBe('requests: 2 on track, 1 due soon, 1 overdue; 1 of them failed');
    const since = new Date(Date.now() - HOUR_MS);
    expect(await summariseDrain(platform.core.db, since, new Date())).toEqual({
      ...{ completed: 0, open: 4, failed: 1, overdue: 1 },
    });
  });

  it('is critical, with one line, where nothing can be told', async () => {
    const away = { ...platform.env, REDIS_URL: 'redis://127.0.0.1:1' };
    const { code, out } = await runCli(['status'], away);
    expect({ code, first: out[0] }).toEqual({
      code: 2,
      first: expect.stringMatching(/^critical: redis: not reachable/),
    });
    expect(await runCli(['status'], { ...platform.env, MONGODB_URI: '' })).toEqual({
      ...{ code: 2, out: [], err: ['lethe: critical: MONGODB_URI is missing'] },
    });
  });

  it('a disabled account is let in no more, and what it asked for is finished', async () => {
    const { account, key } = await platform.account();
    const { url } = await platform.startApi();
    await worker.stop();
    await insertRecords(platform.core.db, account.records_id, NUMBER, { sent: 2 });
    const reference = await forget(url, key, { number: NUMBER });
    expect((await runCli(['account', 'disable', account._id], platform.env)).code).toBe(0);
    expect((await call(url, '/blacklist/check', { key, body: { number: NUMBER } })).status).toBe(401);
    expect((await run()).out[0]).toBe('critical: no worker is there');
    await platform.startWorker();
    expect((await untilCompleted(platform, reference)).erased.sent_sms).toBe(2);
  });
});
