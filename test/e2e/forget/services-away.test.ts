import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { expectStatuses } from '../../support/expect-status.ts';
import { untilCompleted } from '../../support/forget.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { call } from '../../support/wire.ts';

const NOWHERE = '127.0.0.1:1';

describe('the forget door while a service is away', () => {
  let platform: Platform;
  let key: string;
  let owner: unknown;
  beforeAll(async () => {
    platform = await openPlatform('e2e-away');
    await indexPlatform(platform.core.db);
    const made = await platform.account();
    [key, owner] = [made.key, made.account.records_id];
  });
  afterAll(() => platform?.close());

  const requests: [string, string, object | undefined][] = [
    ['POST', '/gdpr/forget', { number: 447700900123 }],
    ['POST', '/gdpr/forget', { number: 447700900123, sandbox: true }],
    ['GET', '/gdpr/status?date=yesterday', undefined],
    ['POST', '/blacklist/check', { number: 447700900123 }],
  ];
  it('no MongoDB: 503 with Retry-After for everything that needs it, and no word of why', async () => {
    const { url } = await platform.startApi({ MONGODB_URI: `mongodb://${NOWHERE}/?replicaSet=rs0` });
    const answers = await Promise.all(
      requests.map(([method, path, body]) => call(url, path, { method, key, ...(body && { body }) })),
    );
    for (const answer of answers) {
      expect([answer.status, answer.body]).toEqual([
        503,
        { error: { code: 503, msg: 'The database cannot keep a promise just now. Try again.' } },
      ]);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
  });

  it('no Redis: accepted, suppressed and durable all the same, and erased once there is a queue', async () => {
    await insertRecords(platform.core.db, owner, '447700900123', { sent: 2 });
    const { url } = await platform.startApi({ REDIS_URL: `redis://${NOWHERE}`, RATE_LIMIT_PER_SECOND: '1' });
    const answers = [];
    // The limit is counted in Redis: without it nobody is refused.
    for (let count = 0; count < 3; count += 1)
      answers.push(await call(url, '/gdpr/forget', { key, body: { number: 447700900123 } }));
    expectStatuses(answers, [200, 200, 200]);
    const reference = String(answers[0]?.body.reference);
    expect(answers.map((answer) => answer.body.reference)).toEqual(Array(3).fill(reference));
    expect(await requestsOf(platform.core.db).countDocuments({ reference, state: 'accepted' })).toBe(1);
    const check = await call(url, '/blacklist/check', { key, body: { number: 447700900123 } });
    expect(check.body).toEqual({ blacklisted: true });
    const status = await call(url, `/gdpr/status?reference=${reference}`, { key });
    expect(status.body).toMatchObject({ status: 'SUCCESS', state: 'accepted' });

    await platform.startWorker();
    expect((await untilCompleted(platform, reference)).erased).toEqual({ sent_sms: 2 });
  });
});
