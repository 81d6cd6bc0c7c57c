import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { numbersFrom } from '../../support/numbers.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { type Answer, type Call, call, sendRaw } from '../../support/wire.ts';

/** No worker runs here: what is asserted holds before any erasure has begun. */
describe('POST /gdpr/forget', () => {
  let platform: Platform;
  let url: string;
  let key: string;
  let account: Awaited<ReturnType<Platform['account']>>['account'];
  const nextNumber = numbersFrom(447700900100);

  beforeAll(async () => {
    platform = await openPlatform('e2e-forget');
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
    ({ account, key } = await platform.account());
  });
  afterAll(() => platform?.close());

  const onRecord = async (digits: number = nextNumber()): Promise<number> => {
    await insertRecords(platform.core.db, account.records_id, String(digits), { sent: 1 });
    return digits;
  };
  const rowsOf = (digits: number) =>
    platform.core.db
      .collection('blacklist')
      .find({ account_id: account.records_id, number: String(digits) })
      .toArray();

  /** The documented answer, and both promises made with it. */
  const expectAccepted = async (answer: Answer, digits: number): Promise<void> => {
    expectStatus(answer, 200);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(Object.keys(answer.body)).toEqual(['status', 'msg', 'reference', 'created_at']);
    expect(answer.body).toEqual({
      status: 'SUCCESS',
      msg: 'Your request has been accepted',
      reference: expect.stringMatching(/^[A-Za-z0-9]{15}$/),
      created_at: expect.any(Number),
    });
    const request = await requestsOf(platform.core.db).findOne({
      account_id: account._id,
      reference: String(answer.body.reference),
    });
    expect(answer.body.created_at).toBe(Math.floor((request?.created_at.getTime() ?? 0) / 1000));
    expect(JSON.stringify(request)).not.toContain(String(digits));
    expect(await rowsOf(digits)).toEqual([
      {
        _id: expect.anything(),
        account_id: account.records_id,
        number: String(digits),
        token: request?.token,
        masked: `44********${String(digits).slice(-2)}`,
        reason: 'gdpr_forget',
        created_at: request?.created_at,
      },
    ]);
    const check = await call(url, '/blacklist/check', { key, body: { number: digits } });
    expect(check.body).toEqual({ blacklisted: true });
  };

  describe('as the source document sends it', () => {
    it("curl's bytes: Bearer, JSON over three lines, labelled as a form", async () => {
      const digits = await onRecord(447000000123);
      const body = '{\n    "number": 447000000123\n  }';
      const answer = await sendRaw(
        url,
        `POST /gdpr/forget HTTP/1.1\r\nHost: api.example.org\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n` +
          `Authorization: Bearer ${key}\r\nContent-Length: ${body.length}\r\n` +
          `Content-Type: application/x-www-form-urlencoded\r\n\r\n${body}`,
      );
      await expectAccepted(answer, digits);
    });

    it("PHP's bytes: the bare key, JSON on one line, labelled as a form, no user agent", async () => {
      const digits = await onRecord();
      const body = `{"number":${digits}}`;
      const answer = await sendRaw(
        url,
        `POST /gdpr/forget HTTP/1.1\r\nHost: api.example.org\r\nAccept: */*\r\nAuthorization: ${key}\r\n` +
          `Content-Length: ${body.length}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n${body}`,
      );
      await expectAccepted(answer, digits);
    });

    it('a body in chunks, of no said length', async () => {
      const digits = await onRecord();
      const answer = await sendRaw(
        url,
        `POST /gdpr/forget HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nTransfer-Encoding: chunked\r\n\r\n` +
          `a\r\n{"number":\r\nd\r\n${digits}}\r\n0\r\n\r\n`,
      );
      await expectAccepted(answer, digits);
    });
  });

  const form = (digits: number) => {
    const made = new FormData();
    made.set('number', String(digits));
    made.set('blacklist', 'false');
    return made;
  };
  const json = (digits: number) => JSON.stringify({ number: digits });
  const bodies: [string, (digits: number) => Call][] = [
    ['fetch with a string, labelled text/plain', (n) => ({ body: json(n) })],
    ['JSON with a charset', (n) => ({ body: json(n), headers: { 'content-type': 'application/json; charset=utf-8' } })],
    ['JSON that is no type at all', (n) => ({ body: Buffer.from(json(n)) })],
    [
      'JSON behind a byte order mark',
      (n) => ({ body: `\ufeff${json(n)}`, headers: { 'content-type': 'application/json' } }),
    ],
    ['JSON labelled multipart', (n) => ({ body: json(n), headers: { 'content-type': 'multipart/form-data' } })],
    ['JSON labelled nonsense', (n) => ({ body: json(n), headers: { 'content-type': ';;=' } })],
    ['the number as a string', (n) => ({ body: { number: String(n) } })],
    ['real form fields', (n) => ({ body: new URLSearchParams({ number: String(n) }) })],
    ['a multipart form', (n) => ({ body: form(n) })],
    ['a gzipped body', (n) => ({ body: gzipSync(json(n)), headers: { 'content-encoding': 'gzip' } })],
    ['the largest body there may be', (n) => ({ body: json(n).padEnd(10_240) })],
  ];
  it.each(bodies)('takes %s', async (_name, make) => {
    const digits = await onRecord();
    await expectAccepted(await call(url, '/gdpr/forget', { key, ...make(digits) }), digits);
  });

  const basic = (whole: string) => `Basic ${Buffer.from(whole.replace('.', ':')).toString('base64')}`;
  const authorizations: [string, (whole: string) => string][] = [
    ['Bearer', (whole) => `Bearer ${whole}`],
    ['bearer in lower case', (whole) => `bearer ${whole}`],
    ['two spaces', (whole) => `Bearer  ${whole}`],
    ['the bare key', (whole) => whole],
    ['Basic', basic],
  ];
  it.each(authorizations)('knows a caller by %s', async (_name, write) => {
    const digits = await onRecord();
    const answer = await call(url, '/gdpr/forget', {
      headers: { authorization: write(key) },
      body: { number: digits },
    });
    await expectAccepted(answer, digits);
  });

  const flags: [unknown, boolean][] = [
    [undefined, true],
    [false, true],
    ['false', true],
    [0, true],
    ['0', true],
    [true, false],
    ['true', false],
    [1, false],
    ['1', false],
  ];
  it.each(flags)('blacklist %j: the suppression is kept: %j', async (blacklist, kept) => {
    const digits = await onRecord();
    const answer = await call(url, '/gdpr/forget', { key, body: { number: digits, blacklist } });
    await expectAccepted(answer, digits);
    const request = await requestsOf(platform.core.db).findOne({
      account_id: account._id,
      reference: String(answer.body.reference),
    });
    expect(request?.keep_suppression).toBe(kept);
  });

  it('takes the flag from a form, too', async () => {
    const digits = await onRecord();
    const body = new URLSearchParams({ number: String(digits), blacklist: 'true' });
    const answer = await call(url, '/gdpr/forget', { key, body });
    const request = await requestsOf(platform.core.db).findOne({
      account_id: account._id,
      reference: String(answer.body.reference),
    });
    expect(request?.keep_suppression).toBe(false);
  });

  it('gives a reference to a request that no other has', async () => {
    const references = new Set<unknown>();
    for (let count = 0; count < 20; count += 1) {
      const answer = await call(url, '/gdpr/forget', { key, body: { number: await onRecord() } });
      references.add(answer.body.reference);
    }
    expect(references.size).toBe(20);
  });
});
