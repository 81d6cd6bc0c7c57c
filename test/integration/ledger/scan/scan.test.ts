import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { acceptForget } from '../../../../src/contracts/forget/accept.ts';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { type ErasureRequest, REQUEST_CALL, requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { addJob } from '../../../../src/ledger/work/call.ts';
import { createNumberMatcher } from '../../../../src/phone/matcher.ts';
import { type PhoneNumber, parseSubjectNumber } from '../../../../src/phone/number.ts';
import type { RunningWorker } from '../../../../workers/worker.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { indexPlatform } from '../../../support/records.ts';
import { waitFor } from '../../../support/wait-for.ts';

const { Long, Decimal128, Double } = mongoose.mongo;

const phone = (digits: number): PhoneNumber => {
  const parsed = parseSubjectNumber(digits, ['44']);
  if (!parsed.ok) throw new Error('not a number');
  return parsed.number;
};
const JO = phone(447700900123);
const AL = phone(447700900456);

/** Ways in which platforms have been seen to store one British mobile, as values of a field that the map names. */
const WRITINGS: readonly unknown[] = [
  '447700900123',
  '+447700900123',
  '00447700900123',
  '07700900123',
  '7700900123',
  '+44 7700 900123',
  '07700 900123',
  Long.fromString('447700900123'),
  new Double(447700900123),
  Decimal128.fromString('447700900123'),
  new Double(7700900123),
  '+44 7700 900 123',
  '07700 900 123',
  '0044 7700900123',
  '(07700) 900123',
  '+44-7700-900123',
  '+44.7700.900123',
  '+44 (0)7700 900123',
  '+44(0)7700900123',
  '+4407700900123',
  ' 447700900123 ',
  '+447700900123\r',
  '\ufeff+447700900123',
  "'+447700900123",
  '447700900123.0',
  '4.47700900123E+11',
  '447,700,900,123',
  '%2B447700900123',
  '\u200b+447700900123',
  '\u202a+447700900123\u202c',
  '\uff0b\uff14\uff14\uff17\uff17\uff10\uff10\uff19\uff10\uff10\uff11\uff12\uff13',
  '++447700900123',
  '+00447700900123',
  '011447700900123',
  '0011447700900123',
  'whatsapp:+447700900123',
  'tel:+447700900123',
  'sip:+447700900123@gw.example.org',
  '447700900123@c.us',
  '447700900123@s.whatsapp.net',
  '447700900123:12@s.whatsapp.net',
  'Jo <+447700900123>',
  '+447700900123 x123',
  '+447700900123,+447700900456',
  '+447700900123;+447700900456',
  '["+447700900123","+447700900456"]',
  Long.fromString('-447700900123'),
  Long.fromString('4407700900123'),
];

/** Shapes in which a mapped number has been seen to stand. */
const SHAPES: readonly { readonly collection: string; readonly record: Record<string, unknown> }[] = [
  { collection: 'contact_lists', record: { contacts: [String(JO), String(AL)] } },
  { collection: 'contact_lists', record: { contacts: [String(JO), { number: AL, name: 'Al' }] } },
  { collection: 'contact_lists', record: { contacts: { [JO]: { name: 'Jo' }, [AL]: { name: 'Al' } } } },
  { collection: 'contact_lists', record: { contacts: `${JO},${AL}` } },
  // One element goes and another changes: no statement can say it.
  { collection: 'contact_lists', record: { contacts: [{ number: JO }, { number: AL, name: `Al, met +${JO}` }] } },
  { collection: 'contact_lists', record: { contacts: String(JO) } },
  { collection: 'contact_lists', record: { contacts: JSON.stringify([{ number: JO }, { number: AL }]) } },
  { collection: 'contact_lists', record: { contacts: [[{ number: JO, name: 'Jo' }], { number: AL, name: 'Al' }] } },
  { collection: 'contact_lists', record: { contacts: [{ number: [[String(JO)]], name: 'Jo' }] } },
  { collection: 'sent_sms', record: { to: [[String(JO)]], body: 'Hi' } },
  { collection: 'sent_sms', record: { to: { e164: JO }, body: 'Hi' } },
  { collection: 'sent_sms', record: { to: [{ number: JO }], body: 'Hi' } },
  { collection: 'calls', record: { from: [[String(JO)]], status: 'done' } },
  { collection: 'received_sms', record: { from: AL, body: `call me on 07700 900123`, note: { tel: JO } } },
  {
    collection: 'received_sms',
    record: { from: AL, body: 'Hi', raw: Buffer.from(`from=${JO}&x=1`).toString('base64') },
  },
  { collection: 'received_sms', record: { from: AL, body: 'Hi', unread: { [JO]: 3, [AL]: 1 } } },
];

describe('a scan over an account', () => {
  let platform: Platform;
  let worker: RunningWorker;
  beforeAll(async () => {
    platform = await openPlatform('scan');
    await indexPlatform(platform.core.db);
    worker = await platform.startWorker();
  });
  afterAll(() => platform?.close());

  async function forget(account: Account, number: PhoneNumber): Promise<string> {
    const { request } = await acceptForget(
      { ...platform.core, deadlineMs: 86_400_000, graceMs: 1_000 },
      { account, actor: 'test', number, unsuppress: false },
      new Date(),
    );
    await addJob(worker.producer, REQUEST_CALL, request);
    return request.reference;
  }

  const settled = (account: Account, reference: string): Promise<ErasureRequest> =>
    waitFor('the end', async () => {
      const row = await requestsOf(platform.core.db).findOne({ account_id: account._id, reference });
      return row?.state === 'completed' || row?.state === 'failed' ? row : null;
    });

  /** Where in the platform's collections a number of the account still stands. */
  async function traces(account: Account, number: PhoneNumber): Promise<string[]> {
    const matcher = createNumberMatcher([number], ['GB']);
    const found: string[] = [];
    for (const { name } of await platform.core.db.listCollections().toArray()) {
      if (name.startsWith('lethe_')) continue;
      const records = platform.core.db
        .collection(name)
        .find({ account_id: account.records_id }, { promoteLongs: false });
      for await (const { account_id: _, token: __, ...record } of records) {
        const text = JSON.stringify(record, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
        if (matcher.find(text).length > 0 || text.includes('base64')) found.push(`${name}: ${text}`);
      }
    }
    return found;
  }

  it('erases a number in every writing, with its text, and nobody else', async () => {
    const { account } = await platform.account();
    const at = account.records_id;
    const sent = platform.core.db.collection('sent_sms');
    await sent.insertMany(
      WRITINGS.map((to, index) => ({ account_id: at, index, to, from: 'ACME', body: `secret ${index}` })),
    );
    await sent.insertOne({ account_id: at, to: AL, from: 'ACME', body: 'for Al' });
    const done = await settled(account, await forget(account, JO));
    expect({ state: done.state, failure: done.failure, scan: done.scan?.failures }).toEqual({ state: 'completed' });
    expect(await traces(account, JO)).toEqual([]);
    const left = await sent.find({ account_id: at, body: /secret/ }).toArray();
    expect(left.map(({ to, body }) => [to, body])).toEqual([]);
    expect(await sent.findOne({ account_id: at, to: AL })).toMatchObject({ body: 'for Al' });
    expect(done.erased.sent_sms).toBe(WRITINGS.length);
  });

  it.each(SHAPES)('erases it in a shape the map does not say: $record', async ({ collection, record }) => {
    const { account } = await platform.account();
    const { db } = platform.core;
    await db.collection('contacts').insertOne({ account_id: account.records_id, number: JO, name: 'Jo' });
    await db.collection(collection).insertOne({ account_id: account.records_id, ...record });
    const done = await settled(account, await forget(account, JO));
    expect({ state: done.state, failure: done.failure }).toEqual({ state: 'completed' });
    expect(await traces(account, JO)).toEqual([]);
    const before = createNumberMatcher([AL], ['GB']).find(JSON.stringify(record)).length;
    const after = await db.collection(collection).findOne({ account_id: account.records_id });
    expect(createNumberMatcher([AL], ['GB']).find(JSON.stringify(after)).length).toBe(before);
  });
});
