import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { targetsByAge } from '../../../src/engine/by-age.ts';
import { targetsByNumberBefore } from '../../../src/engine/by-number.ts';
import { profileFor } from '../../../src/engine/map/profile.ts';
import { compilePlan } from '../../../src/engine/plan.ts';
import { compileRecordRules } from '../../../src/engine/record-plan.ts';
import { createRecordStore } from '../../../src/engine/store.ts';
import { numberSubject } from '../../../src/engine/subject.ts';
import { requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { checkDataMap } from '../../../src/ops/check-map/check.ts';
import { forget, untilCompleted, untilRequest } from '../../support/forget.ts';
import { writeMap } from '../../support/map-file.ts';
import { phoneNumber } from '../../support/numbers.ts';
import { engines, openPlatform, type Platform } from '../../support/platform.ts';
import { type StrictMongo, startStrictMongo } from '../../support/strict-mongo.ts';

const JO = '447700900123';
const MASK = '44********23';

const MAP = `version: 2
account: account_id
collections:
  - { collection: blacklist, record: suppression, numbers: [number] }
  - { collection: sent_sms, record: message, numbers: [to], fields: [ { path: body, category: body } ] }
  - { collection: letters, record: message, numbers: [to], at: at }
  - { collection: calls, record: call, numbers: [from] }
  - { collection: contacts, record: contact, numbers: [number] }
  - collection: notes
    record: message
    via: { collection: contacts, key: _id, field: contact }
    fields: [ { path: text, category: note } ]
`;

describe('a sharded cluster', () => {
  let map: Awaited<ReturnType<typeof writeMap>>;
  let strict: StrictMongo;
  let platform: Platform;
  let url: string;
  const lagging = new Set<string>();
  const undone = new Set<string>();
  /** The collection that is sharded by its number. */
  let sharded = '';
  beforeAll(async () => {
    map = await writeMap(MAP);
    strict = await startStrictMongo(engines().mongodbUri, {
      lagging,
      undone,
      shardKeys: { sent_sms: { account_id: 1 }, calls: { account_id: 1, from: 1 } },
      refuse: ({ name, collection }) =>
        name === 'update' && collection === sharded ? { code: 72, codeName: 'InvalidOptions' } : null,
    });
    platform = await openPlatform('sharded', { MONGODB_URI: strict.uri, DATA_MAP: map.file });
    ({ url } = await platform.startApi());
    await platform.startWorker();
  });
  afterAll(async () => {
    await platform?.close();
    await strict?.close();
    await map?.remove();
  });

  /** Nothing reads the records of this account but the looks by index. */
  const anAccount = async () => {
    const made = await platform.account();
    await platform.core.accounts.setScan(made.account._id, 'off');
    return { key: made.key, own: { account_id: made.account.records_id } };
  };

  it('a shard whose majority lags behind hides no record: it is found, and gone before the request is completed', async () => {
    const { db } = platform.core;
    const { key, own } = await anAccount();
    await db.collection('sent_sms').insertOne({ ...own, to: JO, body: 'secret' });
    const { insertedId: contact } = await db.collection('contacts').insertOne({ ...own, number: JO });
    await db.collection('notes').insertOne({ ...own, contact, text: 'secret' });
    for (const name of ['sent_sms', 'contacts', 'notes']) lagging.add(name);
    // By what a majority has, the account would hold nothing on the number.
    const { erased } = await untilCompleted(platform, await forget(url, key, { number: JO }));
    lagging.clear();
    expect(erased).toEqual({ sent_sms: 1, contacts: 1, notes: 1 });
    expect(await db.collection('notes').findOne({ contact })).toMatchObject({ text: null });
    expect(await db.collection('sent_sms').findOne(own)).toMatchObject({ to: MASK, body: '[REDACTED]' });
  });

  it.each([
    ['by its number', 'sent_sms', 'sent_sms.to'],
    ['by the record it belongs to', 'notes', 'notes<contacts'],
  ])('what is gone on the primary alone keeps a request from its end: %s', async (_name, collection, where) => {
    const { db } = platform.core;
    const { key, own } = await anAccount();
    await db.collection('sent_sms').insertOne({ ...own, to: JO, body: 'secret' });
    const { insertedId: contact } = await db.collection('contacts').insertOne({ ...own, number: JO });
    await db.collection('notes').insertOne({ ...own, contact, text: 'secret' });
    undone.add(collection);
    const reference = await forget(url, key, { number: JO });
    const stopped = await untilRequest(platform, reference, 'its end, or a failure', ({ state }) =>
      ['failed', 'completed'].includes(state),
    );
    expect(stopped).toMatchObject({ state: 'failed', failure: { where } });
    undone.clear();
    await requestsOf(db).updateOne({ reference }, { $set: { not_before: new Date(0) } });
    expect((await untilCompleted(platform, reference)).erased).toEqual({ sent_sms: 1, contacts: 1, notes: 1 });
    expect(await db.collection('sent_sms').findOne(own)).toMatchObject({ to: MASK, body: '[REDACTED]' });
    expect(await db.collection('notes').findOne({ contact })).toMatchObject({ text: null });
  });

  it('nor does deletion by age end while a majority has a record that is due, or the primary alone', async () => {
    const { db, dataMap } = platform.core;
    const rules = compileRecordRules(dataMap, profileFor('retention', dataMap), ({ at }) => at !== undefined);
    await db.collection('letters').insertOne({ account_id: 'aged', to: JO, at: new Date('2020-01-01') });
    const [target] = targetsByAge(db, rules, 'aged', new Date('2021-01-01'), new Date());
    for (const behind of [undone, lagging]) {
      behind.add('letters');
      expect(await target?.remains()).toBe(true);
      behind.clear();
    }
    await target?.change((await target?.find(2)) ?? []);
    expect(await target?.remains()).toBe(false);
  });

  it('a record whose time is no date is seen before a majority has it', async () => {
    const { db, dataMap } = platform.core;
    const { rules } = compilePlan(dataMap, profileFor('forget', dataMap));
    await db.collection('letters').insertOne({ account_id: 'undated', to: JO, at: 'May' });
    const subject = numberSubject(phoneNumber(JO), 'undated', 'token');
    const [target] = targetsByNumberBefore(db, createRecordStore(db), rules, subject, new Date());
    lagging.add('letters');
    expect(await target?.isUnreadable()).toBe(true);
    lagging.clear();
  });

  it('the check of the map finds a collection that is sharded by a number', async () => {
    const { db, dataMap } = platform.core;
    for (const name of ['calls', 'sent_sms']) await db.collection(name).insertOne({ account_id: 'nobody' });
    const { findings } = await checkDataMap(db, dataMap, { countries: ['GB'] });
    const about = findings.filter(({ message }) => message.includes('shard'));
    expect(about.map(({ severity, where }) => `${severity} ${where}`)).toEqual(['error calls.from']);
  });

  it('a collection that is sharded by a number fails under its name, and the rest is erased', async () => {
    const { db } = platform.core;
    const { key, own } = await anAccount();
    await db.collection('calls').insertOne({ ...own, from: JO });
    await db.collection('sent_sms').insertOne({ ...own, to: JO });
    sharded = 'calls';
    const reference = await forget(url, key, { number: JO });
    const failed = await untilRequest(platform, reference, 'a failure', ({ state }) => state === 'failed');
    expect(failed.failure).toMatchObject({ name: 'shard_key', where: expect.stringMatching(/^calls\.from/) });
    expect(await db.collection('sent_sms').findOne(own)).toMatchObject({ to: MASK });
    sharded = '';
    await requestsOf(db).updateOne({ reference }, { $set: { not_before: new Date(0) } });
    expect((await untilCompleted(platform, reference)).erased).toEqual({ sent_sms: 1, calls: 1 });
  });
});
