import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { type SignedIn, signInAs } from '../../support/sign-in.ts';
import { waitFor } from '../../support/wait-for.ts';

describe('the state of the installation', () => {
  let platform: Platform;
  let admin: SignedIn;
  let agent: SignedIn;
  beforeAll(async () => {
    platform = await openPlatform('system', { RATE_LIMIT_PER_SECOND: '0', ENVIRONMENT: 'staging' });
    const { url } = await platform.startApi();
    admin = await signInAs(platform, url, 'admin@example.com', 'admin');
    const { account } = await platform.account();
    agent = await signInAs(platform, url, 'agent@example.com', 'admin', { kind: 'agency', id: account._id });
  });
  afterAll(() => platform?.close());

  it('is told to admins of all accounts: services, workers, queues, scans, keys', async () => {
    expect((await agent.ask('/system')).status).toBe(403);
    expect((await admin.ask('/system')).body).toEqual({
      health: { mongodb: 'ok', version: 'ok', indexes: 'ok', keys: 'ok', redis: 'ok', noeviction: 'ok' },
      ...{ level: 'critical', ready: true, why: ['no worker is there'] },
      ...{ deadlines: { on_track: 0, due_soon: 0, overdue: 0, failed: 0 }, workers: [] },
      queues: expect.arrayContaining([
        { name: 'erasure', waiting: 0, active: 0, delayed: 0, oldest_age_s: null },
        expect.objectContaining({ name: 'scan' }),
      ]),
      throughput: { minutes: 10, accepted: 0, completed: 0 },
      scans: [],
      keys: expect.arrayContaining(['seal:seal1', 'token:token1'].map((id) => ({ id, in_use: true, at_hand: true }))),
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      environment: 'staging',
    });
    expect((await admin.ask('/console/api/session')).body.environment).toBe('staging');
  });

  it('says on demand how the map fits the database, and what it does not name', async () => {
    const { db } = platform.core;
    await db.collection('orders').insertOne({ account_id: 'a', phone: '447700900123', note: 'x' });
    expect((await agent.ask('/system/map-check', { body: {} })).status).toBe(403);
    const { body, text } = await admin.ask('/system/map-check', { body: {} });
    expect(body).toMatchObject({
      made_at: expect.stringMatching(/Z$/),
      findings: expect.arrayContaining([expect.objectContaining({ severity: expect.stringMatching(/error|warning/) })]),
      unnamed: expect.arrayContaining([{ where: 'orders', what: expect.stringContaining('phone') }]),
      collections: platform.core.dataMap.collections.length,
    });
    expect(text).not.toMatch(/7700900123/);
  });

  it('knows of a worker that has come, and of accounts that are not scanned', async () => {
    const { account } = await platform.account();
    await platform.core.accounts.setScan(account._id, 'off');
    const worker = await platform.startWorker();
    await waitFor('the worker to be seen', async () => {
      const { level, workers } = (await admin.ask('/system')).body as { level: string; workers: object[] };
      return level === 'ok' && workers.length === 1;
    });
    expect((await admin.ask('/system')).body.scans).toEqual([
      { account: account._id, turn_percent: null, joiners: 0, off: true },
    ]);
    await worker.stop();
  });
});
