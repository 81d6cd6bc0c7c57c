import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { AUDIT, type AuditEntry, createAuditSeal } from '../../../src/ledger/audit/entry.ts';
import { verifyAudit } from '../../../src/ledger/audit/verify.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { snapshotDatabase } from '../../support/snapshot.ts';
import { basic, ERRORS_AT, insertTransactions, OWN, PERSON, redact } from '../../support/transactions.ts';
import { type Answer, call } from '../../support/wire.ts';

const INSTANCE = expect.stringMatching(/^[0-9a-f]{32}$/);

describe('POST /v1/redact/transaction', () => {
  let platform: Platform;
  let url: string;

  beforeAll(async () => {
    platform = await openPlatform('transaction', { RATE_LIMIT_PER_SECOND: '0', REDACT_RATE_LIMIT: '0' });
    ({ url } = await platform.startApi());
  });
  afterAll(() => platform?.close());

  const customer = async (at?: Date) => {
    const made = await platform.account();
    await insertTransactions(platform, made.account.records_id, at);
    return made;
  };
  const record = (collection: string, filter: object) => platform.core.db.collection(collection).findOne(filter);
  const entries = (account: string) =>
    platform.core.db.collection<AuditEntry>(AUDIT).find({ account_id: account }).sort({ seq: 1 }).toArray();

  it('masks the record before it answers 204 without a body, and again when asked again', async () => {
    const { account, key } = await customer();
    const body = { id: 'out-1', product: 'sms', type: 'outbound' };
    const before = await record('sent_sms', { account_id: account.records_id, message_id: 'both-1' });
    const answer = await redact(url, key, body);
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([204, '', undefined]);
    const masked = await record('sent_sms', { account_id: account.records_id, message_id: 'out-1' });
    expect(masked).toMatchObject({ to: 'REDACTED', body: 'REDACTED', from: 'ACME', status: 'delivered' });
    expect(masked?.redacted_at).toBeInstanceOf(Date);
    expect(await record('sent_sms', { account_id: account.records_id, message_id: 'both-1' })).toEqual(before);

    const snapshot = await snapshotDatabase(platform);
    const again = await redact(url, key, body);
    expect([again.status, again.text]).toEqual([204, '']);
    expect(await snapshotDatabase(platform)).toEqual(snapshot);
  });

  const spellings: [string, object, string, object][] = [
    [
      'SMS as the SDK writes it',
      { id: 'out-1', product: 'SMS', type: 'Outbound' },
      'sent_sms',
      { message_id: 'out-1' },
    ],
    ['an inbound SMS', { id: 'in-1', product: 'SMS', type: 'Inbound' }, 'received_sms', { message_id: 'in-1' }],
    ['no type: outbound', { id: 'both-1', product: 'sms' }, 'sent_sms', { message_id: 'both-1' }],
    ['a null type: outbound', { id: 'both-1', product: 'sms', type: null }, 'sent_sms', { message_id: 'both-1' }],
    ['messages', { id: 'in-1', product: 'messages', type: 'inbound' }, 'received_sms', { message_id: 'in-1' }],
    ['voice', { id: 'call-out', product: 'Voice' }, 'calls', { call_id: 'call-out' }],
    ['an inbound call', { id: 'call-in', product: 'voice', type: 'INBOUND' }, 'calls', { call_id: 'call-in' }],
    ['a call that tells no direction', { id: 'call-none', product: 'voice' }, 'calls', { call_id: 'call-none' }],
    ['NumberInsight', { id: 'n-1', product: 'NumberInsight' }, 'insights', { request_id: 'n-1' }],
    ['number_insight', { id: 'n-1', product: 'number_insight' }, 'insights', { request_id: 'n-1' }],
    ['Verify', { id: 'v-1', product: 'Verify' }, 'verifications', { request_id: 'v-1' }],
    ['VerifySDK', { id: 'v-1', product: 'VerifySDK' }, 'verifications', { request_id: 'v-1' }],
  ];
  it.each(spellings)('%s', async (_name, body, collection, filter) => {
    const { account, key } = await customer();
    expectStatus(await redact(url, key, body), 204);
    const masked = await record(collection, { account_id: account.records_id, ...filter });
    expect(masked?.redacted_at).toBeInstanceOf(Date);
    expect(JSON.stringify(masked)).not.toContain(PERSON);
    // Whole values: two letters alone stand in a random id now and then.
    expect(JSON.stringify(masked)).not.toMatch(/"Jo"|"Stop it"|"hello"/);
    // Everything else of the account is as it was.
    const { db } = platform.core;
    const counts = await Promise.all(
      ['sent_sms', 'received_sms', 'calls', 'verifications', 'insights'].map((name) =>
        db.collection(name).countDocuments({ account_id: account.records_id, redacted_at: { $exists: true } }),
      ),
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  it('an id is found as text, as a number, as an ObjectId and as a UUID', async () => {
    const { account, key } = await platform.account();
    const sent = platform.core.db.collection('sent_sms');
    const base = { account_id: account.records_id, to: PERSON, body: 'Hi', sent_at: new Date(0) };
    const { insertedId } = await sent.insertOne({ ...base, message_id: 4711 });
    await sent.insertOne({ ...base, message_id: insertedId });
    const uuid = new mongoose.mongo.UUID();
    await sent.insertOne({ ...base, message_id: uuid });
    for (const id of ['4711', insertedId.toHexString(), uuid.toString()]) {
      expect((await call(url, `/search/message?id=${id}`, { key })).body).toMatchObject({ 'message-id': id });
      expectStatus(await redact(url, key, { id, product: 'sms' }), 204);
    }
    expect(await sent.countDocuments({ account_id: account.records_id, to: 'REDACTED' })).toBe(3);
  });

  it('half a character is no part of an id: what the driver writes in its place is another one', async () => {
    const { account, key } = await platform.account();
    const sent = platform.core.db.collection('sent_sms');
    const record = { account_id: account.records_id, message_id: 'a\ufffd', to: PERSON, sent_at: new Date(0) };
    await sent.insertOne(record);
    const answer = await redact(url, key, '{"id":"a\\ud800","product":"sms"}');
    expect([answer.status, answer.body.title]).toEqual([404, 'Invalid ID']);
    expectStatus(await redact(url, key, { id: 'a\ufffd', product: 'sms' }), 204);
    const faults = verifyAudit(platform.core.db, createAuditSeal(platform.config.LETHE_TOKEN_KEYS), account._id);
    expect(await faults.next()).toEqual({ done: true, value: undefined });
  });

  it('an id that stands on several records: all of them', async () => {
    const { account, key } = await platform.account();
    const sent = platform.core.db.collection('sent_sms');
    const part = { account_id: account.records_id, message_id: 'parts', to: PERSON, sent_at: new Date(0) };
    await sent.insertMany([1, 2, 3].map((index) => ({ ...part, body: `part ${index}` })));
    expectStatus(await redact(url, key, { id: 'parts', product: 'sms' }), 204);
    expect(await sent.countDocuments({ account_id: account.records_id, to: 'REDACTED', body: 'REDACTED' })).toBe(3);
    expect((await entries(account._id)).map((entry) => entry.counts)).toEqual([{ sent_sms: 3 }]);
  });

  it('is audited: who, when, how many, under its id unless that is a number; a repeat is no act', async () => {
    const { account, key, keyId } = await customer();
    await platform.core.db
      .collection('sent_sms')
      .insertOne({ account_id: account.records_id, message_id: PERSON, to: PERSON, body: 'x', sent_at: new Date(0) });
    for (const id of ['out-1', 'out-1', PERSON]) expectStatus(await redact(url, key, { id, product: 'sms' }), 204);
    const written = await entries(account._id);
    const entry = { actor: keyId, action: 'data.redaction', reason: 'redact_transaction', counts: { sent_sms: 1 } };
    expect(written).toEqual([
      expect.objectContaining({ ...entry, reference: 'out-1' }),
      expect.objectContaining({ ...entry, reference: expect.stringMatching(/^[A-Za-z0-9]{15}$/) }),
    ]);
    expect(JSON.stringify(written)).not.toContain(PERSON);
    const faults = verifyAudit(platform.core.db, createAuditSeal(platform.config.LETHE_TOKEN_KEYS), account._id);
    expect((await faults.next()).done).toBe(true);
  });

  it('Bearer, Basic and the legacy query open the same door', async () => {
    const { key } = await customer();
    const [id = '', secret = ''] = key.split('.');
    const body = { id: 'out-1', product: 'sms' };
    const path = '/v1/redact/transaction';
    const legacy = `${path}?api_key=${id}&api_secret=${secret}`;
    expectStatus(await call(url, path, { body, key }), 204);
    expectStatus(await call(url, path, { body, headers: { authorization: basic(key) } }), 204);
    expectStatus(await call(url, legacy, { body }), 204);
    // Elsewhere a query is no place for a key.
    expectStatus(await call(url, `/v0.1/legs?api_key=${id}&api_secret=${secret}`), 401);
    expectStatus(await call(url, `/gdpr/status?date=today&api_key=${id}&api_secret=${secret}`), 401);
  });

  const strangers: [string, (key: string) => { query?: string; authorization?: string }][] = [
    ['no key', () => ({})],
    ['a wrong secret', (key) => ({ authorization: basic(`${key.slice(0, -1)}!`) })],
    ['a wrong header beside a right query', (key) => ({ query: queryOf(key), authorization: 'Basic x' })],
    ['half a query', (key) => ({ query: `?api_key=${key.split('.')[0]}` })],
    ['a query given twice', (key) => ({ query: `${queryOf(key)}&api_key=x` })],
    ['a wrong query', (key) => ({ query: `${queryOf(key)}x` })],
    ['an operator in the query', (key) => ({ query: `?api_key[$ne]=x&api_secret=${key.split('.')[1]}` })],
  ];
  const queryOf = (key: string) => `?api_key=${key.split('.')[0]}&api_secret=${key.split('.')[1]}`;
  it.each(strangers)('%s: 401, with exactly the documented body', async (_name, make) => {
    const { key } = await customer();
    const { query = '', authorization } = make(key);
    const answer = await call(url, `/v1/redact/transaction${query}`, {
      body: { id: 'out-1', product: 'sms' },
      headers: { ...(authorization && { authorization }) },
    });
    expect([answer.status, answer.text]).toEqual([401, '{"type":"UNAUTHORIZED","error_title":"Unauthorized"}']);
    // Clients that wait to be asked send nothing to a challenge of another scheme.
    expect(answer.headers['www-authenticate']).toBe('Basic realm="Lethe"');
  });

  it('a revoked key: 401', async () => {
    const { key, keyId } = await customer();
    await platform.core.keys.revoke(keyId, new Date());
    expectStatus(await redact(url, key, { id: 'out-1', product: 'sms' }), 401);
  });

  const expectProblem = (answer: Answer, status: number, type: string, title: string, detail: string) => {
    expect({ status: answer.status, body: answer.body }).toEqual({
      status,
      body: { type: ERRORS_AT + type, title, detail, instance: INSTANCE },
    });
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
  };

  it('a record younger than an hour: 403 premature-redaction, and 204 when it is an hour old', async () => {
    const minute = 60_000;
    const { account, key } = await customer(new Date(Date.now() - 59 * minute));
    const early = await redact(url, key, { id: 'out-1', product: 'sms' });
    expectProblem(
      early,
      403,
      '/redact#premature-redaction',
      'Premature Redaction',
      "You must wait 60 minutes before redacting ID 'out-1'",
    );
    const sent = platform.core.db.collection('sent_sms');
    expect(await sent.countDocuments({ account_id: account.records_id, to: PERSON })).toBe(2);
    await sent.updateMany(
      { account_id: account.records_id },
      { $set: { sent_at: new Date(Date.now() - 61 * minute) } },
    );
    expectStatus(await redact(url, key, { id: 'out-1', product: 'sms' }), 204);
  });

  it('the wait is configuration, and the message says it', async () => {
    const { url: other } = await platform.startApi({ REDACT_WAIT_MINUTES: '5' });
    const { key } = await customer(new Date());
    const early = await redact(other, key, { id: 'out-1', product: 'sms' });
    expect(early.body.detail).toBe("You must wait 5 minutes before redacting ID 'out-1'");
    const { url: none } = await platform.startApi({ REDACT_WAIT_MINUTES: '0' });
    expectStatus(await redact(none, key, { id: 'out-1', product: 'sms' }), 204);
    // Redacted is redacted, however young.
    expectStatus(await redact(other, key, { id: 'out-1', product: 'sms' }), 204);
  });

  it('a product the account is not provisioned for: 403 that names key and product', async () => {
    const { account, key, keyId } = await customer();
    await platform.core.accounts.setProducts(account._id, ['voice']);
    const refuse = (product: string) => `User=${keyId} is not provisioned to redact product=${product}`;
    const sms = await redact(url, key, { id: 'out-1', product: 'sms' });
    expectProblem(sms, 403, '#unprovisioned', 'Authorisation error', refuse('SMS'));
    const insight = await redact(url, key, { id: 'nobody', product: 'NumberInsight' });
    expectProblem(insight, 403, '#unprovisioned', 'Authorisation error', refuse('NUMBER-INSIGHT'));
    expectStatus(await redact(url, key, { id: 'call-out', product: 'voice' }), 204);
    await platform.core.accounts.setProducts(account._id, []);
    expectStatus(await redact(url, key, { id: 'call-out', product: 'voice' }), 403);
    await platform.core.accounts.setProducts(account._id, null);
    expectStatus(await redact(url, key, { id: 'out-1', product: 'sms' }), 204);
  });

  const unknown: [string, object, string][] = [
    [
      'an id nobody has',
      { id: '0A000000B0C9A1234', product: 'sms' },
      "ID '0A000000B0C9A1234' could not be found (type=MT)",
    ],
    ['inbound', { id: 'out-1', product: 'sms', type: 'inbound' }, "ID 'out-1' could not be found (type=MO)"],
    ['outbound', { id: 'in-1', product: 'sms', type: 'outbound' }, "ID 'in-1' could not be found (type=MT)"],
    [
      'an inbound call asked for as outbound',
      { id: 'call-in', product: 'voice' },
      "ID 'call-in' could not be found (type=MT)",
    ],
    ['another product', { id: 'out-1', product: 'voice' }, "ID 'out-1' could not be found (type=MT)"],
    ['a number as id', { id: PERSON, product: 'sms' }, "ID '[number]' could not be found (type=MT)"],
    [
      'a number in an id',
      { id: 'sms to +44 7700 900 123', product: 'sms' },
      "ID 'sms to [number]' could not be found (type=MT)",
    ],
    ['the account’s own number as id', { id: OWN, product: 'sms' }, "ID '[number]' could not be found (type=MT)"],
  ];
  it.each(unknown)('%s: 404 invalid-id', async (_name, body, detail) => {
    const { key } = await customer();
    expectProblem(await redact(url, key, body), 404, '#invalid-id', 'Invalid ID', detail);
  });

  it('two accounts with the same id: each its own record', async () => {
    const [ours, theirs] = [await customer(), await customer()];
    const before = await record('sent_sms', { account_id: theirs.account.records_id, message_id: 'out-1' });
    expectStatus(await redact(url, ours.key, { id: 'out-1', product: 'sms' }), 204);
    expect(await record('sent_sms', { account_id: theirs.account.records_id, message_id: 'out-1' })).toEqual(before);
    expect(await entries(theirs.account._id)).toEqual([]);
    const stranger = await platform.account();
    expectStatus(await redact(url, stranger.key, { id: 'out-1', product: 'sms' }), 404);
  });
});
