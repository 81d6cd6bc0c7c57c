import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import type { DataMapInput } from '../../../src/engine/map/version-1.ts';
import { requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { forget, untilCompleted, untilRequest } from '../../support/forget.ts';
import { SUPPRESSION_LIST, writeMap } from '../../support/map-file.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { call } from '../../support/wire.ts';

const { EJSON } = mongoose.mongo.BSON;
const { Binary, BSONRegExp, Code, MaxKey, MinKey, ObjectId, Timestamp } = mongoose.mongo;
const JO = '447700900123';
const AL = '447700900456';

const MAP: DataMapInput = {
  version: 1,
  collections: [
    SUPPRESSION_LIST,
    {
      collection: 'sent_sms',
      account: 'account_id',
      record: 'message',
      numbers: ['to'],
      fields: [{ path: 'body', category: 'body' }],
    },
    { collection: 'contacts', account: 'account_id', record: 'contact', numbers: ['number'] },
    {
      collection: 'lists',
      account: 'account_id',
      record: 'contact',
      elements: 'contacts[]',
      numbers: ['contacts[].number'],
    },
    {
      collection: 'threads',
      account: 'account_id',
      record: 'message',
      numbers: ['people[].phone'],
      fields: [{ path: 'people[].name', category: 'name' }],
    },
    { collection: 'cards', account: 'account_id', record: 'contact', numbers: ['person.phone'] },
    {
      collection: 'books',
      account: 'account_id',
      record: 'contact',
      elements: 'book.people[]',
      numbers: ['book.people[].home.phone'],
    },
    { collection: 'blasts', account: 'account_id', record: 'message', numbers: ['recipients[]'] },
  ],
};

/** A record no update can erase a number from: what it holds, and where a request that is not scanned says it got stuck. */
const CASES: [string, string, object, string][] = [
  ['an object', 'sent_sms', { to: { e164: JO } }, 'sent_sms.to'],
  ['an empty object', 'sent_sms', { to: {} }, 'sent_sms.to'],
  ['an array with the number', 'sent_sms', { to: [AL, JO] }, 'sent_sms.to'],
  ['an array of objects', 'sent_sms', { to: [{ e164: JO }] }, 'sent_sms.to'],
  ['a boolean', 'sent_sms', { to: true }, 'sent_sms.to'],
  ['a date', 'sent_sms', { to: new Date(447700900123) }, 'sent_sms.to'],
  ['bytes', 'sent_sms', { to: new Binary(Buffer.from(JO)) }, 'sent_sms.to'],
  ['an ObjectId', 'sent_sms', { to: new ObjectId() }, 'sent_sms.to'],
  ['a regular expression', 'sent_sms', { to: new BSONRegExp(JO) }, 'sent_sms.to'],
  ['code', 'sent_sms', { to: new Code(`call(${JO})`) }, 'sent_sms.to'],
  ['code with a scope', 'sent_sms', { to: new Code('call(to)', { to: JO }) }, 'sent_sms.to'],
  ['the smallest key', 'sent_sms', { to: new MinKey() }, 'sent_sms.to'],
  ['the largest key', 'sent_sms', { to: new MaxKey() }, 'sent_sms.to'],
  ['a timestamp', 'sent_sms', { to: new Timestamp({ t: 4_477_009, i: 123 }) }, 'sent_sms.to'],
  ['an array, in a record that would be deleted', 'contacts', { number: [JO, AL] }, 'contacts.number'],
  [
    'an object in an element',
    'lists',
    { contacts: [{ number: AL }, { number: { e164: JO } }] },
    'lists.contacts.number',
  ],
  ['a date in an element', 'lists', { contacts: [{ number: new Date(0) }] }, 'lists.contacts.number'],
  ['a document where an array should be', 'lists', { contacts: { number: JO } }, 'lists.contacts.number'],
  ['a document where an array of messages should be', 'threads', { people: { phone: JO } }, 'threads.people.phone'],
  ['an array in an element', 'threads', { people: [{ phone: [AL, JO], name: 'both' }] }, 'threads.people.phone'],
  [
    'several people where one should be, in a record that would be deleted',
    'cards',
    { person: [{ phone: AL }, { phone: JO }] },
    'cards.person.phone',
  ],
  [
    'several homes where one should be, in an element that would be taken out',
    'books',
    { book: { people: [{ home: [{ phone: AL }, { phone: JO }] }] } },
    'books.book.people.home.phone',
  ],
  [
    'several books where one should be',
    'books',
    { book: [{ people: [{ home: { phone: JO } }] }] },
    'books.book.people.home.phone',
  ],
  ['an object among plain values', 'blasts', { recipients: [AL, { e164: JO }] }, 'blasts.recipients'],
  ['a plain value where an array should be', 'blasts', { recipients: JO }, 'blasts.recipients'],
];

/** What not even the scan can write a mask into. */
const BEYOND_MASKS = ['a regular expression', 'code', 'code with a scope'];

describe('a value that no update can erase', () => {
  let platform: Platform;
  let removeMap: () => Promise<void>;
  let url: string;

  beforeAll(async () => {
    const map = await writeMap(MAP);
    removeMap = map.remove;
    platform = await openPlatform('unsupported', { DATA_MAP: map.file, RETRY_BASE_MS: '50' });
    ({ url } = await platform.startApi());
    await platform.startWorker();
  });
  afterAll(async () => {
    await platform?.close();
    await removeMap?.();
  });

  /** One case from the request to its completion, as facts. */
  const live = async (collection: string, fields: object) => {
    const { db } = platform.core;
    const { account, key } = await platform.account();
    await platform.core.accounts.setScan(account._id, 'off');
    const own = { account_id: account.records_id };
    const { insertedId } = await db.collection(collection).insertOne({ ...own, ...fields });
    const read = () => db.collection(collection).findOne({ _id: insertedId });
    const stored = await read();
    // What can be erased is on the same account, in another collection and in the same.
    await db.collection('sent_sms').insertOne({ ...own, to: JO, body: 'Hi Jo' });
    await db.collection('contacts').insertOne({ ...own, number: JO });

    const reference = await forget(url, key, { number: JO });
    const failed = await untilRequest(platform, reference, 'a failure', (request) => request.state === 'failed');
    const check = await call(url, '/blacklist/check', { key, body: { number: JO } });
    const status = await call(url, `/gdpr/status?reference=${reference}`, { key });
    const untouched = EJSON.stringify(await read()) === EJSON.stringify(stored);
    const completedAlready = await requestsOf(db).countDocuments({ reference, state: 'completed' });

    await db.collection(collection).deleteOne({ _id: insertedId });
    const done = await untilCompleted(platform, reference);
    const masked = await db.collection('sent_sms').countDocuments({ ...own, to: '44********23', body: '[REDACTED]' });
    return {
      failure: { name: failed.failure?.name, where: failed.failure?.where },
      failed: [failed.unfinished, failed.completed_at, typeof failed.sealed],
      stillBlacklisted: check.body.blacklisted,
      // The next try may be under way: then it is pending again.
      answered: [200, 409].includes(status.status) && status.body.state !== 'completed',
      untouched,
      completedAlready,
      erased: done.erased,
      failureForgotten: done.failure === undefined,
      masked,
    };
  };

  it('without a scan: fails loudly, changes nothing it does not understand, and completes when the record is mended', async () => {
    const outcomes = await Promise.all(
      CASES.map(async ([name, collection, fields]) => [name, await live(collection, fields)] as const),
    );
    const expected = CASES.map(([name, , , where]) => [
      name,
      {
        failure: { name: 'unsupported_type', where },
        failed: [true, undefined, 'string'],
        stillBlacklisted: true,
        answered: true,
        untouched: true,
        completedAlready: 0,
        erased: { sent_sms: 1, contacts: 1 },
        failureForgotten: true,
        masked: 1,
      },
    ]);
    expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(expected));
  });

  it('is erased by the scan, or fails the request of the person whose number it holds, and of nobody else', async () => {
    const { db } = platform.core;
    const outcomes = await Promise.all(
      CASES.map(async ([name, collection, fields]) => {
        const { account, key } = await platform.account();
        const own = { account_id: account.records_id };
        const { insertedId } = await db.collection(collection).insertOne({ ...own, ...fields });
        const third = '447700900789';
        await db.collection('contacts').insertMany([
          { ...own, number: JO },
          { ...own, number: third },
        ]);
        await untilCompleted(platform, await forget(url, key, { number: third }));
        const reference = await forget(url, key, { number: JO });
        const { state, failure } = await untilRequest(platform, reference, 'an end', (request) =>
          ['completed', 'failed'].includes(request.state),
        );
        const left = EJSON.stringify(await db.collection(collection).findOne({ _id: insertedId }));
        return [name, { state, failure: failure?.name, isLeft: left.includes(JO) }] as const;
      }),
    );
    const expected = CASES.map(([name]) => [
      name,
      BEYOND_MASKS.includes(name)
        ? { state: 'failed', failure: 'unsupported_type', isLeft: true }
        : { state: 'completed', failure: undefined, isLeft: false },
    ]);
    expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(expected));
  });

  it.each([
    ['needed', 'shared_record'],
    ['off', 'unsupported_type'],
  ] as const)('a record of several accounts stays, and fails the request; scan: %s', async (scan, name) => {
    const { db } = platform.core;
    const { account, key } = await platform.account();
    if (scan === 'off') await platform.core.accounts.setScan(account._id, scan);
    const records = db.collection('sent_sms');
    const [both, own] = [[account.records_id, 'acc_of_others'], [account.records_id]];
    const text = `call ${JO}`;
    const { insertedIds } = await records.insertMany([
      { account_id: both, to: JO, body: text },
      { account_id: own, to: JO, body: text },
      { account_id: own, to: AL, body: text },
    ]);
    const read = async (index: number) => {
      const record = await records.findOne({ _id: insertedIds[index] as never });
      return [record?.to, record?.body];
    };
    const reference = await forget(url, key, { number: JO });
    const failed = await untilRequest(platform, reference, 'a failure', (request) => request.state === 'failed');
    expect(failed.failure?.name).toBe(name);
    expect([await read(0), await read(1)]).toEqual([
      [JO, text],
      ['44********23', '[REDACTED]'],
    ]);
    await records.updateOne({ _id: insertedIds[0] as never }, { $set: { account_id: account.records_id } });
    await untilCompleted(platform, reference);
    expect([await read(0), await read(2)]).toEqual([
      ['44********23', '[REDACTED]'],
      [AL, scan === 'off' ? text : 'call 44********23'],
    ]);
  });

  it("an array of other people's numbers is no reason to fail, and stays as it is", async () => {
    const { db } = platform.core;
    const { account, key } = await platform.account();
    const own = { account_id: account.records_id };
    const others = [
      ['sent_sms', { to: [AL, '447700900789'], body: 'both' }],
      ['threads', { people: [{ phone: [AL], name: 'Al' }] }],
    ] as const;
    const rows = await Promise.all(
      others.map(([name, fields]) => db.collection(name).insertOne({ ...own, ...fields })),
    );
    await db.collection('sent_sms').insertOne({ ...own, to: JO });
    await untilCompleted(platform, await forget(url, key, { number: JO }));
    for (const [index, [name, fields]] of others.entries())
      expect(await db.collection(name).findOne({ _id: rows[index]?.insertedId as never })).toMatchObject(fields);
  });

  it.each([null, '', 0, undefined, 12.5, Number.NaN])(
    'a number field that holds %p is nothing to fail on',
    async (to) => {
      const { db } = platform.core;
      const { account, key } = await platform.account();
      const own = { account_id: account.records_id };
      await db.collection('sent_sms').insertOne({ ...own, ...(to !== undefined && { to }) });
      await db.collection('sent_sms').insertOne({ ...own, to: JO });
      expect((await untilCompleted(platform, await forget(url, key, { number: JO }))).failures).toBe(0);
    },
  );
});
