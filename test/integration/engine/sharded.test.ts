import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { checkDataMap } from '../../../src/ops/check-map/check.ts';
import { forget, untilCompleted, untilRequest } from '../../support/forget.ts';
import { writeMap } from '../../support/map-file.ts';
import { engines, openPlatform, type Platform } from '../../support/platform.ts';
import { type StrictMongo, startStrictMongo } from '../../support/strict-mongo.ts';

const JO = '447700900123';
const MASK = '44********23';

const MAP = `version: 2
account: account_id
collections:
  - { collection: blacklist, record: suppression, numbers: [number] }
  - { collection: sent_sms, record: message, numbers: [to], fields: [ { path: body, category: body } ] }
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
  /** The collection that is sharded by its number. */
  let sharded = '';
  beforeAll(async () => {
    map = await writeMap(MAP);
    strict = await startStrictMongo(engines().mongodbUri, {
      lagging,
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
