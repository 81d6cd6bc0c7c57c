import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { type Database, openDatabase } from '../../../../src/base/db/connection.ts';
import { ensureIndexes } from '../../../../src/base/db/ensure-indexes.ts';
import { loadDataMap, parseDataMap } from '../../../../src/engine/map/load.ts';
import { neededIndexes } from '../../../../src/indexes.ts';
import { type CheckReport, checkDataMap } from '../../../../src/ops/check-map/check.ts';
import { createIndexes } from '../../../../src/ops/check-map/create-indexes.ts';
import { runCli } from '../../../support/cli.ts';
import { LIMITS } from '../../../support/limits.ts';

const { Decimal128, Long, ObjectId } = mongoose.mongo;

const uri = process.env.MONGODB_URI ?? '';
const PREFIX = `t-check-map-${process.pid}-${randomBytes(3).toString('hex')}`;
/** One for each test: a table that is dropped and made again may show no rows at first on another connection of the local engine. */
let database: string;
let tests = 0;

const OWNER = 'acc_owner0000001';
const PERSON = '447700900123';

let opened: Database;
let db: Database['db'];

beforeAll(async () => {
  if (uri === '') throw new Error('MONGODB_URI is not set');
  opened = openDatabase({ uri, database: PREFIX, poolSize: 5, serverSelectionMs: LIMITS.answerMs });
});

beforeEach(() => {
  tests += 1;
  database = `${PREFIX}-t${tests}`;
  db = opened.db.client.db(database);
});

afterEach(() => db.dropDatabase());

afterAll(() => opened.close());

const SUPPRESSION = { collection: 'blacklist', account: 'account_id', record: 'suppression', numbers: ['number'] };

/** A map of one entry and the suppression list. */
const fileOf = (entry: object, rest: object = {}) =>
  JSON.stringify({ version: 1, collections: [entry, SUPPRESSION], ...rest });
const mapOf = (entry: object, rest: object = {}) => parseDataMap(fileOf(entry, rest), 'map.json');

const MESSAGES = { collection: 'sms', account: 'account_id', record: 'message', numbers: ['to'] };

const check = (map = mapOf(MESSAGES), account?: string) =>
  checkDataMap(db, map, { countries: ['GB'], ...(account !== undefined && { account }) });

/** The findings about one place, as `severity message`. */
const about = (report: CheckReport, where: string) =>
  report.findings.filter((finding) => finding.where === where).map(({ severity, message }) => `${severity} ${message}`);

async function addAccount(recordsId: unknown = OWNER) {
  await db
    .collection<{ _id: string; records_id: unknown }>('lethe_accounts')
    .insertOne({ _id: 'acc_AAAAAAAAAAAA', records_id: recordsId });
}

/** A collection and a suppression list without a fault. */
async function addMessages(records: object[], index: Record<string, 1> = { account_id: 1, to: 1 }) {
  await addAccount();
  await db.collection('sms').createIndex(index);
  await db.collection('blacklist').createIndex({ account_id: 1, number: 1 });
  await db.collection('blacklist').insertOne({ account_id: OWNER, number: PERSON });
  if (records.length > 0) await db.collection('sms').insertMany(records.map((record) => ({ ...record })));
}

