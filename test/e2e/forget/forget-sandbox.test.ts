import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectStatus } from '../../support/expect-status.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { snapshotDatabase, snapshotRedis } from '../../support/snapshot.ts';
import { call } from '../../support/wire.ts';

describe('POST /gdpr/forget with sandbox', () => {
  let platform: Platform;
  let url: string;
  let key: string;
  let account: unknown;

  beforeAll(async () => {
    platform = await openPlatform('e2e-sandbox', { RATE_LIMIT_PER_SECOND: '0' });
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
    const made = await platform.account();
    [key, account] = [made.key, made.account.records_id];
    const { db } = platform.core;
    await insertRecords(db, account, '447700900123', { contacts: 2, lists: 3, sent: 4, received: 5, calls: 6 });
    await insertRecords(db, account, '+447700900123', { sent: 1 });
    await db.collection('calls').insertOne({ account_id: account, from: '447700900123', to: '07700900123' });
    await db.collection('blacklist').insertOne({ account_id: account, number: '447700900123', reason: 'STOP' });
    for (const status of ['pending', 'sent'])
      await db.collection('scheduled_sms').insertOne({ account_id: account, to: '447700900123', status });
    const real = await call(url, '/gdpr/forget', { key, body: { number: (await another()).number } });
    expectStatus(real, 200);
  });
  afterAll(() => platform?.close());

  const another = async () => {
    await insertRecords(platform.core.db, account, '447700900124', { sent: 1 });
    return { number: 447700900124 };
  };
  const snapshot = async () => [await snapshotDatabase(platform), await snapshotRedis(platform)];

  const spellings: [string, object][] = [
    ['true', { sandbox: true }],
    ['"true"', { sandbox: 'true' }],
    ['1', { sandbox: 1 }],
    ['"1" and blacklist', { sandbox: '1', blacklist: true }],
  ];
  it.each(spellings)('%s: counts every record once, and writes nothing', async (_name, flags) => {
    const before = await snapshot();
    const answer = await call(url, '/gdpr/forget', { key, body: { number: 447700900123, ...flags } });
    expectStatus(answer, 200);
    expect(answer.body).toEqual({
      status: 'SUCCESS',
      msg: 'Dry run: nothing was written',
      reference: expect.stringMatching(/^[A-Za-z0-9]{15}$/),
      created_at: expect.any(Number),
      sandbox: true,
      would_erase: {
        contacts: 2,
        contact_lists: 3,
        sent_sms: 5,
        received_sms: 5,
        scheduled_sms: 2,
        calls: 7,
        blacklist: 1,
      },
    });
    expect(await snapshot()).toEqual(before);
    // Its reference stands for nothing.
    const status = await call(url, `/gdpr/status?reference=${String(answer.body.reference)}`, { key });
    expect([status.status, status.body]).toEqual([404, { error: { code: 77, msg: 'No records found' } }]);
    expect((await call(url, '/blacklist/check', { key, body: { number: '447700900124' } })).body.blacklisted).toBe(
      true,
    );
  });

  it('sandbox false is no dry run', async () => {
    const answer = await call(url, '/gdpr/forget', { key, body: { ...(await another()), sandbox: false } });
    expect(Object.keys(answer.body)).toEqual(['status', 'msg', 'reference', 'created_at']);
  });

  it('rehearses a number whose request is under way and whose records are gone, as the real call would', async () => {
    await platform.core.db.collection('sent_sms').deleteMany({ account_id: account, to: '447700900124' });
    const real = await call(url, '/gdpr/forget', { key, body: { number: 447700900124 } });
    const rehearsed = await call(url, '/gdpr/forget', { key, body: { number: 447700900124, sandbox: true } });
    expect([real.status, rehearsed.status]).toEqual([200, 200]);
    expect(rehearsed.body.would_erase).toEqual({});
  });
});
