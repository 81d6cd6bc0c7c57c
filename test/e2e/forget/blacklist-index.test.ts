import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type mongoose from 'mongoose';
import { forget, untilCompleted } from '../../support/forget.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { call } from '../../support/wire.ts';

const INDEXES: [string, mongoose.mongo.CreateIndexesOptions | null][] = [
  ['no unique index', null],
  ['a unique index on numbers', { unique: true, partialFilterExpression: { number: { $exists: true } } }],
  ['a unique index on everything', { unique: true }],
];

/** Many platforms let a number stand on their list once. Lethe's own row must not fail on that. */
describe.each(INDEXES)('a blacklist with %s', (_name, options) => {
  let platform: Platform;
  let url: string;
  let key: string;
  let owner: unknown;

  beforeAll(async () => {
    platform = await openPlatform('list-index');
    await indexPlatform(platform.core.db);
    if (options) await list().createIndex({ number: 1, account_id: 1 }, options);
    ({ url } = await platform.startApi());
    await platform.startWorker();
    const made = await platform.account();
    [key, owner] = [made.key, made.account.records_id];
  });
  afterEach(async () => {
    expect(JSON.stringify(await list().find({}).toArray())).not.toContain('77009001');
  });
  afterAll(() => platform?.close());

  const list = () => platform.core.db.collection('blacklist');
  const own = (number: unknown) => list().insertOne({ account_id: owner, number, reason: 'STOP' });
  const ask = async (body: { number: number; blacklist?: boolean }) => {
    const reference = await forget(url, key, body);
    const during = await call(url, '/blacklist/check', { key, body: { number: body.number } });
    const done = await untilCompleted(platform, reference);
    const after = await call(url, '/blacklist/check', { key, body: { number: body.number } });
    const rows = await list()
      .find({ account_id: owner, token: done.token ?? '' })
      .toArray();
    return {
      failures: done.failures,
      during: during.body.blacklisted,
      after: after.body.blacklisted,
      rows: rows.length,
    };
  };

  it.each([
    ['as the digits', '447700900101', 447700900101],
    ['with a plus', '+447700900102', 447700900102],
    ['as a number', 447700900103, 447700900103],
  ])('the number is on it already, %s: suppressed all the time, and kept as a token', async (_form, stored, number) => {
    await own(stored);
    expect(await ask({ number })).toEqual({ failures: 0, during: true, after: true, rows: 1 });
  });

  it('twice on it, in two forms', async () => {
    await own('447700900104');
    await own('+447700900104');
    expect(await ask({ number: 447700900104 })).toEqual({ failures: 0, during: true, after: true, rows: 1 });
    expect(await list().countDocuments({ account_id: owner, masked: '44********04' })).toBe(1);
  });

  it('taken off it', async () => {
    await own('447700900105');
    expect(await ask({ number: 447700900105, blacklist: true })).toEqual({
      failures: 0,
      during: true,
      after: false,
      rows: 0,
    });
  });

  it('put on it again by the platform, beside the token that was kept', async () => {
    await own('447700900106');
    expect(await ask({ number: 447700900106 })).toMatchObject({ after: true, rows: 1 });
    await own('447700900106');
    expect(await ask({ number: 447700900106 })).toEqual({ failures: 0, during: true, after: true, rows: 1 });
  });

  it('two at once, the same request', async () => {
    await own('447700900107');
    await insertRecords(platform.core.db, owner, '447700900107', { sent: 1 });
    const [one, two] = await Promise.all([ask({ number: 447700900107 }), ask({ number: 447700900107 })]);
    expect([one, two]).toEqual(Array(2).fill({ failures: 0, during: true, after: true, rows: 1 }));
  });
});

it('a list that takes no row, for whatever reason: nothing is accepted, and nothing is said to be', async () => {
  const platform = await openPlatform('list-refuses');
  try {
    await indexPlatform(platform.core.db);
    const list = platform.core.db.collection('blacklist');
    await list.createIndex({ account_id: 1, reason: 1 }, { unique: true });
    const { url } = await platform.startApi();
    const { key, account } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, '447700900108', { sent: 1 });
    // Somebody else's, who has the only row of this reason.
    await list.insertOne({ account_id: account.records_id, number: '447700900109', reason: 'gdpr_forget' });
    const answer = await call(url, '/gdpr/forget', { key, body: { number: 447700900108 } });
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(await platform.core.db.collection('lethe_requests').countDocuments({})).toBe(0);
  } finally {
    await platform.close();
  }
});