/** Does what the line says, as mongosh would. */
async function paste(line: string | undefined): Promise<void> {
  const [, name, quoted, keys] =
    /^db\.(?:(\w+)|getCollection\(("[^"]+")\))\.createIndex\((\{.*\})\)$/.exec(line ?? '') ?? [];
  if (keys === undefined) throw new Error(`not a line for mongosh: ${line}`);
  await db.collection(name ?? JSON.parse(quoted ?? '')).createIndex(JSON.parse(keys));
}

describe('checkDataMap', () => {
  it('finds nothing wrong with a platform that is as the default map says', async () => {
    await addAccount();
    await ensureIndexes(db, neededIndexes({ collection: 'blacklist', owner: { kind: 'field', path: 'account_id' } }));
    const common = { account_id: OWNER };
    const at = new Date();
    await db.collection('contact_lists').insertOne({
      ...common,
      contacts: [
        { number: PERSON, name: 'Jo', email: 'jo@example.org', custom: { city: 'Leeds' } },
        { number: `+${PERSON}`, name: null, email: null, custom: null },
      ],
    });
    await db.collection('contact_lists').insertOne({ ...common, contacts: [] });
    await db.collection('contacts').insertMany([
      { ...common, number: PERSON, name: 'Jo', email: 'jo@example.org', custom: { a: 1 } },
      { ...common, number: Number(PERSON), name: 'Jo', email: 'jo@example.org', custom: {} },
      { ...common, number: Long.fromString(PERSON), name: 'Jo', email: null, custom: {} },
      { ...common, number: Decimal128.fromString(PERSON), name: 'Jo', email: null, custom: {} },
      { ...common, number: '07700900123', name: 'Jo', email: null, custom: {} },
      { ...common, number: '+44 7700 900123', name: 'Jo', email: null, custom: {} },
      { ...common, number: '44********23', name: null, email: null, custom: null },
    ]);
    await db.collection('sent_sms').insertOne({ ...common, to: PERSON, body: 'Hello', message_id: 'm1', sent_at: at });
    await db
      .collection('received_sms')
      .insertOne({ ...common, from: PERSON, body: 'Hello', message_id: 'm2', received_at: at, redacted_at: at });
    await db
      .collection('scheduled_sms')
      .insertOne({ ...common, to: PERSON, body: 'x', status: 'pending', send_at: at });
    await db.collection('calls').insertOne({
      ...common,
      from: PERSON,
      to: '447700900999',
      call_id: 'c1',
      direction: 'inbound',
      started_at: at,
      caller_name: 'Jo',
      caller_id: { any: 1 },
      transcript: ['Hello'],
      recording_url: 'https://example.org/1',
      notes: 'x',
      enhanced_caller_id: { any: 1 },
      email: null,
      tags: [],
      visitor: {},
      custom: {},
    });
    await db.collection('blacklist').insertMany([
      { ...common, number: PERSON, reason: 'stop' },
      { ...common, token: 't1', masked: '44********23', reason: 'gdpr_forget' },
    ]);
    const map = loadDataMap(undefined);
    const inUse = new Set([
      'contact_lists',
      'contacts',
      'sent_sms',
      'received_sms',
      'scheduled_sms',
      'calls',
      'blacklist',
    ]);
    const collections = map.collections.filter((entry) => inUse.has(entry.collection));
    const bare = await check({ ...map, collections });
    expect(bare.findings.map((finding) => finding.remedy)).not.toContain(undefined);
    for (const { remedy } of bare.findings) await paste(remedy);
    const report = await check({ ...map, collections });
    expect(report.findings).toEqual([]);
    expect(report).toMatchObject({ collections: 7, places: 8, sampled: 15 });
  });

  it('names collections that are not there, and those the map does not know', async () => {
    await addAccount();
    await db.collection('sms_archive').insertOne({ to: PERSON });
    await db.collection(`sms_${PERSON}`).insertOne({ to: PERSON });
    const report = await check();
    expect(about(report, 'sms')).toEqual(['error is not in the database: is the name right?']);
    expect(about(report, 'blacklist')[0]).toMatch(/^warning is not there yet: Lethe makes it/);
    expect(about(report, 'database')[0]).toMatch(
      /^warning not in the map, so nothing in them is erased: .*sms_archive/,
    );
    expect(JSON.stringify(report)).not.toContain(PERSON);
  });

  it('refuses a view', async () => {
    await addMessages([{ account_id: OWNER, to: PERSON }]);
    await db.createCollection('seen', { viewOn: 'sms', pipeline: [] });
    const report = await check(mapOf({ ...MESSAGES, collection: 'seen' }));
    expect(about(report, 'seen')).toEqual(['error is a view: map the collection behind it']);
  });

  describe('indexes', () => {
    const missing =
      'error no index begins with account_id, to: every look for a number would read the whole collection';

    it.each([
      ['none', undefined],
      ['the account alone', { account_id: 1 }],
      ['the number alone', { to: 1 }],
      ['the number first', { to: 1, account_id: 1 }],
      ['something between', { account_id: 1, sent_at: 1, to: 1 }],
    ])('wants account and number first: %s', async (_what, index) => {
      await addMessages([{ account_id: OWNER, to: PERSON }], (index ?? { body: 1 }) as Record<string, 1>);
      const report = await check();
      expect(about(report, 'sms.to')).toEqual([missing]);
      expect(report.findings[0]?.remedy).toBe('db.sms.createIndex({"account_id":1,"to":1})');
    });

    it('takes an index that has more behind, or runs downwards', async () => {
      await addMessages([{ account_id: OWNER, to: PERSON }], { account_id: 1, to: -1, sent_at: 1 } as never);
      expect((await check()).findings).toEqual([]);
    });

    it('takes no partial index', async () => {
      await addMessages([{ account_id: OWNER, to: PERSON }], { body: 1 });
      await db
        .collection('sms')
        .createIndex({ account_id: 1, to: 1 }, { partialFilterExpression: { status: { $exists: true } } });
      expect(about(await check(), 'sms.to')).toEqual([missing]);
    });

    it('wants the dotted path of an array, and writes a line that can be pasted', async () => {
      await addAccount();
      await db.collection('sms.lists').insertOne({ account_id: OWNER, people: [{ phone: PERSON }] });
      const entry = {
        collection: 'sms.lists',
        name: 'lists',
        account: 'account_id',
        record: 'contact',
        elements: 'people[]',
        numbers: ['people[].phone'],
      };
      const report = await check(mapOf(entry));
      const finding = report.findings.find(({ where }) => where === 'sms.lists.people[].phone');
      expect(finding?.remedy).toBe('db.getCollection("sms.lists").createIndex({"account_id":1,"people.phone":1})');
      await paste(finding?.remedy);
      expect(about(await check(mapOf(entry)), 'sms.lists.people[].phone')).toEqual([]);
    });

    it('warns of unique indexes in which erased records are alike', async () => {
      await addMessages([{ account_id: OWNER, to: PERSON, message_id: 1 }]);
      await db.collection('sms').createIndex({ account_id: 1, to: 1 }, { unique: true, name: 'one' });
      expect(about(await check(), 'sms.to')[0]).toMatch(/^error a unique index on account_id, to: .* are alike/);
      await db.collection('sms').dropIndex('one');
      await db.collection('sms').createIndex({ account_id: 1, to: 1, message_id: 1 }, { unique: true });
      expect(about(await check(), 'sms.to')[0]).toMatch(/^warning a unique index on account_id, to, message_id: /);
    });

    it('wants an index for ids, and asks for one on the time', async () => {
      const served = { id: 'message_id', at: 'sent_at', products: ['sms'] };
      await addMessages([{ account_id: OWNER, to: PERSON, message_id: 'm1', sent_at: new Date() }]);
      const report = await check(mapOf({ ...MESSAGES, ...served }));
      expect(report.findings.map(({ severity, where, remedy }) => [severity, where, remedy])).toEqual([
        ['error', 'sms.message_id', 'db.sms.createIndex({"account_id":1,"message_id":1})'],
        ['warning', 'sms.sent_at', 'db.sms.createIndex({"account_id":1,"sent_at":1,"_id":1})'],
      ]);
      for (const { remedy } of report.findings) await paste(remedy);
      expect((await check(mapOf({ ...MESSAGES, ...served }))).findings).toEqual([]);
      const byDocumentId = await check(mapOf({ ...MESSAGES, ...served, id: '_id' }));
      expect(byDocumentId.findings).toEqual([]);
    });

    it('asks for an index on the call that legs belong to', async () => {
      const legs = { ...MESSAGES, record: 'resource', id: 'leg_id', resource: 'leg', conversation: 'call' };
      await addMessages([{ account_id: OWNER, to: PERSON, leg_id: 'l1', call: 'CON-1' }]);
      await db.collection('sms').createIndex({ account_id: 1, leg_id: 1 });
      const report = await check(mapOf(legs));
      expect(report.findings.map(({ severity, where, remedy }) => [severity, where, remedy])).toEqual([
        ['warning', 'sms.call', 'db.sms.createIndex({"account_id":1,"call":1})'],
      ]);
      await paste(report.findings[0]?.remedy);
      expect((await check(mapOf(legs))).findings).toEqual([]);
      // Events are looked for by their id, and in their conversation alone.
      await db.collection('sms').dropIndex('account_id_1_call_1');
      expect((await check(mapOf({ ...legs, resource: 'event' }))).findings).toEqual([]);
    });

    it('looks at what every contract changes, not at a forget alone', async () => {
      await addMessages([{ account_id: OWNER, to: PERSON, email: 'a', message_id: 'm1', sent_at: new Date() }]);
      await db.collection('sms').createIndex({ account_id: 1, message_id: 1 });
      await db.collection('sms').createIndex({ account_id: 1, sent_at: 1 });
      await db.collection('sms').createIndex({ account_id: 1, email: 1 }, { unique: true });
      const map = (rest: object) =>
        mapOf(
          { ...MESSAGES, id: 'message_id', at: 'sent_at', fields: [{ path: 'email', category: 'email' }], ...rest },
          { profiles: { forget: { fields: { email: 'keep' } } } },
        );
      expect((await check(map({}))).findings).toEqual([]);
      expect(about(await check(map({ products: ['sms'] })), 'sms.email')).toEqual([
        expect.stringMatching(/^error a unique index on account_id, email/),
      ]);
    });

    it('lets unique numbers be where records are deleted, or become tokens', async () => {
      await addMessages([{ account_id: OWNER, to: PERSON }]);
      await db.collection('sms').createIndex({ account_id: 1, to: 1 }, { unique: true, name: 'one' });
      expect((await check(mapOf({ ...MESSAGES, record: 'contact' }))).findings).toEqual([]);
      const tokens = { profiles: { forget: { fields: { number: 'token' } } } };
      expect((await check(mapOf(MESSAGES, tokens))).findings).toEqual([]);
    });

    it('lets a number stand on the suppression list of an account once, and no other unique index', async () => {
      await addMessages([{ account_id: OWNER, to: PERSON }]);
      const list = db.collection('blacklist');
      await list.createIndex({ account_id: 1, number: 1 }, { unique: true, name: 'one' });
      await ensureIndexes(db, neededIndexes({ collection: 'blacklist', owner: { kind: 'field', path: 'account_id' } }));
      expect(about(await check(), 'blacklist.number')).toEqual([]);

      await list.createIndex({ number: 1 }, { unique: true, name: 'of all' });
      await list.createIndex({ account_id: 1, email: 1 }, { unique: true, name: 'other' });
      await list.createIndex(
        { account_id: 1, ticket: 1 },
        { unique: true, partialFilterExpression: { ticket: { $exists: true } } },
      );
      expect(about(await check(), 'blacklist.number')).toEqual([
        expect.stringMatching(/^error a unique index on number without the account: /),
      ]);
      expect(about(await check(), 'blacklist.email')).toEqual([
        expect.stringMatching(/^error a unique index on account_id, email: Lethe's own rows are alike/),
      ]);
      expect(about(await check(), 'blacklist.ticket')).toEqual([]);
    });
  });

  describe('accounts', () => {
    it('says so when there are none', async () => {
      await addMessages([{ account_id: OWNER, to: PERSON }]);
      await db.collection('lethe_accounts').deleteMany({});
      expect(about(await check(), 'accounts')).toEqual([expect.stringMatching(/^warning there are none yet/)]);
    });

    it('counts records without one', async () => {
      await addMessages([{ account_id: OWNER, to: PERSON }, { to: PERSON }, { account_id: null, to: PERSON }]);
      expect(about(await check(), 'sms.account_id')).toEqual([
        'warning no account: no erasure finds such a record (an entry with account: any and where: { account_id: null } would) (2 of 3 records)',
      ]);
    });

    it('misses the field itself', async () => {
      await addMessages([{ owner: OWNER, to: PERSON }]);
      expect(about(await check(), 'sms.account_id')).toContain('error no record looked at has this field');
    });

    it('compares types with those of the accounts', async () => {
      await addMessages([{ account_id: new ObjectId(), to: PERSON }]);
      expect(about(await check(), 'sms.account_id')).toEqual([
        "warning holds objectId, and Lethe's accounts know string only (--records-id-type) (1 of 1 records)",
        'error no record looked at has an account of a type Lethe knows: string',
      ]);
      await db.collection('sms').insertOne({ account_id: OWNER, to: PERSON });
      expect(about(await check(), 'sms.account_id')).toHaveLength(1);
    });

    it('refuses a type that no account can have', async () => {
      await addMessages([{ account_id: true, to: PERSON }]);
      expect(about(await check(), 'sms.account_id')[0]).toBe(
        'error holds bool, which no account can have (1 of 1 records)',
      );
    });

    it('looks at one account alone', async () => {
      await addMessages([
        { account_id: OWNER, to: PERSON },
        { account_id: 'other', to: { wrong: true } },
      ]);
      expect((await check(mapOf(MESSAGES), OWNER)).findings).toEqual([]);
      expect((await check()).findings).not.toEqual([]);
    });
  });

  describe('numbers', () => {
    it.each([
      ['object', { wrong: PERSON }, ': requests of its account fail'],
      ['date', new Date(), ': requests of its account fail'],
      ['bool', true, ': requests of its account fail'],
      ['binData', Buffer.from(PERSON), ': requests of its account fail'],
      ['objectId', new ObjectId(), ': requests of its account fail'],
    ])('refuses %s', async (type, value, rest) => {
      await addMessages([
        { account_id: OWNER, to: value },
        { account_id: OWNER, to: PERSON },
      ]);
      expect(about(await check(), 'sms.to')).toEqual([
        `error holds ${type}, in which no number can be erased${rest} (1 of 2 records)`,
      ]);
    });

    it('refuses an array the map does not know', async () => {
      await addMessages([{ account_id: OWNER, to: [PERSON] }]);
      expect(about(await check(), 'sms.to')).toEqual(['error holds an array: the map must say to[] (1 of 1 records)']);
    });

    it('refuses an array on the way, and an array that is none', async () => {
      await addMessages([{ account_id: OWNER, to: [{ number: PERSON }] }], { account_id: 1, 'to.number': 1 } as never);
      const plain = mapOf({ ...MESSAGES, numbers: ['to.number'] });
      expect(about(await check(plain), 'sms.to.number')).toContain(
        'error to is an array: the map must say to[] (1 of 1 records)',
      );
      await db.collection('sms').deleteMany({});
      await db.collection('sms').insertOne({ account_id: OWNER, to: { number: PERSON } });
      const array = mapOf({ ...MESSAGES, numbers: ['to[].number'] });
      expect(about(await check(array), 'sms.to[].number')).toContain(
        'error to holds object, where the map wants an array (1 of 1 records)',
      );
    });

    it('is silent about writings that are looked up, and what an erasure leaves', async () => {
      const good = [PERSON, `+${PERSON}`, '(07700) 900123', 'tel:447700900123', 447700900123, 7700900123, '', null];
      const left = ['REDACTED', '[REDACTED]', '44********23', `k1.${'A'.repeat(43)}`];
      await addMessages([...good, ...left].map((to) => ({ account_id: OWNER, to })));
      expect(about(await check(), 'sms.to')).toEqual([]);
    });

    it('says how the rest is written and which records hold it, and shows none of it', async () => {
      const odd = ['447700900123@c.us', 'whatsapp:+447700900123', '447700900123 or so', '123456789012345678@lid'];
      await addMessages([PERSON, ...odd, 'VODAFONE', 60_777].map((to, _id) => ({ _id, account_id: OWNER, to })));
      const report = await check();
      expect(report.findings).toEqual([
        {
          severity: 'error',
          where: 'sms.to',
          message:
            '4 of 7 values are in no form that is looked up: 447#########@c.us, whatsapp:+447#########, ############ x x; the map may say forms: [ whatsapp, twilio ]',
          ids: ['1', '2', '3', '4'],
        },
      ]);
      for (const value of [...odd, 'VODAFONE', '7700']) expect(JSON.stringify(report)).not.toContain(value);
    });

    it('warns only while most of them are looked up', async () => {
      await addMessages([PERSON, PERSON, `${PERSON}@c.us`].map((to) => ({ account_id: OWNER, to })));
      expect(about(await check(), 'sms.to')).toEqual([expect.stringMatching(/^warning 1 of 3 values are in no form/)]);
    });

    it("names records whose number could be two people's", async () => {
      await addMessages([PERSON, '2079460123'].map((to, _id) => ({ _id, account_id: OWNER, to })));
      expect((await check()).findings).toEqual([
        {
          severity: 'warning',
          where: 'sms.to',
          message: "1 of 2 values could be two people's numbers: such a record is changed for neither",
          ids: ['1'],
        },
      ]);
    });

    it('asks whether a path is right where most values are no numbers', async () => {
      await addMessages(['ACME', 'ACME', PERSON].map((to) => ({ account_id: OWNER, to })));
      expect(about(await check(), 'sms.to')).toEqual(['warning 2 of 3 values are no numbers: is the path right?']);
      await db.collection('sms').deleteMany({ to: PERSON });
      expect(about(await check(), 'sms.to')).toEqual(['error 2 of 2 values are no numbers: is the path right?']);
    });

    it('asks no form and no index of a text that goes as a whole, and says how to do without', async () => {
      await addMessages(
        [`Jo;+${PERSON}`, 'Dear all'].map((to) => ({ account_id: OWNER, to })),
        { account_id: 1 },
      );
      const whole = { ...MESSAGES, fields: [{ path: 'to', category: 'body' }] };
      expect(about(await check(mapOf(whole, { version: 2 })), 'sms.to')).toEqual([
        'warning no index begins with account_id, to: every look for a number would read the whole collection; a text that mentions numbers needs no index: around: text',
      ]);
      const around = { ...MESSAGES, numbers: [], fields: [{ path: 'to', category: 'body', around: 'text' }] };
      expect(about(await check(mapOf(around, { version: 2 })), 'sms.to')).toEqual([]);
    });

    it('names the first records that cannot be read', async () => {
      await addMessages(Array.from({ length: 9 }, (_, _id) => ({ _id, account_id: OWNER, to: { cc: 44 } })));
      const [finding] = (await check()).findings;
      expect(finding).toMatchObject({ severity: 'error', ids: ['0', '1', '2', '3', '4'] });
    });

    it('is silent about the rows that Lethe puts on the suppression list, and about what was redacted', async () => {
      await addMessages([{ account_id: OWNER, redacted_at: new Date() }]);
      await db.collection('blacklist').deleteMany({});
      await db
        .collection('blacklist')
        .insertMany(
          [1, 2].map((id) => ({ account_id: OWNER, token: `k${id}.${'A'.repeat(43)}`, reason: 'gdpr_forget' })),
        );
      expect((await check(mapOf({ ...MESSAGES, redacted: 'redacted_at' }))).findings).toEqual([]);
    });

    it('asks about a field that no record has', async () => {
      await addMessages([{ account_id: OWNER, recipient: PERSON }]);
      expect(about(await check(), 'sms.to')).toEqual(['warning none of 1 records has this field: is the path right?']);
    });

    it('looks at the newest records as well as the oldest, and at no more than it is told', async () => {
      await addMessages(Array.from({ length: 60 }, (_, index) => ({ _id: index, account_id: OWNER, to: PERSON })));
      await db.collection<{ _id: number }>('sms').updateOne({ _id: 59 }, { $set: { to: true } });
      const sample = (sampleSize: number) => checkDataMap(db, mapOf(MESSAGES), { countries: ['GB'], sampleSize });
      const small = await sample(10);
      expect(about(small, 'sms.to')[0]).toMatch(/^error holds bool.* \(1 of (?:[6-9]|10) records\)$/);
      expect((await sample(1_000)).sampled).toBe(61);
    });
  });

  describe('fields', () => {
    const withField = (field: object) => mapOf({ ...MESSAGES, fields: [field] });

    it('compares types', async () => {
      await addMessages([
        { account_id: OWNER, to: PERSON, transcript: 'Hello' },
        { account_id: OWNER, to: PERSON, transcript: ['Hello'] },
        { account_id: OWNER, to: PERSON, transcript: null },
      ]);
      const field = { path: 'transcript', category: 'transcript' };
      expect(about(await check(withField({ ...field, type: 'list' })), 'sms.transcript')).toEqual([
        'warning holds string, where the map says type: list (1 of 3 records)',
      ]);
      expect(about(await check(withField(field)), 'sms.transcript')).toEqual([
        'warning holds array, where the map says type: string (1 of 3 records)',
      ]);
      expect(about(await check(withField({ ...field, type: 'any' })), 'sms.transcript')).toEqual([]);
    });

    it('refuses a path that cannot be written', async () => {
      const records = [
        { account_id: OWNER, to: PERSON, person: null },
        { account_id: OWNER, to: PERSON, person: [{ name: 'Jo' }] },
        { account_id: OWNER, to: PERSON, person: { name: 'Jo' } },
        { account_id: OWNER, to: PERSON },
      ];
      await addMessages(records);
      const map = withField({ path: 'person.name', category: 'name' });
      // Where nothing stands on the way, there is nothing to change.
      expect(about(await check(map), 'sms.person.name')).toEqual([
        'error person holds array, where the map wants an object: the record cannot be changed (1 of 4 records)',
      ]);
    });

    it('asks about a field that no record has', async () => {
      await addMessages([{ account_id: OWNER, to: PERSON }]);
      expect(about(await check(withField({ path: 'text', category: 'body' })), 'sms.text')).toEqual([
        'warning none of 1 records has this field: is the path right?',
      ]);
    });
  });

  describe('pending', () => {
    const map = () =>
      mapOf({ ...MESSAGES, record: 'scheduled', pending: { path: 'status', values: ['new'], at: 'send_at' } });

    it('must be there, or records are erased before they are acted on', async () => {
      await addMessages([{ account_id: OWNER, to: PERSON, state: 'new' }]);
      expect(about(await check(map()), 'sms.status')).toEqual([
        expect.stringMatching(/^error no record looked at has this field: pending records would be erased/),
      ]);
    });

    it('wants a date in the records that are pending', async () => {
      await addMessages([
        { account_id: OWNER, to: PERSON, status: 'new', send_at: 'tomorrow' },
        { account_id: OWNER, to: PERSON, status: 'new' },
        { account_id: OWNER, to: PERSON, status: 'new', send_at: new Date() },
        { account_id: OWNER, to: PERSON, status: 'sent' },
      ]);
      expect(about(await check(map()), 'sms.send_at').sort()).toEqual([
        'warning nothing in a pending record, no date (1 of 4 records)',
        'warning string in a pending record, no date (1 of 4 records)',
      ]);
    });
  });

  describe('what other contracts need', () => {
    const served = { id: 'call_id', at: 'started_at', redacted: 'redacted_at', direction: { path: 'way' } };
    const good = { account_id: OWNER, to: PERSON, call_id: 'c1', started_at: new Date(), way: 'inbound' };
    const findings = async (...records: object[]) => {
      await addMessages(records);
      await db.collection('sms').createIndex({ account_id: 1, started_at: 1 });
      const report = await check(mapOf({ ...MESSAGES, ...served }));
      return report.findings.map(({ severity, where, message }) => `${severity} ${where}: ${message}`);
    };

    it('asks for an index that finds what is due for redaction', async () => {
      await addMessages([good]);
      await db.collection('sms').createIndex({ account_id: 1, call_id: 1 });
      await db.collection('sms').createIndex({ account_id: 1, started_at: 1 });
      await db.collection('sms').createIndex({ account_id: 1, redacted_at: 1 });
      const map = mapOf({ ...MESSAGES, ...served, interaction: 'call' });
      const { findings: found } = await check(map);
      expect(found.map(({ severity, where, remedy }) => [severity, where, remedy])).toEqual([
        ['warning', 'sms.redacted_at', 'db.sms.createIndex({"account_id":1,"redacted_at":1,"started_at":1})'],
      ]);
      await paste(found[0]?.remedy);
      expect((await check(map)).findings).toEqual([]);
    });

    it('may be all there, redacted or not', async () => {
      expect(await findings(good, { ...good, redacted_at: new Date() }, { ...good, redacted_at: null })).toEqual([]);
    });

    it('says how many records have no time, if some have', async () => {
      const { started_at, ...undated } = good;
      expect(await findings(good, undated, { ...good, started_at: null })).toEqual([
        'warning sms.started_at: 2 of 3 records have none: age never makes them due, and they are in no log or report',
      ]);
    });

    it('must be dates, directions and marks', async () => {
      const bad = { ...good, started_at: '2026-01-01', redacted_at: false, way: PERSON };
      const found = await findings(good, bad);
      expect(found).toEqual([
        'error sms.started_at: holds string, no date: erasures by age fail on its account (1 of 2 records)',
        'error sms.redacted_at: holds bool, no date: such a record is taken for redacted (1 of 2 records)',
        'warning sms.way: holds neither outbound nor inbound: a request for either direction finds such a record (1 of 2 records)',
      ]);
      expect(found.join()).not.toContain(PERSON);
    });

    it('is asked about where no record has it', async () => {
      const { call_id: _id, way: _way, ...bare } = good;
      expect(await findings(bare)).toEqual([
        'warning sms.call_id: none of 1 records has this field: is the path right?',
        'warning sms.way: none of 1 records has this field: is the path right?',
      ]);
    });
  });

  it('looks at part of a long list, and at the newest records all the same', async () => {
    await addMessages([], { account_id: 1, 'to.n': 1 } as never);
    const to = Array.from({ length: 3_000 }, () => ({ n: PERSON }));
    await db
      .collection<{ _id: number }>('sms')
      .insertMany(
        Array.from({ length: 6 }, (_, _id) => ({ _id, account_id: OWNER, to: _id === 5 ? [{ n: true }] : to })),
      );
    const report = await check(mapOf({ ...MESSAGES, numbers: ['to[].n'] }));
    expect(about(report, 'sms.to[].n')[0]).toMatch(/^error holds bool/);
    expect(report.sampled).toBeLessThan(6);
  });

  describe('what the map does not name', () => {
    it('is named where it looks like numbers, by share and writing', async () => {
      const record = (index: number) => ({
        ...{ account_id: OWNER, to: PERSON, body: 'call 07700 900123', status: 'sent', order: 1_234_567 },
        ...{ alt: `07700 90012${index}`, unread: { [PERSON]: 1 }, raw: JSON.stringify({ from: `+${PERSON}` }) },
        at: 1_790_000_000 + index,
      });
      await addMessages([0, 1, 2].map(record));
      const report = await check();
      expect(report.findings.map(({ severity, where, message }) => `${severity} ${where}: ${message}`).sort()).toEqual(
        [
          'alt: looks like it holds numbers, and is not in the map: alt (3 of 3 values, written 07### ######)',
          'body: looks like it holds numbers, and is not in the map: body (numbers within 3 of 3 values)',
          'raw.from: looks like it holds numbers, and is not in the map: raw.from (3 of 3 values, written +447#########)',
          'unread.{key}: looks like it holds numbers, and is not in the map: unread.{key} (keys, written 447#########)',
        ].map((line) => `warning sms.${line}`),
      );
      const body = { path: 'body', category: 'body' };
      const named = await check(mapOf({ ...MESSAGES, numbers: ['to', 'alt', 'unread', 'raw'], fields: [body] }));
      expect(named.findings.filter(({ message }) => message.startsWith('looks like'))).toEqual([]);
    });

    it('is looked for in whole collections, too', async () => {
      await addMessages([{ account_id: OWNER, to: PERSON }]);
      await db.collection('customers').insertMany([{ search: `Orla ${PERSON}` }, { search: 'Bram' }]);
      await db.collection('sessions').insertOne({ expires: new Date(), code: 12_345_678 });
      const report = await check();
      expect(about(report, 'database')).toEqual([
        'warning not in the map, so nothing in them is erased: customers, sessions',
      ]);
      expect(about(report, 'customers')).toEqual([
        'warning looks like it holds numbers, and is not in the map: search (numbers within 1 of 2 values)',
      ]);
      expect(about(report, 'sessions')).toEqual([]);
    });
  });

  it('counts accounts that Lethe does not know', async () => {
    await addMessages(['acc_other', 'acc_more', 'acc_more', OWNER].map((account_id) => ({ account_id, to: PERSON })));
    const report = await check();
    expect(about(report, 'sms.account_id')).toEqual([
      'warning 3 of 4 records are of 2 accounts that Lethe does not know',
    ]);
    expect(JSON.stringify(report)).not.toContain('acc_other');
  });

  it('reads every record when told to, with progress', async () => {
    await addMessages(
      Array.from({ length: 3_000 }, (_, _id) => ({ _id, account_id: OWNER, to: _id === 1_500 ? { cc: 44 } : PERSON })),
    );
    const seen: number[] = [];
    const report = await checkDataMap(db, mapOf(MESSAGES), {
      countries: ['GB'],
      sampleSize: 'all',
      onProgress: ({ place, read }) => place === 'sms' && seen.push(read),
    });
    expect(report.findings).toEqual([
      {
        severity: 'error',
        where: 'sms.to',
        message: 'holds object, in which no number can be erased: requests of its account fail (1 of 3000 records)',
        ids: ['1500'],
      },
    ]);
    expect(report.sampled).toBe(3_001);
    expect(seen.at(-1)).toBe(3_000);
  });

  it('changes nothing', async () => {
    await addMessages([{ account_id: OWNER, to: PERSON, person: null }]);
    const dump = async () =>
      JSON.stringify(
        await Promise.all(
          (await db.listCollections({}, { nameOnly: true }).toArray())
            .map(({ name }) => name)
            .sort()
            .map(async (name) => [
              name,
              await db.collection(name).find().toArray(),
              await db.collection(name).indexes(),
            ]),
        ),
      );
    const before = await dump();
    await check(loadDataMap(undefined));
    expect(await dump()).toBe(before);
  });
});

describe('lethe check-map', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-check-map-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (...args: string[]) => runCli(['check-map', ...args], { MONGODB_URI: uri, MONGODB_DATABASE: database });
  const file = join(folder, 'map.yaml');

  it('exits with 0 on a map that fits', async () => {
    await addMessages([{ account_id: OWNER, to: PERSON }]);
    writeFileSync(file, fileOf(MESSAGES));
    expect(await run('--file', file, '--account', 'acc_AAAAAAAAAAAA')).toEqual({
      code: 0,
      out: [],
      err: ['2 collections, 2 places of a number, 2 records looked at: 0 errors, 0 warnings'],
    });
  });

  it('exits with 1 on an error, and prints the line that mends it', async () => {
    await addMessages([{ account_id: OWNER, to: PERSON }], { body: 1 });
    writeFileSync(file, fileOf(MESSAGES));
    const { code, out, err } = await run('--file', file);
    expect(code).toBe(1);
    expect(out).toEqual([
      'error    sms.to: no index begins with account_id, to: every look for a number would read the whole collection',
      '         db.sms.createIndex({"account_id":1,"to":1})',
    ]);
    expect(err[0]).toContain('1 error, 0 warnings');
    expect(err[1]).toMatch(/^lethe: the map and the database do not fit/);
  });

  it('creates what is missing when told to, and judges then', async () => {
    await addMessages([{ account_id: OWNER, to: PERSON }], { body: 1 });
    writeFileSync(file, fileOf(MESSAGES));
    const { code, out, err } = await run('--file', file, '--create-indexes');
    expect({ code, out, created: err[0] }).toEqual({
      code: 0,
      out: [],
      created: 'created  db.sms.createIndex({"account_id":1,"to":1})',
    });
    expect((await run('--file', file)).out).toEqual([]);
  });

  it('reads everything, and gives one object a finding', async () => {
    await addMessages([{ _id: 7, account_id: OWNER, to: true }]);
    writeFileSync(file, fileOf(MESSAGES));
    const { code, out } = await run('--file', file, '--all', '--json');
    expect(code).toBe(1);
    expect(out.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ severity: 'error', where: 'sms.to', ids: ['7'] }),
    ]);
    expect((await run('--file', file, '--all')).out[1]).toBe('         _id: 7');
  });

  it('exits with 1 on a map that cannot be read, naming the line', async () => {
    writeFileSync(file, 'version: 1\ncollections: []\n');
    const { code, out, err } = await run('--file', file);
    expect({ code, out }).toEqual({ code: 1, out: [] });
    expect(err[0]).toContain(`lethe: ${file}:2: collections: `);
  });

  it('exits with 1 on an account that is not there', async () => {
    await addAccount();
    expect(await run('--account', 'acc_nobody')).toEqual({ code: 1, out: [], err: ['lethe: no account has this id'] });
  });
});

