import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { AUDIT } from '../../../src/ledger/audit/entry.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform } from '../../support/records.ts';
import { call } from '../../support/wire.ts';

const { Long, ObjectId } = mongoose.mongo;
const DIGITS = '447700900123';
const at = (text: string) => new Date(`2026-03-${text}Z`);

describe('the message search API', () => {
  let platform: Platform;
  let url: string;
  let key: string;
  let accountId: string;
  let recordsId: unknown;
  let otherKey: string;

  const message = (id: unknown, sentAt: Date, more: object = {}) => ({
    account_id: recordsId,
    message_id: id,
    to: DIGITS,
    from: 'ACME',
    body: `Body ${String(id)}`,
    status: 'delivered',
    network: '23410',
    price: '0.0333',
    sent_at: sentAt,
    ...more,
  });
  const search = (query: string, as = key) => call(url, `/search/${query}`, { key: as });
  const idsOf = (body: Readonly<Record<string, unknown>>) =>
    (body.items as { 'message-id': string }[]).map((item) => item['message-id']);

  beforeAll(async () => {
    platform = await openPlatform('e2e-search', { RATE_LIMIT_PER_SECOND: '0' });
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
    const made = await platform.account();
    ({ key } = made);
    accountId = made.account._id;
    recordsId = made.account.records_id;
    const other = await platform.account();
    otherKey = other.key;
    const { db } = platform.core;
    const forms = [DIGITS, `+${DIGITS}`, `00${DIGITS}`, '07700900123', '+44 7700 900123', Long.fromString(DIGITS)];
    await db
      .collection('sent_sms')
      .insertMany([
        ...forms.map((to, index) => message(`form${index}`, at(`05T1${index}:00:00`), { to })),
        message('before', at('04T23:59:59.999')),
        message('first', at('05T00:00:00')),
        message('last', at('05T23:59:59.999')),
        message('after', at('06T00:00:00')),
        message('someone', at('05T12:00:00'), { to: '447700900555' }),
        message(12345678, at('07T00:00:00')),
        message(new ObjectId('65f000000000000000000001'), at('07T00:00:01')),
        message('bare', at('07T00:00:02'), { status: null, network: undefined, price: undefined }),
      ]);
    await db.collection('received_sms').insertOne({
      account_id: recordsId,
      message_id: 'inbound',
      from: DIGITS,
      to: '447700900999',
      body: 'Hi',
      received_at: at('05T12:00:00'),
    });
    await db
      .collection('sent_sms')
      .insertOne({ ...message('theirs', at('05T12:00:00')), account_id: other.account.records_id });
  });
  afterAll(() => platform?.close());
  beforeEach(() => platform.core.db.collection(AUDIT).deleteMany({}));

  const audited = () =>
    platform.core.db
      .collection(AUDIT)
      .find({}, { projection: { _id: 0, action: 1, reason: 1, counts: 1, token: 1 } })
      .toArray();

  it('one message, in the shape that customers of that API know', async () => {
    const answer = await search('message?id=first');
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        'message-id': 'first',
        'account-id': accountId,
        network: '23410',
        from: 'ACME',
        to: DIGITS,
        body: 'Body first',
        price: '0.0333',
        'date-received': '2026-03-05 00:00:00',
        'final-status': 'delivered',
        status: 'delivered',
        type: 'MT',
      },
    ]);
    expect(await audited()).toEqual([{ action: 'data.access', reason: 'message_search', counts: { sent_sms: 1 } }]);
  });

  it('with Basic, too', async () => {
    const [id, secret] = key.split('.');
    const headers = { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
    expectStatus(await call(url, '/search/message?id=first', { headers }), 200);
  });

  it('what a record does not have is left out', async () => {
    const { body } = await search('message?id=bare');
    expect(Object.keys(body).sort()).toEqual(
      ['account-id', 'body', 'date-received', 'from', 'message-id', 'to', 'type'].sort(),
    );
  });

  it.each([
    ['a whole number', '12345678'],
    ['an ObjectId', '65f000000000000000000001'],
  ])('an id that is stored as %s', async (_name, id) => {
    expect((await search(`message?id=${id}`)).body['message-id']).toBe(id);
  });

  it.each([
    ['an id that nobody knows', 'nothing'],
    ['the id of an inbound message', 'inbound'],
    ["the id of another account's message", 'theirs'],
  ])('404 for %s, and no audit: nothing was given out', async (_name, id) => {
    const answer = await search(`message?id=${id}`);
    expect([answer.status, answer.body]).toEqual([404, { error: { code: 77, msg: 'No records found' } }]);
    expect(await audited()).toEqual([]);
  });

  it('several ids: what there is of them, each once', async () => {
    const { status, body } = await search('messages?ids=first&ids=last&ids=first&ids=theirs&ids=none');
    expect([status, body.count, idsOf(body)]).toEqual([200, 2, ['first', 'last']]);
    expect((await search('messages?ids=first')).body.count).toBe(1);
    expect((await search('messages?ids=none')).body).toEqual({ count: 0, items: [] });
  });

  it('ten ids, and no eleven', async () => {
    const ids = (count: number) => Array.from({ length: count }, (_, index) => `ids=x${index}`).join('&');
    expectStatus(await search(`messages?${ids(10)}`), 200);
    const refused = await search(`messages?${ids(11)}`);
    expect([refused.status, refused.body]).toEqual([400, { error: { code: 400, msg: 'ids must be 10 at most' } }]);
  });

  it('a number and a day: every form of it, from the first moment of the day to the last', async () => {
    const { body } = await search(`messages?date=2026-03-05&to=${DIGITS}`);
    expect(idsOf(body)).toEqual(['first', ...[0, 1, 2, 3, 4, 5].map((index) => `form${index}`), 'last']);
    const [entry] = await audited();
    expect(entry).toEqual({
      action: 'data.access',
      reason: 'message_search',
      counts: { sent_sms: 8 },
      token: expect.stringMatching(/^token1\./),
    });
  });

  it.each([
    ['two days', 'date_start=2026-03-05&date_end=2026-03-05', 9],
    ['two moments, the last not included', 'date_start=2026-03-05T00:00:00Z&date_end=2026-03-05T10:00:00Z', 1],
    ['with an offset', 'date_start=2026-03-05T01:00:00%2B01:00&date_end=2026-03-05T11:00:00%2B01:00', 1],
    [
      'with an offset whose plus became a space',
      'date_start=2026-03-05T01:00:00+01:00&date_end=2026-03-05T10:00:00Z',
      1,
    ],
    ['from a day on', 'date_start=2026-03-06', 4],
    ['up to a day', 'date_end=2026-03-04', 1],
    ['and a number', `date_start=2026-03-05&date_end=2026-03-05&to=447700900555`, 1],
  ])('a range: %s', async (_name, query, count) => {
    const { status, body } = await search(`messages?${query}`);
    expect([status, body.count]).toEqual([200, count]);
  });

  it('gives 4000 of a range at most, and says so', async () => {
    const { account, key: many } = await platform.account();
    const rows = Array.from({ length: 4_001 }, (_, index) => ({
      ...message(`m${index}`, new Date(at('10T00:00:00').getTime() + index)),
      account_id: account.records_id,
    }));
    await platform.core.db.collection('sent_sms').insertMany(rows.slice(1));
    const whole = await search('messages?date_start=2026-03-10&date_end=2026-03-10', many);
    expect([whole.body.count, whole.body.truncated]).toEqual([4000, undefined]);
    await platform.core.db.collection('sent_sms').insertMany(rows.slice(0, 1));
    const cut = await search('messages?date_start=2026-03-10&date_end=2026-03-10', many);
    expect([cut.body.count, cut.body.truncated]).toEqual([4000, true]);
    expect(idsOf(cut.body)[0]).toBe('m0');
    expect((await audited()).map((entry) => entry.counts)).toEqual([{ sent_sms: 4000 }, { sent_sms: 4000 }]);
  });

  it("one account sees nothing of the other's", async () => {
    const ours = await search('messages?date_start=2026-03-01&date_end=2026-03-31');
    expect(idsOf(ours.body)).not.toContain('theirs');
    const theirs = await search('messages?date_start=2026-03-01&date_end=2026-03-31', otherKey);
    expect(idsOf(theirs.body)).toEqual(['theirs']);
  });
});
