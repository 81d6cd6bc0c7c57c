import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { retentionRun } from '../../../src/contracts/retention/periods.ts';
import { createTransactionRedaction } from '../../../src/contracts/transaction/redact.ts';
import { targetsByAge } from '../../../src/engine/by-age.ts';
import { profileFor } from '../../../src/engine/map/profile.ts';
import { compileRecordRules } from '../../../src/engine/record-plan.ts';
import { createEraseNow } from '../../../src/ledger/at-once/erase-now.ts';
import { forget, untilCompleted, untilRequest } from '../../support/forget.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { call } from '../../support/wire.ts';

const { Long, ObjectId, UUID } = mongoose.mongo;
const JO = '447700900123';
const AL = '447700900456';
const MASK = '44********23';

const MAP = `version: 2
account: acc
collections:
  - { collection: blacklist, record: suppression, numbers: [number] }
  - collection: sms
    name: sms_out
    record: message
    where: { type: [SENT, DRAFT] }
    numbers: [phone]
    fields: [ { path: body, category: body } ]
    id: mid
    at: { path: ts, unit: s }
    products: { path: channel, values: { sms: [sms, SMS], messages: [whatsapp] } }
    direction: outbound
    redacted: red
  - collection: sms
    name: sms_in
    record: message
    where: { type: RECEIVED }
    numbers: [phone]
    fields: [ { path: body, category: body } ]
    id: mid
    at: { path: ts, unit: s }
    products: [ sms ]
    direction: inbound
    redacted: red
  - collection: chats
    record: message
    numbers: [ { path: key.jid, forms: [whatsapp] } ]
    fields:
      - { path: last, category: transcript }
      - { path: raw, category: custom }
      - { path: score, category: other }
      - { path: list, category: transcript }
      - { path: title, category: name, strategy: { replace: gone } }
    at: { path: ts, unit: text }
  - { collection: mixed, record: message, numbers: [to, "to[]", "to[].phone"], fields: [ { path: "to[].name", category: name } ] }
  - collection: people
    record: contact
    numbers: [ phone, "kin[].phone" ]
    fields: [ { path: name, category: name }, { path: "kin[].name", category: name } ]
  - { collection: copies, account: { path: owner, types: [string, objectid] }, record: message, numbers: [to] }
  - collection: bulk
    record: message
    numbers: [ "to[].phone" ]
    fields: [ { path: text, category: body, only_if_alone: true } ]
  - collection: split
    record: message
    numbers: [ { parts: [ phone.cc, phone.number ] } ]
    fields: [ { path: body, category: body } ]
    at: sent
  - { collection: cards, record: contact, numbers: [ { parts: [ cc, area, line ], code: true } ], scan: off }
  - { collection: quiet, record: message, numbers: [ to ], scan: off }
  - collection: parts
    record: message
    numbers: [ from ]
    fields: [ { path: "parts[].text", category: body, all: true } ]
`;