describe('a map of version 2', () => {
  const second = (collections: object[], rest: object = {}) =>
    parseDataMap(
      JSON.stringify({ version: 2, account: 'account_id', collections: [...collections, SUPPRESSION], ...rest }),
      'map.json',
    );
  const SMS = { collection: 'sms', record: 'message', numbers: ['to'] };

  it('holds each entry against the records it is about alone', async () => {
    await addMessages([
      { account_id: OWNER, type: 'in', to: PERSON },
      { account_id: OWNER, type: 'system', to: { any: 1 } },
    ]);
    expect((await check(second([{ ...SMS, where: { type: 'in' } }]))).findings).toEqual([]);
    const both = [
      { ...SMS, where: { type: 'in' } },
      { ...SMS, name: 'system', where: { type: 'system' } },
    ];
    expect(about(await check(second(both)), 'sms.to')).toEqual([expect.stringMatching(/^error holds object/)]);
  });

  it('knows forms, units, values of directions and products, and JSON', async () => {
    const entry = {
      ...SMS,
      numbers: [{ path: 'to', forms: ['whatsapp'] }],
      at: { path: 'ts', unit: 's' },
      direction: { path: 'mine', outbound: [true], inbound: [false] },
      id: '_id',
      products: { path: 'channel', values: { messages: ['whatsapp'] } },
      json: [{ path: 'raw', numbers: ['from'] }],
    };
    const good = { account_id: OWNER, to: `${PERSON}@c.us`, ts: 1_790_000_000, mine: true, channel: 'whatsapp' };
    const raw = JSON.stringify({ from: PERSON });
    await addMessages([{ ...good, raw }]);
    await db.collection('sms').createIndex({ account_id: 1, ts: 1 });
    expect((await check(second([entry]))).findings).toEqual([]);
    await db.collection('sms').insertOne({ ...good, ts: new Date(), mine: 'no', channel: 'fax', raw: 'from nobody' });
    const report = await check(second([entry]));
    expect(report.findings.map(({ where, message }) => `${where}: ${message}`).sort()).toEqual([
      'sms.channel: holds no value of a product: no transaction id finds such a record (1 of 2 records)',
      'sms.mine: holds neither true nor false: a request for either direction finds such a record (1 of 2 records)',
      'sms.raw: holds a text that is no JSON (1 of 2 records)',
      'sms.ts: holds date, no number of seconds: erasures by age fail on its account (1 of 2 records)',
    ]);
  });

  it('looks into other databases, and creates indexes there', async () => {
    await addMessages([{ account_id: OWNER, to: PERSON }]);
    const other = db.client.db(`${database}-2`);
    await other.collection('old').insertOne({ account_id: OWNER, to: PERSON });
    const map = second([SMS, { ...SMS, collection: 'old', database: `${database}-2` }]);
    const { findings } = await check(map);
    expect(findings.map(({ where, remedy }) => [where, remedy])).toEqual([
      ['old.to', `db.getSiblingDB("${database}-2").old.createIndex({"account_id":1,"to":1})`],
    ]);
    for await (const { fault } of createIndexes(db, findings)) expect(fault).toBeUndefined();
    expect((await check(map)).findings).toEqual([]);
    await other.dropDatabase();
  });

  it('is silent about what is ignored, and finds the collection of an account by its name', async () => {
    await addMessages([{ account_id: OWNER, to: PERSON }]);
    await db.collection('sessions').insertOne({ phone: `+${PERSON}` });
    await db.collection(`chats_${OWNER}`).insertOne({ account_id: OWNER, to: PERSON });
    const map = second([SMS, { ...SMS, collection: 'chats_{account}', name: 'chats' }], {
      ignore: [{ collection: 'sessions', reason: 'no personal data' }],
    });
    const all = await check(map);
    expect(all.findings.map(({ where, message }) => `${where}: ${message}`)).toEqual([
      "chats_{account}: has the account in its name: look at one account's with --account",
    ]);
    const one = await check(map, OWNER);
    expect(one.findings.map(({ remedy }) => remedy)).toEqual([
      `db.chats_${OWNER}.createIndex({"account_id":1,"to":1})`,
    ]);
  });

  it('refuses account: none beside two accounts', async () => {
    await addMessages([{ to: PERSON }], { to: 1 });
    const map = second([{ ...SMS, account: 'none' }]);
    expect((await check(map)).findings).toEqual([]);
    await db.collection<{ _id: string }>('lethe_accounts').insertOne({ _id: 'acc_BBBBBBBBBBBB' });
    expect(about(await check(map), 'accounts')).toEqual([
      expect.stringMatching(/^error The data map says account: none/),
    ]);
  });

  it('wants an index on what ties records to others', async () => {
    await addMessages([{ _id: 1, account_id: OWNER, to: PERSON }]);
    await db.collection('notes').insertOne({ smsId: 1, text: 'hi' });
    const notes = {
      ...{ collection: 'notes', record: 'message', via: { collection: 'sms', key: '_id', field: 'smsId' } },
      fields: [{ path: 'text', category: 'body' }],
    };
    expect((await check(second([SMS, notes]))).findings.map(({ remedy }) => remedy)).toEqual([
      'db.notes.createIndex({"smsId":1})',
    ]);
  });

  it('says of what ties records to others that it leads to none', async () => {
    await addMessages([{ _id: 1, account_id: OWNER, to: PERSON }]);
    await db.collection('notes').insertMany([{ smsId: 'sms$1' }, { smsId: 'sms$2' }] as never[]);
    await db.collection('notes').createIndex({ smsId: 1 });
    const via = { collection: 'sms', key: '_id', field: 'smsId' };
    const notes = { collection: 'notes', record: 'message', via };
    expect(about(await check(second([SMS, notes])), 'notes.smsId')).toEqual([
      'error none of 2 records names a _id of sms, so no erasure finds these records: is the path right, or does it hold that within a text (form: ...{key}...)?',
    ]);
    const inForm = { ...notes, via: { ...via, form: ['sms$', '{key}'].join('') } };
    expect(about(await check(second([SMS, inForm])), 'notes.smsId')).toEqual([]);
  });

  it('counts the records that lead to a record that is gone: in whole batches, and as long as anything is left in them', async () => {
    await addMessages([{ _id: 1, account_id: OWNER, to: PERSON }]);
    const rows = (count: number, row: object) => Array.from({ length: count }, () => ({ smsId: 1, ...row }));
    await db.collection('notes').createIndex({ smsId: 1 });
    await db.collection('notes').insertMany([
      ...rows(1_500, { text: 'of a message that is there' }),
      ...rows(1_100, { smsId: 2, text: 'of one that is gone' }),
      ...rows(1, { smsId: null, text: 'of none' }),
      ...rows(3, { smsId: 2, account_id: OWNER, text: 'the account says itself whose it is' }),
      // An erasure has left them so, and gone on to the message.
      ...rows(20, { smsId: 2, text: null }),
      ...rows(20, { smsId: 2, text: '44********23' }),
      ...rows(40, { smsId: 2, text: 'found by its own number', from: PERSON }),
    ] as never[]);
    const via = { collection: 'sms', key: '_id', field: 'smsId' };
    const fields = [{ path: 'text', category: 'note' }];
    const notes = { collection: 'notes', record: 'message', via, fields, numbers: ['from'] };
    const report = await checkDataMap(db, second([SMS, notes]), { countries: ['GB'], sampleSize: 'all' });
    expect(about(report, 'notes.smsId')).toEqual([
      'error 1101 of 2684 records lead to no record of sms: no erasure and no scan finds them',
      'warning 3 of 2684 records lead to no record of sms: the scan finds numbers in them, and nothing else of theirs goes',
    ]);
    expect(report.findings.find(({ message }) => message.startsWith('1101'))?.ids?.length).toBe(5);
  });
});
