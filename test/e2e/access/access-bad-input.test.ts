import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { insertRecords } from '../../support/records.ts';
import { snapshotDatabase, snapshotRedis } from '../../support/snapshot.ts';
import { type Answer, call } from '../../support/wire.ts';

const NUMBER = '447700900123';
const LONG = 'x'.repeat(10_000);
const UNKNOWN = '00000000-0000-4000-8000-000000000000';

/** The number is on record, so that each of these would give something out if it were read as what it is not. */
describe('subject access: input that is refused', () => {
  let platform: Platform;
  let url: string;
  let key: string;
  let keyId: string;
  let before: unknown;
  const snapshot = async () => [await snapshotDatabase(platform), await snapshotRedis(platform)];

  beforeAll(async () => {
    platform = await openPlatform('e2e-access-bad', { RATE_LIMIT_PER_SECOND: '0' });
    ({ url } = await platform.startApi());
    const made = await platform.account();
    ({ key, keyId } = made);
    await insertRecords(platform.core.db, made.account.records_id, NUMBER, { contacts: 1, sent: 2, received: 1 });
    before = await snapshot();
  });
  // Nothing is given out, so nothing is audited; and no report is opened.
  afterEach(async () => {
    expect(await snapshot()).toEqual(before);
  });
  afterAll(() => platform?.close());

  const expectRefused = (answer: Answer, status: number, code = status): string => {
    const msg = String((answer.body.error as { msg?: unknown } | undefined)?.msg);
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: { error: { code, msg } } });
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.text).not.toMatch(
      /\bat .*:\d+|node_modules|\.ts\b|Error:|Mongo|Zod|undefined|\[object|\$|7700900|xxxx/,
    );
    return msg;
  };

  const queries: [string, string, RegExp, number?][] = [
    ['no id', '/search/message', /^id /],
    ['an empty id', '/search/message?id=', /id must not be empty/],
    ['an id given twice', '/search/message?id=s0&id=s1', /id must be given once/],
    ['an id that is an operator object', '/search/message?id[$ne]=', /not known here$/],
    ['an id of 10,000 characters', `/search/message?id=${LONG}`, /id must have 200 characters at most/],
    ['an id that is a number of the account', `/search/message?id=${NUMBER}`, /No records found/, 404],
    ['__proto__', '/search/message?__proto__[id]=s0&__proto__=s0', /__proto__ is not known here$/],
    ['nothing to search for', '/search/messages', /^ids are needed/],
    ['a number alone', `/search/messages?to=${NUMBER}`, /^ids are needed/],
    ['a day alone', '/search/messages?date=2026-01-01', /^to is needed beside date/],
    ['a day and a wrong number', '/search/messages?date=2026-01-01&to=07700900123', /^to must begin with/],
    ['a day that is none', `/search/messages?date=2026-02-30&to=${NUMBER}`, /^date must be a day/],
    ['a day in words', `/search/messages?date=yesterday&to=${NUMBER}`, /^date must be a day/],
    ['a day that is an operator', `/search/messages?date[$gt]=&to=${NUMBER}`, /not known here$/],
    ['a day given twice', `/search/messages?date=2026-01-01&date=2026-01-02&to=${NUMBER}`, /^date must be a day/],
    ['eleven ids', `/search/messages?${'ids=a&'.repeat(11)}`, /^ids must be 10 at most/],
    ['an id too long among ids', `/search/messages?ids=a&ids=${LONG}`, /^ids must/],
    ['ids beside dates', '/search/messages?ids=a&date_start=2026-01-01', /^ids cannot stand beside dates/],
    ['a day beside a range', `/search/messages?date=2026-01-01&to=${NUMBER}&date_end=2026-01-02`, /^date cannot stand/],
    ['a range turned round', '/search/messages?date_start=2026-01-02&date_end=2026-01-01', /^date_end must be later/],
    [
      'an empty range',
      '/search/messages?date_start=2026-01-02T00:00:00Z&date_end=2026-01-02T00:00:00Z',
      /^date_end must/,
    ],
    ['a moment that is none', '/search/messages?date_start=2026-01-02T25:00:00Z', /^date_start must be a day/],
    ['a range in words', '/search/messages?date_start=last%20week', /^date_start must be a day/],
    ['no number', '/gdpr/access', /^number is missing/],
    ['an empty number', '/gdpr/access?number=', /^number is missing/],
    ['a number with a plus', `/gdpr/access?number=%2B${NUMBER}`, /^number must be an integer/],
    ['a number with a plus that became a space', `/gdpr/access?number=+${NUMBER}`, /^number must be an integer/],
    ['the national form', '/gdpr/access?number=07700900123', /^number must begin with/],
    ['another country', '/gdpr/access?number=33199000123', /^number must begin with/],
    ['digits that are no number', '/gdpr/access?number=447', /^number is not a possible/],
    ['a number given twice', `/gdpr/access?number=${NUMBER}&number=${NUMBER}`, /^number must be an integer/],
    ['a number that is an operator', `/gdpr/access?number[$ne]=`, /not known here$/],
    ['a number of 10,000 characters', `/gdpr/access?number=${LONG}`, /^number must be an integer/],
    ['an unknown product', '/v2/reports/records?product=pigeon', /^product must be one of sms, /],
    ['two products', '/v2/reports/records?product=sms&product=voice', /^product must be given once/],
    ['an unknown direction', '/v2/reports/records?direction=up', /^direction must be outbound or inbound/],
    ['a number that is none', '/v2/reports/records?to=44770090012300000', /^to must be a possible phone number/],
    ['a sender with an operator in it', '/v2/reports/records?from=%24ne', /^from must be a possible phone number/],
    [
      'a report turned round',
      '/v2/reports/records?date_start=2026-02-01&date_end=2026-01-01',
      /^date_end must be later/,
    ],
    ['no limit', '/v2/reports/records?limit=0', /^limit must be a whole number from 1 to 50000$/],
    ['too high a limit', '/v2/reports/records?limit=50001', /^limit must be a whole number from 1 to 50000$/],
    ['a limit that is a float', '/v2/reports/records?limit=1.5', /^limit must be a whole number/],
    ['a foreign cursor', '/v2/reports/records?cursor=abc', /^cursor is not one/],
    ['a long cursor', `/v2/reports/records?cursor=${LONG}`, /^cursor must have 2000/],
    ['a flag that is none', '/v2/reports/records?include_message=perhaps', /^include_message must be true or false/],
    ['eleven ids of records', `/v2/reports/records?${'id=a&'.repeat(11)}`, /^id must be 10 at most/],
    ['no report', `/v2/reports/${UNKNOWN}`, /no such report/, 404],
    ['no id of a report', '/v2/reports/7700900123', /no such report/, 404],
    ['a report of 10,000 characters', `/v2/reports/${LONG}`, /no such report/, 404],
    ['a way out of the folder', '/v2/reports/..%2F..%2Fetc%2Fpasswd/file', /no such report/, 404],
    ['the file of no report', `/v2/reports/${UNKNOWN}/file`, /no such report/, 404],
    ['nothing below a report', `/v2/reports/${UNKNOWN}/else`, /Not found/, 404],
  ];
  it.each(queries)('%s', async (_name, path, says, status = 400) => {
    const answer = await call(url, path, { key });
    expect(expectRefused(answer, status, path.startsWith('/search') && status === 404 ? 77 : status)).toMatch(says);
  });

  const bodies: [string, unknown, RegExp][] = [
    ['broken JSON', '{"product":"sms"', /not JSON/],
    ['null', 'null', /must be an object/],
    ['a list', '[]', /must be an object/],
    ['an unknown product', { product: 'pigeon' }, /^product must be one of/],
    ['a product that is an operator', { product: { $ne: null } }, /^product must be given once/],
    ['a product that is null', { product: null }, /^product/],
    ['a status that is an operator', { status: { $gt: '' } }, /^status/],
    ['a status that is a number', { status: NUMBER }, /^status must not hold/],
    ['a sender with a number in its name', { from: `x${NUMBER}` }, /^from must be a possible/],
    ['a sender with a number beside its name', { to: 'To 44770090012' }, /^to must be a possible/],
    ['a number that is an operator', { to: { $ne: null } }, /^to must be a number or a sender/],
    ['a number in a list', { to: [NUMBER] }, /^to must be a number or a sender/],
    ['a number that is a float', { to: 447700900123.5 }, /^to must be a possible/],
    ['another format', { format: 'xlsx' }, /^format must be csv or json/],
    ['a format that is a number', { format: 7 }, /^format must be csv or json/],
    ['a date that is a number', { date_start: 1767225600 }, /^date_start must be a day/],
    ['a date that is an operator', { date_end: { $gt: '' } }, /^date_end must be a day/],
    ['a range turned round', { date_start: '2026-02-01', date_end: '2026-01-01' }, /^date_end must be later/],
    ['a flag that is none', { include_message: 'yes' }, /^include_message must be/],
  ];
  it.each(bodies)('a report asked for with %s', async (_name, body, says) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    expect(expectRefused(await call(url, '/v2/reports', { key, body: text }), 400)).toMatch(says);
  });

  it('a body of a megabyte', async () => {
    const body = JSON.stringify({ product: 'sms', more: 'x'.repeat(1_000_000) });
    expectRefused(await call(url, '/v2/reports', { key, body }), 413);
  });

  const paths = [
    '/search/message?id=s0',
    '/search/messages?ids=s0',
    `/gdpr/access?number=${NUMBER}`,
    '/v2/reports/records',
    `/v2/reports/${UNKNOWN}`,
    `/v2/reports/${UNKNOWN}/file`,
  ];
  it.each(paths)('without a live key: %s', async (path) => {
    const revoked = await platform.core.keys.create({
      account: (await platform.core.accounts.list())[0]?._id ?? '',
      now: new Date(),
    });
    if (!revoked) throw new Error('no key');
    await platform.core.keys.revoke(revoked.key._id, new Date());
    const given = [
      undefined,
      'Bearer',
      'Bearer nonsense',
      `Bearer ${keyId}.${'A'.repeat(43)}`,
      `Bearer ${revoked.whole}`,
      `Basic ${Buffer.from(`${keyId}:`).toString('base64')}`,
    ];
    for (const authorization of given) {
      const answer = await call(url, path, { ...(authorization && { headers: { authorization } }) });
      expectRefused(answer, 401);
    }
    await platform.core.db.collection('lethe_keys').deleteOne({ _id: revoked.key._id as never });
  });

  it.each([
    ['POST', '/search/message?id=s0', 'GET, HEAD'],
    ['DELETE', '/search/messages?ids=s0', 'GET, HEAD'],
    ['PUT', `/gdpr/access?number=${NUMBER}`, 'GET, HEAD, POST'],
    ['DELETE', '/v2/reports/records', 'GET, HEAD'],
    ['GET', '/v2/reports', 'POST'],
    ['PUT', `/v2/reports/${UNKNOWN}`, 'GET, HEAD, DELETE'],
    ['DELETE', `/v2/reports/${UNKNOWN}/file`, 'GET, HEAD'],
  ])('405: %s %s', async (method, path, allow) => {
    const answer = await call(url, path, { key, method });
    expectRefused(answer, 405);
    expect(answer.headers.allow).toBe(allow);
  });
});
