import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { expectStatus } from '../../support/expect-status.ts';
import { numbersFrom } from '../../support/numbers.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform } from '../../support/records.ts';
import { snapshotDatabase, snapshotRedis } from '../../support/snapshot.ts';
import { call } from '../../support/wire.ts';

const { Long, Double, Decimal128 } = mongoose.mongo;
const tomorrow = new Date(Date.now() + 86_400_000);

/** One record of each kind, with the number in it once. */
const KINDS: Record<string, { collection: string; make: (number: unknown) => object; name?: string }> = {
  contact: { collection: 'contacts', make: (number) => ({ number, name: 'Jo' }) },
  'list element': {
    collection: 'contact_lists',
    make: (number) => ({ contacts: [{ number: '447700900999' }, { number, name: 'Jo' }] }),
  },
  'sent message': { collection: 'sent_sms', make: (to) => ({ to, body: 'Hi' }) },
  'received message': { collection: 'received_sms', make: (from) => ({ from, to: '60777', body: 'Hi' }) },
  'scheduled message, pending': {
    collection: 'scheduled_sms',
    make: (to) => ({ to, body: 'Hi', status: 'pending', send_at: tomorrow }),
  },
  'scheduled message, sent': { collection: 'scheduled_sms', make: (to) => ({ to, body: 'Hi', status: 'sent' }) },
  'call from': { collection: 'calls', make: (from) => ({ from, to: '447700900999' }) },
  'call to': { collection: 'calls', make: (to) => ({ from: '447700900999', to }) },
  "row of the platform's own blacklist": { collection: 'blacklist', make: (number) => ({ number, reason: 'STOP' }) },
};

const FORMS: [string, (digits: string) => unknown][] = [
  ['447…', (digits) => digits],
  ['+447…', (digits) => `+${digits}`],
  ['00447…', (digits) => `00${digits}`],
  ['07…', (digits) => `0${digits.slice(2)}`],
  ['7…', (digits) => digits.slice(2)],
  ['+44 7700 9…', (digits) => `+44 ${digits.slice(2, 6)} ${digits.slice(6)}`],
  ['07700 9…', (digits) => `0${digits.slice(2, 6)} ${digits.slice(6)}`],
  ['Int64', (digits) => Long.fromString(digits)],
  ['Double', (digits) => new Double(Number(digits))],
  ['Decimal128', (digits) => Decimal128.fromString(digits)],
  ['national Int64', (digits) => Long.fromString(digits.slice(2))],
  ['national Double', (digits) => new Double(Number(digits.slice(2)))],
];

describe('who is affiliated', () => {
  let platform: Platform;
  let url: string;
  let key: string;
  let other: string;
  let account: unknown;
  let stranger: unknown;
  const nextNumber = numbersFrom(447700900100);

  beforeAll(async () => {
    platform = await openPlatform('e2e-affiliation', { RATE_LIMIT_PER_SECOND: '0' });
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
    const [one, two] = [await platform.account(), await platform.account()];
    [key, other] = [one.key, two.key];
    [account, stranger] = [one.account.records_id, two.account.records_id];
  });
  afterAll(() => platform?.close());

  const put = async (kind: string, value: unknown, owner: unknown = account) => {
    const { collection, make } = KINDS[kind] ?? { collection: '', make: () => ({}) };
    await platform.core.db.collection(collection).insertOne({ account_id: owner, ...make(value) });
    return collection;
  };

  it.each(Object.keys(KINDS))('a %s alone, in every stored form', async (kind) => {
    const name = KINDS[kind]?.collection ?? '';
    const ask = async (whose: string, body: object) => {
      const { status, body: answer } = await call(url, '/gdpr/forget', { key: whose, body });
      return status === 200 ? (answer.would_erase ?? answer.status) : answer.error;
    };
    const refusal = { code: 76, msg: 'Cannot use this number' };
    const outcomes = await Promise.all(
      FORMS.map(async ([form, write]) => {
        const number = String(nextNumber());
        await put(kind, write(number));
        const strangers = await ask(other, { number });
        const rehearsed = await ask(key, { number, sandbox: true });
        return [form, { strangers, rehearsed, accepted: await ask(key, { number }) }];
      }),
    );
    const expected = { strangers: refusal, rehearsed: { [name]: 1 }, accepted: 'SUCCESS' };
    expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(FORMS.map(([form]) => [form, expected])));
  });

  const unaffiliated: [string, () => Promise<unknown>][] = [
    ['nothing at all', async () => {}],
    ["another account's record", async () => put('contact', '447700900990', stranger)],
    [
      'the number as the sender of an own message',
      async () =>
        platform.core.db
          .collection('sent_sms')
          .insertOne({ account_id: account, from: '447700900990', to: '447700900991' }),
    ],
    ['a number that only begins like it', async () => put('contact', '4477009009900')],
    ['a number within a longer text', async () => put('contact', 'call 447700900990')],
  ];
  it.each(unaffiliated)('%s: code 76, and nothing is written', async (_name, prepare) => {
    await prepare();
    const before = [await snapshotDatabase(platform), await snapshotRedis(platform)];
    const answer = await call(url, '/gdpr/forget', { key, body: { number: 447700900990 } });
    expectStatus(answer, 400);
    expect(answer.text).toBe('{"error":{"code":76,"msg":"Cannot use this number"}}');
    const rehearsal = await call(url, '/gdpr/forget', { key, body: { number: 447700900990, sandbox: true } });
    expect([rehearsal.status, rehearsal.text]).toEqual([answer.status, answer.text]);
    expect([await snapshotDatabase(platform), await snapshotRedis(platform)]).toEqual(before);
  });
});
