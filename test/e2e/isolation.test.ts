import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import type { AccountValue } from '../../src/engine/subject.ts';
import { requestsOf } from '../../src/ledger/requests/ledger.ts';
import { forget, untilCompleted } from '../support/forget.ts';
import { openPlatform, type Platform } from '../support/platform.ts';
import { indexPlatform, insertRecords } from '../support/records.ts';
import { waitFor } from '../support/wait-for.ts';
import { call } from '../support/wire.ts';

const { ObjectId } = mongoose.mongo;
const DIGITS = '447700900123';
const COLLECTIONS = ['contacts', 'contact_lists', 'sent_sms', 'received_sms', 'scheduled_sms', 'calls', 'blacklist'];

describe('one account and the next', () => {
  let platform: Platform;
  let url: string;

  beforeAll(async () => {
    platform = await openPlatform('e2e-isolation');
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
    await platform.startWorker();
  });
  afterAll(() => platform?.close());

  const recordsOf = async (account: AccountValue): Promise<string> => {
    const rows = await Promise.all(
      COLLECTIONS.map((name) =>
        platform.core.db.collection(name).find({ account_id: account }).sort({ _id: 1 }).toArray(),
      ),
    );
    return mongoose.mongo.BSON.EJSON.stringify(rows, { relaxed: false });
  };
  const fill = async (account: AccountValue) => {
    await insertRecords(platform.core.db, account, DIGITS, { contacts: 1, lists: 2, sent: 3, received: 2, calls: 2 });
    await platform.core.db.collection('blacklist').insertOne({ account_id: account, number: DIGITS, reason: 'STOP' });
    await platform.core.db
      .collection('scheduled_sms')
      .insertOne({ account_id: account, to: DIGITS, body: 'Hi Jo', status: 'sent' });
  };

  const twins = new ObjectId();
  const pairs: [string, AccountValue, AccountValue][] = [
    ['two names', 'acme', 'acme-2'],
    ['a name and the same in another case', 'Globex', 'globex'],
    ['two numbers', 4001, 4002],
    ['a string and the number it spells', '5001', 5001],
    ['a number and the string that spells it', 6001, '6001'],
    ['two ObjectIds', new ObjectId(), new ObjectId()],
    ['an ObjectId and its hexadecimal string', twins, twins.toHexString()],
    ['a name that reads like a pattern', '.*', 'anything'],
    ['a name that reads like an operator', '$ne', 'anyone'],
  ];
  it.each(pairs)('%s', async (_name, ours, theirs) => {
    const own = await platform.account({ recordsId: ours });
    const other = await platform.account({ recordsId: theirs });
    await Promise.all([fill(ours), fill(theirs)]);
    const before = await recordsOf(theirs);

    const reference = await forget(url, own.key, { number: DIGITS });
    const done = await untilCompleted(platform, reference);
    expect(done.erased).toEqual({
      contacts: 1,
      contact_lists: 2,
      sent_sms: 3,
      received_sms: 2,
      scheduled_sms: 1,
      calls: 2,
      blacklist: 1,
    });
    expect(await recordsOf(ours)).not.toContain(DIGITS);
    expect(await recordsOf(theirs)).toBe(before);

    const asOther = (path: string, body?: object) => call(url, path, { key: other.key, ...(body && { body }) });
    const nothing = { error: { code: 77, msg: 'No records found' } };
    expect((await asOther(`/gdpr/status?reference=${reference}`)).body).toEqual(nothing);
    expect((await asOther('/gdpr/status?date=today')).body).toMatchObject(nothing);
    expect((await asOther('/gdpr/status', { reference, date: 'today' })).body).toMatchObject(nothing);
    // Its own platform row; without that it is on no list of its own.
    expect((await asOther('/blacklist/check', { number: DIGITS })).body).toEqual({ blacklisted: true });
    await platform.core.db.collection('blacklist').deleteMany({ account_id: theirs });
    expect((await asOther('/blacklist/check', { number: DIGITS })).body).toEqual({ blacklisted: false });
    const mine = await call(url, '/blacklist/check', { key: own.key, body: { number: DIGITS } });
    expect(mine.body).toEqual({ blacklisted: true });
  });

  it('the token of a number is another on every account: two ledgers cannot be compared', async () => {
    const tokens = await requestsOf(platform.core.db).distinct('token', { state: 'completed' });
    expect(tokens.length).toBe(pairs.length);
  });

  it('two accounts at the same time: each its own request, both completed', async () => {
    const both = await Promise.all([platform.account(), platform.account()]);
    await Promise.all(both.map(({ account }) => fill(account.records_id)));
    const answers = await Promise.all(
      both.map(({ key }) => call(url, '/gdpr/forget', { key, body: { number: DIGITS } })),
    );
    expect(new Set(answers.map((answer) => answer.body.reference)).size).toBe(2);
    await waitFor('both', async () => {
      const rows = await requestsOf(platform.core.db)
        .find({ account_id: { $in: both.map(({ account }) => account._id) }, state: 'completed' })
        .toArray();
      return rows.length === 2;
    });
  });
});