describe('a map of version 2', () => {
  let platform: Platform;
  let url: string;
  const folder = mkdtempSync(join(tmpdir(), 'lethe-map-2-'));
  const owner = new ObjectId();
  let made: Awaited<ReturnType<Platform['account']>>;

  beforeAll(async () => {
    writeFileSync(join(folder, 'map.yaml'), MAP);
    platform = await openPlatform('map-2', {
      ...{ DATA_MAP: join(folder, 'map.yaml'), NUMBER_PREFIXES: '44,1', COUNTRIES: 'GB' },
    });
    ({ url } = await platform.startApi());
    await platform.startWorker();
    made = await platform.account({ recordsId: owner });
  });
  afterAll(async () => {
    await platform?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Writes records, forgets the person, and gives back what is left of the records. */
  async function erase(collection: string, records: object[], field = 'acc', account: unknown = owner) {
    const { db } = platform.core;
    await db.collection(collection).deleteMany({});
    await db.collection(collection).insertMany(records.map((record) => ({ [field]: account, ...record })));
    await untilCompleted(platform, await forget(url, made.key, { number: JO }));
    return db
      .collection(collection)
      .find({}, { projection: { _id: 0, [field]: 0 } })
      .sort({ _id: 1 })
      .toArray();
  }

  it('changes only records that match', async () => {
    expect(
      await erase('sms', [
        { type: 'SENT', phone: JO, body: 'Hi' },
        { type: 'RECEIVED', phone: `+${JO}`, body: 'Hi' },
        { type: 'SYSTEM', phone: JO, body: 'no entry is about this' },
      ]),
    ).toEqual([
      { type: 'SENT', phone: MASK, body: '[REDACTED]' },
      { type: 'RECEIVED', phone: MASK, body: '[REDACTED]' },
      // The scan reads it all the same: the number goes, and nothing else.
      { type: 'SYSTEM', phone: MASK, body: 'no entry is about this' },
    ]);
  });

  it('finds numbers in templates, and leaves each field its shape', async () => {
    const jid = `${JO}@c.us`;
    expect(
      await erase('chats', [
        { key: { jid }, last: { text: 'Hi' }, raw: { a: 1 }, score: 5, list: [{ text: 'Hi' }], title: 'Jo' },
        { key: { jid: `${JO}:12@s.whatsapp.net` }, last: 'Hi', raw: null, score: '', list: ['Hi', 'Jo'] },
        { key: { jid: `whatsapp:+${JO}` }, last: [], list: {} },
        { key: { jid: `${JO}1@c.us` }, last: 'of another' },
        { key: { jid: `${AL}:12@s.whatsapp.net` }, last: 'of Al' },
      ]),
    ).toEqual([
      { key: { jid: MASK }, last: {}, raw: {}, score: null, list: [], title: 'gone' },
      { key: { jid: MASK }, last: '[REDACTED]', raw: null, score: '', list: ['[REDACTED]'] },
      { key: { jid: MASK }, last: [], list: {} },
      { key: { jid: `${JO}1@c.us` }, last: 'of another' },
      { key: { jid: `${AL}:12@s.whatsapp.net` }, last: 'of Al' },
    ]);
  });

  it('takes a field that is a text, a list or a list of objects', async () => {
    expect(
      await erase('mixed', [
        { to: JO },
        { to: [AL, JO, Long.fromString(JO)] },
        { to: [{ phone: AL, name: 'Al' }, { phone: JO, name: 'Jo' }, { phone: JO }] },
      ]),
    ).toEqual([
      { to: MASK },
      { to: [AL, MASK, null] },
      { to: [{ phone: AL, name: 'Al' }, { phone: MASK, name: null }, { phone: MASK }] },
    ]);
  });

  it('deletes nobody in whose record the number stands as somebody else’s', async () => {
    expect(
      await erase('people', [
        {
          phone: AL,
          name: 'Al',
          kin: [
            { phone: JO, name: 'Jo' },
            { phone: AL, name: 'Me' },
          ],
        },
        { phone: JO, name: 'Jo' },
      ]),
    ).toEqual([
      {
        phone: AL,
        name: 'Al',
        kin: [
          { phone: MASK, name: null },
          { phone: AL, name: 'Me' },
        ],
      },
    ]);
  });

  it('finds an account in each of its types', async () => {
    const { db } = platform.core;
    const other = new ObjectId();
    await db.collection('copies').insertOne({ owner: other, to: JO });
    const left = await erase('copies', [{ to: JO }], 'owner', owner.toHexString());
    expect(left).toEqual([{ to: MASK }]);
  });

  it('reads records before it changes a text that others share', async () => {
    expect(
      await erase('bulk', [
        { to: [{ phone: JO }, { phone: AL }], text: 'for both' },
        { to: [{ phone: JO }], text: 'for Jo' },
      ]),
    ).toEqual([
      { to: [{ phone: MASK }, { phone: AL }], text: 'for both' },
      { to: [{ phone: MASK }], text: '[REDACTED]' },
    ]);
  });

  it('changes a field in every element of its array', async () => {
    expect(
      await erase('parts', [{ from: JO, parts: [{ text: 'a' }, { text: '' }, { n: 1 }, { text: ['b'] }] }]),
    ).toEqual([{ from: MASK, parts: [{ text: '[REDACTED]' }, { text: '' }, { n: 1 }, { text: ['[REDACTED]'] }] }]);
  });

  it('finds a number that stands in several fields, by its index and by reading', async () => {
    const phone = (cc: unknown, number: unknown) => ({ phone: { cc, number }, body: 'Hi' });
    const masked = { phone: { cc: '44', number: '********23' }, body: '[REDACTED]' };
    // The account holds nothing else: it is accepted by look-ups.
    expect(
      await erase('split', [
        phone('44', '7700900123'),
        phone('+44', '7700-900-1-2-3'),
        phone(44, Long.fromString('7700900123')),
        phone('353', '7700900123'),
        phone('44', '7700900456'),
      ]),
    ).toEqual([
      masked,
      { phone: { cc: '+44', number: '****-***-*-2-3' }, body: '[REDACTED]' },
      { phone: { cc: 44, number: null }, body: '[REDACTED]' },
      phone('353', '7700900123'),
      phone('44', '7700900456'),
    ]);
  });

  it('deletes by several fields, where nothing is scanned', async () => {
    const { db } = platform.core;
    const cards = [
      { cc: '44', area: '7700', line: '900123' },
      { cc: 44, area: '07700', line: '900 123' },
      { cc: '44', area: '7700', line: '900456' },
    ];
    await db.collection('cards').insertMany(cards.map((card) => ({ acc: owner, ...card })));
    const access = await call(url, `/gdpr/access?number=${JO}`, { key: made.key });
    expect(access.text.match(/"line"/g)).toHaveLength(2);
    const done = await untilCompleted(platform, await forget(url, made.key, { number: JO }));
    expect(done.scan).toMatchObject({ not_scanned: ['cards', 'quiet'] });
    expect((await db.collection('cards').find().toArray()).map(({ line }) => line)).toEqual(['900456']);
  });

  it('looks up every usual writing where nothing is scanned, and names what may be two people’s', async () => {
    const { db } = platform.core;
    const written = ['(07700) 900-123', "'07700 900123", '+44 (0) 7700 900123', '0044-7700-900123', `${JO}.0`];
    expect(
      await erase(
        'quiet',
        written.map((to) => ({ to })),
      ),
    ).toEqual(written.map(() => ({ to: MASK })));
    for (const to of ['4.47701E+11', 447701000000]) {
      // Accepted: it may be theirs.
      const { insertedId } = await db.collection('quiet').insertOne({ acc: owner, to });
      const reference = await forget(url, made.key, { number: JO });
      const { failure } = await untilRequest(platform, reference, 'a failure', ({ state }) => state === 'failed');
      expect(failure).toMatchObject({ name: 'ambiguous_number', where: 'quiet.to' });
      await db.collection('quiet').deleteOne({ _id: insertedId });
      await untilCompleted(platform, reference);
    }
  });

  it('retention takes a number in several fields for one', async () => {
    const { db, dataMap } = platform.core;
    const old = new Date('2020-01-01');
    await db.collection('split').deleteMany({});
    await db.collection('split').insertMany([
      { acc: owner, sent: old, phone: { cc: '44', number: '7700900123' } },
      { acc: owner, sent: old, phone: {} },
    ]);
    const rules = compileRecordRules(
      dataMap,
      profileFor('retention', dataMap),
      ({ collection }) => collection === 'split',
    );
    for (const target of targetsByAge(db, rules, owner, new Date('2021-01-01'), new Date()))
      await target.change(await target.find(10));
    expect(await db.collection('split').countDocuments()).toBe(1);
  });

  describe('a transaction', () => {
    const now = new Date('2026-06-01T12:00:00Z');
    const seconds = (minutesAgo: number) => now.getTime() / 1000 - minutesAgo * 60;
    const redact = async (record: object, product: 'sms' | 'messages', direction: 'outbound' | 'inbound') => {
      const { core } = platform;
      await core.db.collection('sms').deleteMany({});
      await core.db.collection('sms').insertOne({ acc: owner, mid: 'm1', phone: JO, body: 'Hi', ...record });
      const eraseNow = createEraseNow({ ...core, now: () => now });
      const run = createTransactionRedaction({ ...core, eraseNow, waitMs: 3_600_000 });
      const outcome = await run({ account: made.account, actor: 'key', id: 'm1', product, direction }, now).catch(
        (error: Error) => error.name,
      );
      return [outcome, (await core.db.collection('sms').findOne({}))?.phone];
    };

    it.each([
      ['its own direction', { type: 'SENT', channel: 'SMS', ts: seconds(90) }, 'sms', 'outbound', 'redacted'],
      ['the wrong direction', { type: 'SENT', channel: 'sms', ts: seconds(90) }, 'sms', 'inbound', 'not_found'],
      ['another product', { type: 'SENT', channel: 'whatsapp', ts: seconds(90) }, 'sms', 'outbound', 'not_found'],
      [
        'a product by its value',
        { type: 'SENT', channel: 'whatsapp', ts: seconds(90) },
        'messages',
        'outbound',
        'redacted',
      ],
      ['a young record', { type: 'RECEIVED', ts: seconds(1) }, 'sms', 'inbound', 'premature'],
      ['a time nobody can read', { type: 'RECEIVED', ts: 'today' }, 'sms', 'inbound', 'ErasureFailure'],
    ] as const)('%s', async (_what, record, product, direction, outcome) => {
      expect(await redact(record, product, direction)).toEqual([outcome, outcome === 'redacted' ? 'REDACTED' : JO]);
    });
  });

  it('retention deletes records that hold a number, are old by their own unit, and match', async () => {
    const { db, dataMap } = platform.core;
    const before = new Date('2026-01-01T00:00:00Z');
    const old = before.getTime() / 1000 - 10;
    const sms = [
      { mid: 'old', type: 'SENT', phone: JO, ts: old },
      { mid: 'erased', type: 'SENT', phone: MASK, ts: old },
      { mid: 'new', type: 'SENT', phone: JO, ts: old + 20 },
      { mid: 'no number', type: 'SENT', ts: old },
      { mid: 'null', type: 'SENT', phone: null, ts: old },
      { mid: 'unmapped', type: 'SYSTEM', phone: JO, ts: old },
    ];
    const chats = [
      { mid: 'old', key: { jid: JO }, ts: '2025-12-31T23:59:59Z' },
      { mid: 'zone', key: { jid: JO }, ts: '2026-01-01T01:00:00+02:00' },
      { mid: 'new', key: { jid: JO }, ts: '2026-01-01 00:00:00' },
    ];
    for (const [name, rows] of Object.entries({ sms, chats })) {
      await db.collection(name).deleteMany({});
      await db.collection(name).insertMany(rows.map((row) => ({ acc: owner, ...row })));
    }
    const rules = compileRecordRules(dataMap, profileFor('retention', dataMap), (entry) => entry.at !== undefined);
    for (const target of targetsByAge(db, rules, owner, before, new Date())) {
      await target.change(await target.find(100));
      expect(await target.remains()).toBe(false);
      expect(await target.isUnreadable()).toBe(false);
    }
    const left = async (name: string) =>
      (await db.collection(name).find().sort({ _id: 1 }).toArray()).map((row) => row.mid);
    expect(await left('sms')).toEqual(['new', 'no number', 'null', 'unmapped']);
    expect(await left('chats')).toEqual(['new']);
    await db.collection('chats').insertOne({ acc: owner, key: { jid: JO }, ts: 'Thu, 24 Aug 2023' });
    const [chat] = targetsByAge(
      db,
      rules.filter((rule) => rule.name === 'chats'),
      owner,
      before,
      new Date(),
    );
    expect(await chat?.isUnreadable()).toBe(true);
    expect(retentionRun(dataMap, { ...made.account, retention_months: 13 }, new Date()).selector.by).toBe('age');
  });

  it('national writings belong to the countries of the account', async () => {
    const { core } = platform;
    const { account, key } = await platform.account({ recordsId: 'american' });
    await core.accounts.setCountries(account._id, ['US']);
    const written = ['(201) 555-0123', '2015550123', '201.555.0123', 2015550123];
    await core.db
      .collection('quiet')
      .insertMany([...written, '+2015550123', '+12015550124'].map((to) => ({ acc: 'american', to })));
    const access = await call(url, '/gdpr/access?number=12015550123', { key });
    expect(access.text.match(/"quiet"/g)?.length).toBeGreaterThanOrEqual(1);
    await untilCompleted(platform, await forget(url, key, { number: '12015550123' }));
    const left = await core.db.collection('quiet').find({ acc: 'american' }).sort({ _id: 1 }).toArray();
    expect(left.map(({ to }) => to)).toEqual([
      ...['1********23', '1********23', '1********23', null],
      // Egypt’s, and another American’s.
      ...['+2015550123', '+12015550124'],
    ]);
  });

  it('a UUID and a long number are accounts as others', async () => {
    for (const recordsId of [new UUID('11111111-2222-4333-8444-555555555555'), Long.fromString('9007199254740999')]) {
      const { account, key } = await platform.account({ recordsId });
      await platform.core.db.collection('parts').insertOne({ acc: recordsId, from: JO });
      await platform.core.db.collection('parts').insertOne({ acc: 'another', from: JO });
      await untilCompleted(platform, await forget(url, key, { number: JO }));
      expect((await platform.core.db.collection('parts').findOne({ acc: recordsId }))?.from).toBe(MASK);
      expect((await platform.core.db.collection('parts').findOne({ acc: 'another' }))?.from).toBe(JO);
      await platform.core.db.collection('parts').deleteMany({ acc: 'another' });
      expect(String(account.records_id)).toBe(String(recordsId));
    }
  });
});

describe('a platform of one tenant', () => {
  it('has its records found by the number alone, and no second account', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lethe-map-2-'));
    const file = join(folder, 'map.yaml');
    writeFileSync(
      file,
      MAP.replace('account: acc', 'account: none\nambiguous: erase').replace(
        'collection: copies, account: { path: owner, types: [string, objectid] }',
        'collection: copies',
      ),
    );
    const platform = await openPlatform('map-2-one', { DATA_MAP: file });
    try {
      const { url } = await platform.startApi();
      await platform.startWorker();
      const { key } = await platform.account();
      const { db } = platform.core;
      const doubtful = ['4.47701E+11', 447701000000].map((to) => ({ to }));
      await db.collection('copies').insertMany([{ to: JO }, { to: AL }, ...doubtful]);
      await db.collection('quiet').insertMany(doubtful.map(({ to }) => ({ to })));
      await db.collection('people').insertOne({ phone: JO });
      await untilCompleted(platform, await forget(url, key, { number: JO }));
      expect((await db.collection('copies').find().sort({ _id: 1 }).toArray()).map((row) => row.to)).toEqual([
        MASK,
        AL,
        ...[MASK, null],
      ]);
      expect((await db.collection('quiet').find().sort({ _id: 1 }).toArray()).map((row) => row.to)).toEqual([
        ...[MASK, null],
      ]);
      expect(await db.collection('people').countDocuments()).toBe(0);
      expect(await db.collection('blacklist').countDocuments({ token: { $exists: true } })).toBe(1);
      await platform.account();
      await expect(platform.core.prepare()).rejects.toThrow('account: none');
    } finally {
      await platform.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
