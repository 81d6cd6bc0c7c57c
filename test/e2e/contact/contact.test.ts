import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import type { AccountValue } from '../../../src/engine/subject.ts';
import { createAuditSeal } from '../../../src/ledger/audit/entry.ts';
import { verifyAudit } from '../../../src/ledger/audit/verify.ts';
import { expectStatuses } from '../../support/expect-status.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { call } from '../../support/wire.ts';

const { Long, Double } = mongoose.mongo;
const DIGITS = '447700900123';
const OTHER = '447700900555';

describe('erasing a contact', () => {
  let platform: Platform;
  let url: string;

  beforeAll(async () => {
    platform = await openPlatform('e2e-contact');
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
  });
  afterAll(() => platform?.close());

  const erase = (key: string, digits: string) => call(url, `/v1/contacts/%2B${digits}`, { method: 'DELETE', key });
  const rows = (collection: string, account: AccountValue) =>
    platform.core.db.collection(collection).find({ account_id: account }).sort({ _id: 1 }).toArray();
  const everything = async (account: AccountValue) => {
    const names = [
      'contacts',
      'contact_lists',
      'sent_sms',
      'received_sms',
      'scheduled_sms',
      'calls',
      'chats',
      'blacklist',
    ];
    const all = await Promise.all(names.map((name) => rows(name, account)));
    return mongoose.mongo.BSON.EJSON.stringify(all, { relaxed: false });
  };
  const audit = (account: string) =>
    platform.core.db.collection('lethe_audit').find({ account_id: account }).sort({ seq: 1 }).toArray();

  it('answers the sample handler of the document, as it calls', async () => {
    const { account, key } = await platform.account();
    const userPhone = '+2348031234567';
    await insertRecords(platform.core.db, account.records_id, userPhone, { sent: 5, received: 4, calls: 3 });
    const response = await fetch(`${url}/v1/contacts/${encodeURIComponent(userPhone)}`, {
      method: 'DELETE',
      headers: { Authorization: `Bearer ${key}` },
    });
    expect(response.ok).toBe(true);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.json()).toEqual({ erased: true, e164: userPhone, records_affected: 12 });
  });

  it('erases words and recordings, and leaves rows, numbers, times, lists and opt-outs', async () => {
    const { account, key, keyId } = await platform.account();
    const at = account.records_id;
    const { db } = platform.core;
    await insertRecords(db, at, DIGITS, { contacts: 1, lists: 1, sent: 2, received: 2, calls: 2 });
    await db.collection('blacklist').insertOne({ account_id: at, number: DIGITS, reason: 'STOP' });
    await db
      .collection('scheduled_sms')
      .insertOne({ account_id: at, to: DIGITS, body: 'Hi Jo', status: 'pending', send_at: new Date() });
    await db.collection('chats').insertOne({ account_id: at, number: DIGITS, messages: ['hello'] });
    await insertRecords(db, at, OTHER, { sent: 1, received: 1, calls: 2 });
    const before = await Promise.all(['sent_sms', 'received_sms', 'calls'].map((name) => rows(name, at)));
    const kept = await Promise.all(
      ['contacts', 'contact_lists', 'blacklist', 'scheduled_sms', 'chats'].map((name) => rows(name, at)),
    );

    const answer = await erase(key, DIGITS);
    expect(answer.body).toEqual({ erased: true, e164: `+${DIGITS}`, records_affected: 6 });

    const isTheirs = (row: Record<string, unknown>) => row.to === DIGITS || row.from === DIGITS;
    const expected = before.map((list, index) =>
      list.map((row) => {
        if (!isTheirs(row)) return row;
        return index === 2
          ? { ...row, transcript: ['[REDACTED]'], recording_url: null }
          : { ...row, body: '[REDACTED]' };
      }),
    );
    expect(await Promise.all(['sent_sms', 'received_sms', 'calls'].map((name) => rows(name, at)))).toEqual(expected);
    expect(
      await Promise.all(
        ['contacts', 'contact_lists', 'blacklist', 'scheduled_sms', 'chats'].map((name) => rows(name, at)),
      ),
    ).toEqual(kept);

    const [entry, ...more] = await audit(account._id);
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      actor: keyId,
      action: 'data.erasure',
      reason: 'ndpr_right_to_erasure',
      counts: { sent_sms: 2, received_sms: 2, calls: 2 },
      token: platform.core.tokens.current(account._id, DIGITS as never),
    });
    expect(JSON.stringify(entry)).not.toContain(DIGITS.slice(2));
  });

  it('answers 0 when it is repeated, and changes nothing more', async () => {
    const { account, key } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, DIGITS, { sent: 3, received: 2, calls: 4 });
    expect((await erase(key, DIGITS)).body.records_affected).toBe(9);
    const after = await everything(account.records_id);
    const again = await erase(key, DIGITS);
    expect({ status: again.status, body: again.body }).toEqual({
      status: 200,
      body: { erased: true, e164: `+${DIGITS}`, records_affected: 0 },
    });
    expect(await everything(account.records_id)).toBe(after);
    // The right was used twice.
    expect((await audit(account._id)).map((entry) => entry.counts)).toEqual([
      { sent_sms: 3, received_sms: 2, calls: 4 },
      {},
    ]);
  });

  it('answers 0 for a number without history', async () => {
    const { key } = await platform.account();
    const answer = await erase(key, '447700900987');
    expect(answer.body).toEqual({ erased: true, e164: '+447700900987', records_affected: 0 });
  });

  it('counts a record found at two places once', async () => {
    const { account, key } = await platform.account();
    await platform.core.db.collection('calls').insertOne({
      account_id: account.records_id,
      from: DIGITS,
      to: `+${DIGITS}`,
      transcript: ['talking to myself'],
      recording_url: null,
    });
    expect((await erase(key, DIGITS)).body.records_affected).toBe(1);
    const [row] = await rows('calls', account.records_id);
    expect(row).toMatchObject({ from: DIGITS, to: `+${DIGITS}`, transcript: ['[REDACTED]'] });
  });

  it('counts records whose _id is a document each for itself', async () => {
    const { account, key } = await platform.account();
    const ids = [1, 2, 3].map((index) => ({ day: account._id, index }));
    await platform.core.db
      .collection('sent_sms')
      .insertMany(ids.map((_id) => ({ _id: _id as never, account_id: account.records_id, to: DIGITS, body: 'Hi' })));
    expect((await erase(key, DIGITS)).body.records_affected).toBe(3);
    expect((await audit(account._id)).map((entry) => entry.counts)).toEqual([{ sent_sms: 3 }]);
  });

  it('changes what holds words only, and gives no record a field it never had', async () => {
    const { account, key } = await platform.account();
    const base = { account_id: account.records_id, from: DIGITS };
    const calls: [object, object | null][] = [
      [{}, null],
      [{ transcript: null, recording_url: null }, null],
      [{ transcript: [], recording_url: '' }, null],
      [{ transcript: ['[REDACTED]'] }, null],
      [{ recording_url: 'r.mp3' }, { recording_url: null }],
      [{ transcript: ['hello'] }, { transcript: ['[REDACTED]'] }],
      [{ transcript: ['[REDACTED]', 'and more'] }, { transcript: ['[REDACTED]'] }],
      [{ transcript: ['', 'hello'] }, { transcript: ['[REDACTED]'] }],
      [{ transcript: [null, 'hello'] }, { transcript: [] }],
      // What a field is, it stays: a text a text, a list of documents a list that holds none.
      [{ transcript: 'hello' }, { transcript: '[REDACTED]' }],
      [{ transcript: [{ speaker: 'Jo', text: 'hello' }] }, { transcript: [] }],
    ];
    const texts: [object, object | null][] = [
      [{ body: '[REDACTED]' }, null],
      [{ body: '' }, null],
      [{ body: null }, null],
      [{}, null],
      [{ body: ['[REDACTED]', 'a second part'] }, { body: ['[REDACTED]'] }],
      [{ body: 0 }, { body: null }],
      [{ body: '[REDACTED] ' }, { body: '[REDACTED]' }],
    ];
    await platform.core.db.collection('calls').insertMany(calls.map(([fields]) => ({ ...base, ...fields })));
    await platform.core.db.collection('received_sms').insertMany(texts.map(([fields]) => ({ ...base, ...fields })));
    const changed = [...calls, ...texts].filter(([, change]) => change !== null).length;
    expect((await erase(key, DIGITS)).body.records_affected).toBe(changed);
    const withoutId = ({ _id, ...fields }: Record<string, unknown>) => fields;
    expect((await rows('calls', account.records_id)).map(withoutId)).toEqual(
      calls.map(([fields, change]) => ({ ...base, ...fields, ...change })),
    );
    expect((await rows('received_sms', account.records_id)).map(withoutId)).toEqual(
      texts.map(([fields, change]) => ({ ...base, ...fields, ...change })),
    );
    expect((await erase(key, DIGITS)).body.records_affected).toBe(0);
  });

  it.each([
    ['the national form', '07700900123'],
    ['a plus', `+${DIGITS}`],
    ['two zeros', `00${DIGITS}`],
    ['spaces', '+44 7700 900123'],
    ['a national number as an integer', new Double(7_700_900_123)],
    ['an Int64', Long.fromString(DIGITS)],
    ['a list of numbers', ['447700900555', DIGITS]],
  ])('finds a number held as %s', async (_what, stored) => {
    const { account, key } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, stored, { sent: 1, received: 1, calls: 2 });
    expect((await erase(key, DIGITS)).body.records_affected).toBe(4);
  });

  it.each([
    ['2348031234567', '08031234567'],
    ['12025550143', '+1 202 555 0143'],
    ['4532123456', '32123456'],
    ['819012345678', '09012345678'],
    ['1234567', '+1234567'],
    ['123456789012345', '123456789012345'],
  ])('serves every country: +%s held as %s', async (digits, stored) => {
    const { account, key } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, stored, { sent: 1, calls: 1 });
    const answer = await erase(key, digits);
    expect(answer.body).toEqual({ erased: true, e164: `+${digits}`, records_affected: 2 });
    expect(await rows('sent_sms', account.records_id)).toEqual([expect.objectContaining({ to: stored })]);
  });

  it('does not take a number that no country has for the end of somebody else’s', async () => {
    const { account, key } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, '023456789012', { sent: 1 });
    await insertRecords(platform.core.db, account.records_id, Long.fromString('23456789012'), { sent: 1 });
    expect((await erase(key, '4423456789012')).body.records_affected).toBe(0);
  });

  it('leaves another account’s records alone', async () => {
    const [own, theirs] = await Promise.all([platform.account(), platform.account()]);
    for (const { account } of [own, theirs])
      await insertRecords(platform.core.db, account.records_id, DIGITS, { sent: 2, received: 1, calls: 2 });
    const before = await everything(theirs.account.records_id);
    expect((await erase(own.key, DIGITS)).body.records_affected).toBe(5);
    expect(await everything(theirs.account.records_id)).toBe(before);
    expect(await audit(theirs.account._id)).toEqual([]);
  });

  it.each([2, 6])('%d identical calls at once: all succeed, and each record is counted once', async (width) => {
    const { account, key } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, DIGITS, { sent: 20, received: 10, calls: 10 });
    const answers = await Promise.all(Array.from({ length: width }, () => erase(key, DIGITS)));
    expectStatuses(answers, Array(width).fill(200));
    const counts = answers.map((answer) => Number(answer.body.records_affected));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(40);
    const entries = await audit(account._id);
    expect(entries.map((entry) => entry.seq)).toEqual(Array.from({ length: width }, (_, index) => index + 1));
  });

  it('many people of one account at once, at two processes: each is erased, and has one entry', async () => {
    const { account, key } = await platform.account();
    const urls = [url, (await platform.startApi()).url];
    // All in turn within the 20 s that one call may take, on a slow machine, too.
    const people = Array.from({ length: 8 }, (_, index) => String(447700900200 + index));
    for (const digits of people)
      await insertRecords(platform.core.db, account.records_id, digits, { sent: 3, calls: 1 });
    const answers = await Promise.all(
      people.map((digits, index) =>
        call(urls[index % 2] ?? url, `/v1/contacts/%2B${digits}`, { method: 'DELETE', key }),
      ),
    );
    expect(answers.map(({ status, body }) => [status, body.records_affected])).toEqual(people.map(() => [200, 4]));
    const entries = await audit(account._id);
    expect(entries.map((entry) => entry.counts)).toEqual(people.map(() => ({ sent_sms: 3, calls: 1 })));
    const faults = verifyAudit(platform.core.db, createAuditSeal(platform.config.LETHE_TOKEN_KEYS), account._id);
    expect(await faults.next()).toEqual({ done: true, value: undefined });
  });
});
