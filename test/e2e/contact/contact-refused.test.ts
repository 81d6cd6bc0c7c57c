import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ERRORS } from '../../../src/base/errors.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { openProcesses } from '../../support/processes.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { snapshotDatabase } from '../../support/snapshot.ts';
import { call, sendRaw } from '../../support/wire.ts';

const DIGITS = '447700900123';

describe('erasing a contact: what is refused', () => {
  let platform: Platform;
  let url: string;
  let key: string;
  let keyId: string;
  let account: string;
  const processes = openProcesses();

  beforeAll(async () => {
    platform = await openPlatform('e2e-contact-refused');
    await indexPlatform(platform.core.db);
    const made = await platform.account();
    ({ key, keyId } = made);
    account = made.account._id;
    await insertRecords(platform.core.db, account, DIGITS, { sent: 2, received: 2, calls: 2 });
    ({ url } = await platform.startApi());
  });
  afterAll(async () => {
    await processes.endAll();
    await platform?.close();
  });

  let before: Awaited<ReturnType<typeof snapshotDatabase>>;
  beforeEach(async () => {
    before = await snapshotDatabase(platform);
  });
  const expectUnchanged = async () => expect(await snapshotDatabase(platform)).toEqual(before);

  /** A request line as it goes over the wire: `fetch` would tidy up the path. */
  const raw = (method: string, path: string, headers: string[] = [`Authorization: Bearer ${key}`], body = '') =>
    sendRaw(
      url,
      [`${method} ${path} HTTP/1.1`, 'Host: api.example', ...headers, `Content-Length: ${body.length}`, '', body].join(
        '\r\n',
      ),
    );
  const paths = (path: string) => raw('DELETE', path);

  it.each([
    ['nothing', '/v1/contacts/'],
    ['nothing, without a slash', '/v1/contacts'],
    ['a plus', '/v1/contacts/+'],
    ['a plus, escaped', '/v1/contacts/%2B'],
    ['six digits', '/v1/contacts/+447700'],
    ['sixteen digits', '/v1/contacts/+4477009001231234'],
    ['a zero first', '/v1/contacts/+0447700900123'],
    ['the national form', '/v1/contacts/07700900123'],
    ['two zeros', '/v1/contacts/00447700900123'],
    ['a trunk zero inside', '/v1/contacts/+4407700900123'],
    ['letters', '/v1/contacts/+44770O900123'],
    ['a word', '/v1/contacts/all'],
    ['two pluses', '/v1/contacts/++447700900123'],
    ['a plus that became a space', '/v1/contacts/%20447700900123'],
    ['spaces', '/v1/contacts/+44%207700%20900123'],
    ['an escape of an escape', '/v1/contacts/%252B447700900123'],
    ['a broken escape', '/v1/contacts/%ZZ447700900123'],
    ['half a character', '/v1/contacts/%ff447700900123'],
    ['a NUL', '/v1/contacts/+447700900123%00'],
    ['a line break', '/v1/contacts/+447700900123%0A'],
    ['digits of another script', `/v1/contacts/${encodeURIComponent('+٤٤٧٧٠٠٩٠٠١٢٣')}`],
    ['an operator', `/v1/contacts/${encodeURIComponent('{"$ne":null}')}`],
    ['a pattern', `/v1/contacts/${encodeURIComponent('.*')}`],
    ['__proto__', '/v1/contacts/__proto__'],
    ['ten thousand digits', `/v1/contacts/+${'4'.repeat(10_000)}`],
    ['null', '/v1/contacts/null'],
    ['a float', '/v1/contacts/447700900123.5'],
    ['an escaped slash', '/v1/contacts/447700900123%2Fx'],
  ])('%s is INVALID_ARGUMENT', async (_what, path) => {
    const answer = await paths(path);
    expectStatus(answer, 400);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.body).toEqual({ error_code: 'INVALID_ARGUMENT', message: expect.any(String) });
    expect(answer.text.replace(/\D{1,3}/g, '')).not.toMatch(/4{3}|7700|900123/);
    await expectUnchanged();
  });

  const basic = (pair: string) => `Authorization: Basic ${Buffer.from(pair).toString('base64')}`;
  it.each([
    ['none', () => []],
    ['an empty one', () => ['Authorization: ']],
    ['no secret', () => [`Authorization: Bearer ${keyId}`]],
    ['a wrong secret', () => [`Authorization: Bearer ${keyId}.${'A'.repeat(43)}`]],
    ['an unknown id', () => [`Authorization: Bearer ${'A'.repeat(16)}.${key.split('.')[1]}`]],
    ['another scheme', () => [`Authorization: Token ${key}`]],
    ['an operator', () => [basic('{"$ne":null}:{"$ne":null}')]],
    ['a key in the query only', () => [], `?api_key=KEY`],
  ])('a key that is %s is UNAUTHORIZED, whatever the path', async (_what, headers, query = '') => {
    for (const path of [`/v1/contacts/+${DIGITS}`, '/v1/contacts/nonsense', '/v1/contacts']) {
      const answer = await raw('DELETE', path + query.replace('KEY', key), headers());
      expectStatus(answer, 401);
      expect(answer.body).toEqual({ error_code: 'UNAUTHORIZED', message: expect.any(String) });
    }
    await expectUnchanged();
  });

  it('a revoked key is UNAUTHORIZED', async () => {
    const made = await platform.core.keys.create({ account, now: new Date() });
    await platform.core.keys.revoke(made?.key._id ?? '', new Date());
    before = await snapshotDatabase(platform);
    const answer = await raw('DELETE', `/v1/contacts/+${DIGITS}`, [`Authorization: Bearer ${made?.whole}`]);
    expect(answer.body.error_code).toBe('UNAUTHORIZED');
    await expectUnchanged();
  });

  it.each(['GET', 'POST', 'PUT', 'PATCH'])('%s is not a method of it', async (method) => {
    const answer = await raw(method, `/v1/contacts/+${DIGITS}`);
    expectStatus(answer, 405);
    expect(answer.headers.allow).toBe('DELETE');
    expect(answer.body).toEqual({ error_code: 'METHOD_NOT_ALLOWED', message: expect.any(String) });
    await expectUnchanged();
  });

  it.each([
    ['below it', 'DELETE', `/v1/contacts/+${DIGITS}/calls`],
    ['the list', 'GET', '/v1/contacts'],
  ])('there is nothing %s: NOT_FOUND', async (_what, method, path) => {
    const answer = await raw(method, path);
    expectStatus(answer, 404);
    expect(answer.body).toEqual({ error_code: 'NOT_FOUND', message: expect.any(String) });
    await expectUnchanged();
  });

  it('a body over 10 kB is refused, and any that says something', async () => {
    const large = await call(url, `/v1/contacts/+${DIGITS}`, { method: 'DELETE', key, body: 'x'.repeat(1_048_576) });
    expectStatus(large, 413);
    expect(large.body).toEqual({ error_code: 'PAYLOAD_TOO_LARGE', message: expect.any(String) });
    await expectUnchanged();
    for (const body of ['{broken', '{"__proto__":{"a":1}}', '[]', '7', '{"e164":{"$ne":null}}']) {
      const answer = await raw('DELETE', `/v1/contacts/${DIGITS}`, undefined, body);
      expect(answer.body).toEqual({ error_code: 'INVALID_ARGUMENT', message: expect.any(String) });
    }
    await expectUnchanged();
    for (const body of ['', 'null', '{}']) {
      const answer = await raw('DELETE', '/v1/contacts/447700900888', undefined, body);
      expect(answer.body).toEqual({ erased: true, e164: '+447700900888', records_affected: 0 });
    }
  });

  it('too many calls a second are RATE_LIMITED, with a time to wait', async () => {
    const limited = await platform.startApi({ RATE_LIMIT_PER_SECOND: '1' });
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => call(limited.url, '/v1/contacts/447700900888', { method: 'DELETE', key })),
    );
    const refused = answers.filter((answer) => answer.status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.body).toEqual({ error_code: 'RATE_LIMITED', message: expect.any(String) });
    expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('a history too large for one transaction is UNAVAILABLE, and nothing of it is changed', async () => {
    const small = await platform.startApi({ CONTACT_ERASURE_LIMIT: '5' });
    const answer = await call(small.url, `/v1/contacts/%2B${DIGITS}`, { method: 'DELETE', key });
    expectStatus(answer, 503);
    expect(answer.body).toEqual({
      error_code: 'UNAVAILABLE',
      message: expect.stringMatching(/more than 5 .*nothing was changed/i),
    });
    await expectUnchanged();
    const enough = await platform.startApi({ CONTACT_ERASURE_LIMIT: '6' });
    const done = await call(enough.url, `/v1/contacts/%2B${DIGITS}`, { method: 'DELETE', key });
    expect(done.body.records_affected).toBe(6);
    // What is left to erase counts, not what was erased long ago.
    const again = await call(small.url, `/v1/contacts/%2B${DIGITS}`, { method: 'DELETE', key });
    expect(again.body).toMatchObject({ records_affected: 0 });
  });

  it('a number field that cannot be read is a failure, not a record skipped', async () => {
    const { account: other, key: theirs } = await platform.account();
    await insertRecords(platform.core.db, other._id, DIGITS, { sent: 1 });
    await platform.core.db
      .collection('calls')
      .insertOne({ account_id: other._id, from: { raw: DIGITS }, transcript: ['x'] });
    before = await snapshotDatabase(platform);
    const answer = await call(url, `/v1/contacts/%2B${DIGITS}`, { method: 'DELETE', key: theirs });
    expectStatus(answer, 409);
    expect(answer.body).toEqual({ error_code: 'NOT_REMOVABLE', message: ERRORS.not_removable.message });
    await expectUnchanged();
  });

  it('the reason in the audit is configuration', async () => {
    const { account: other, key: theirs } = await platform.account();
    const renamed = await platform.startApi({ CONTACT_ERASURE_REASON: 'ndpa_right_to_erasure' });
    await call(renamed.url, `/v1/contacts/%2B${DIGITS}`, { method: 'DELETE', key: theirs });
    expect(await platform.core.db.collection('lethe_audit').find({ account_id: other._id }).toArray()).toEqual([
      expect.objectContaining({ action: 'data.erasure', reason: 'ndpa_right_to_erasure', counts: {} }),
    ]);
  });

  it('the number is in no log, no metric and no error', async () => {
    const api = await processes.api({ ...platform.env, LOG_LEVEL: 'debug' });
    const canary = '447700900777';
    const asked = [
      ['DELETE', `/v1/contacts/%2B${canary}`],
      ['DELETE', `/v1/contacts/+${canary}`],
      ['DELETE', `/v1/contacts/${canary}`],
      ['DELETE', `/v1/contacts/+${canary}x`],
      ['DELETE', `/v1/contacts/%ZZ${canary}`],
      ['DELETE', `/v1/contacts/+${canary}/more`],
      ['GET', `/v1/contacts/+${canary}`],
    ] as const;
    for (const [method, path] of asked)
      await sendRaw(api.url, `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`);
    const metrics = await (await fetch(`${api.url}/metrics`)).text();
    expect(metrics).toContain('route="/v1/contacts/:e164"');
    api.signal('SIGTERM');
    await api.exited;
    const log = api.output();
    expect(log.split('\n').filter((line) => line.includes('"message":"http"')).length).toBeGreaterThanOrEqual(
      asked.length,
    );
    expect(log).toContain('/v1/contacts/:e164');
    expect(log + metrics).not.toContain(canary.slice(2));
  });
});
