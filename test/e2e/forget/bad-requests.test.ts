import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectStatus } from '../../support/expect-status.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { insertRecords } from '../../support/records.ts';
import { type Answer, call, sendRaw } from '../../support/wire.ts';

const DIGITS = '447700900123';

describe('requests that are wrong as such', () => {
  let platform: Platform;
  let url: string;
  let key: string;

  beforeAll(async () => {
    platform = await openPlatform('e2e-requests', { RATE_LIMIT_PER_SECOND: '0' });
    ({ url } = await platform.startApi());
    const made = await platform.account();
    key = made.key;
    await insertRecords(platform.core.db, made.account.records_id, DIGITS, { sent: 1 });
  });
  afterAll(() => platform?.close());

  const expectRefused = (answer: Answer, status: number, msg: string) => {
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: { error: { code: status, msg } } });
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.text).not.toContain(DIGITS);
  };

  const methods: [string, string, string][] = [
    ['GET', '/gdpr/forget', 'POST'],
    ['PUT', '/gdpr/forget', 'POST'],
    ['DELETE', '/gdpr/forget', 'POST'],
    ['PATCH', '/gdpr/forget', 'POST'],
    ['OPTIONS', '/gdpr/forget', 'POST'],
    ['DELETE', '/gdpr/status', 'GET, HEAD, POST'],
    ['GET', '/blacklist/check', 'POST'],
  ];
  it.each(methods)('%s %s: 405, and which methods there are', async (method, path, allow) => {
    const answer = await call(url, path, { method, key });
    expectRefused(answer, 405, 'Method not allowed');
    expect(answer.headers.allow).toBe(allow);
  });

  const unknown = [
    '/gdpr',
    '/gdpr/forgot',
    `/gdpr/forget/${DIGITS}`,
    `/${DIGITS}`,
    '/gdpr/../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/gdpr%2Fforget',
    '//gdpr/forget',
    '/.env',
    '/constructor',
    '/blacklist/__proto__',
  ];
  it.each(unknown)('%s: 404', async (path) => {
    expectRefused(await call(url, path, { key, body: { number: DIGITS } }), 404, 'Not found');
    const bare = await call(url, path, { body: { number: DIGITS } });
    expect([401, 404]).toContain(bare.status);
    expect(bare.body.error).toBeDefined();
  });

  it.each(['/gdpr/%zz', '/%ff', `/${DIGITS}%`])('%s, which cannot be decoded: 404', async (path) => {
    expectRefused(await call(url, path, { key }), 404, 'Not found');
  });

  const raw: [string, (key: string) => string, number][] = [
    ['a line that is no request', () => `number=${DIGITS}\r\n\r\n`, 400],
    ['a method nobody knows', () => 'FORGET /gdpr/forget HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['no host, no key', () => 'GET /gdpr/status HTTP/1.1\r\n\r\n', 401],
    ['a header without a name', () => `GET / HTTP/1.1\r\nHost: x\r\n: ${DIGITS}\r\n\r\n`, 400],
    ['a header with a zero byte', () => `GET / HTTP/1.1\r\nHost: x\r\nA: \0${DIGITS}\r\n\r\n`, 400],
    ['a length that is no number', () => 'POST /gdpr/forget HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n', 400],
    [
      'a length and chunks at once',
      () => `POST /gdpr/forget HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    [
      'chunks that are none',
      (k) =>
        `POST /gdpr/forget HTTP/1.1\r\nHost: x\r\nAuthorization: ${k}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n${DIGITS}\r\n`,
      400,
    ],
    ['headers of 20 kB', () => `GET / HTTP/1.1\r\nHost: x\r\nA: ${DIGITS.repeat(1_700)}\r\n\r\n`, 431],
    ['an expectation nobody knows', () => 'GET / HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n', 417],
  ];
  it.each(raw)('%s', async (_name, write, status) => {
    const answer = await sendRaw(url, write(key));
    expectStatus(answer, status);
    expectRefused(answer, status, String((answer.body.error as { msg?: string } | undefined)?.msg));
  });

  it('a connection goes on after a refusal', async () => {
    const one = `GET /gdpr/forget HTTP/1.1\r\nHost: x\r\nAuthorization: ${key}\r\n\r\n`;
    const answer = await sendRaw(url, one);
    expect(answer.headers.connection).toBe('keep-alive');
  });

  it('a key that was revoked: 401 from then on', async () => {
    const made = await platform.account();
    await insertRecords(platform.core.db, made.account.records_id, DIGITS, { sent: 1 });
    const ask = () => call(url, '/blacklist/check', { key: made.key, body: { number: DIGITS } });
    expectStatus(await ask(), 200);
    expect(await platform.core.keys.revoke(made.keyId, new Date())).toMatchObject({ _id: made.keyId });
    expectRefused(await ask(), 401, 'Unauthorized');
    expectRefused(await call(url, '/gdpr/forget', { key: made.key, body: { number: DIGITS } }), 401, 'Unauthorized');
  });

  describe('too many', () => {
    it('429 with Retry-After for the one account, and nothing for the others', async () => {
      const api = await platform.startApi({ RATE_LIMIT_PER_SECOND: '2' });
      const [one, other] = [await platform.account(), await platform.account()];
      await insertRecords(platform.core.db, one.account.records_id, DIGITS, { sent: 1 });
      const ask = (whose: string) => call(api.url, '/gdpr/status?date=yesterday', { key: whose });
      const began = Math.floor(Date.now() / 1000);
      const answers = await Promise.all(Array.from({ length: 40 }, () => ask(one.key)));
      // Each second that was touched has room for two.
      const room = 2 * (Math.floor(Date.now() / 1000) - began + 1);
      const refused = answers.filter((answer) => answer.status === 429);
      expect(refused.length).toBeGreaterThanOrEqual(Math.max(1, 40 - room));
      for (const answer of refused) {
        expectRefused(answer, 429, 'Too many requests');
        expect(answer.headers['retry-after']).toBe('1');
      }
      expect(answers.filter((answer) => answer.status === 404).length).toBe(40 - refused.length);
      expectStatus(await ask(other.key), 404);
      expectRefused(await call(api.url, '/gdpr/status?date=yesterday', { key: `${one.key}x` }), 401, 'Unauthorized');
    });
  });
});
