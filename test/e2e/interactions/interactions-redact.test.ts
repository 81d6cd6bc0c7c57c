import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import type { Account } from '../../../src/ledger/accounts/accounts.ts';
import { AUDIT } from '../../../src/ledger/audit/entry.ts';
import { REQUESTS, requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { expectStatus, expectStatuses } from '../../support/expect-status.ts';
import {
  allowRedaction,
  callOf,
  chatOf,
  formOf,
  JO,
  makeAgency,
  OWN,
  receivedOf,
  SAM,
  sentOf,
} from '../../support/interactions.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { openRecordings } from '../../support/recordings.ts';
import { indexPlatform } from '../../support/records.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call, sendRaw } from '../../support/wire.ts';

const { Long, ObjectId } = mongoose.mongo;
const at = (day: number) => new Date(Date.UTC(2026, 5, day, 12));
const YES = { redact_content: true, understood: true };
const PAST = { redact_past: true, understood: true };

describe('POST /accounts/{id}/interactions/{id}/redact', () => {
  let platform: Platform;
  let url: string;
  let made: Awaited<ReturnType<typeof makeAgency>>;
  let account: Account;

  beforeAll(async () => {
    platform = await openPlatform('e2e-redact', { RATE_LIMIT_PER_SECOND: '0' });
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
  });
  beforeEach(async () => {
    made = await makeAgency(platform);
    account = made.sub.account;
    await allowRedaction(platform, made, { manual: true });
  });
  afterAll(() => platform?.close());

  const db = () => platform.core.db;
  const put = (collection: string, ...rows: object[]) => db().collection(collection).insertMany(rows);
  const rowOf = (collection: string, id: Record<string, unknown>) =>
    db()
      .collection(collection)
      .findOne({ account_id: account.records_id, ...id }, { projection: { _id: 0, account_id: 0 } });
  const path = (id: string, query = '') =>
    `/accounts/${account._id}/interactions/${encodeURIComponent(id)}/redact${query}`;
  const past = (id: string) => call(url, path(id).replace(/redact$/, 'past'), { key: made.sub.key });
  const redact = (id: string, body: object | string, key = made.sub.key, query = '') =>
    call(url, path(id, query), { method: 'POST', key, body });

  it('a call: everything personal goes, what is needed to count and route stays', async () => {
    await put('calls', callOf(account, 'c1', at(1)), callOf(account, 'c2', at(2)));
    await put('calls', callOf(made.sibling.account, 'c1', at(1)));
    const body = '{"redact_content":true,"redact_past":false,"understood":true}';
    const answer = await sendRaw(
      url,
      `POST ${path('c1')} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${made.sub.key}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expectStatus(answer, 200);
    expect(answer.body).toMatchObject({ id: 'c1', redacted: true, tracking_number: OWN, contact_number: null });
    const row = await rowOf('calls', { call_id: 'c1' });
    expect(row).toEqual({
      call_id: 'c1',
      direction: 'inbound',
      from: null,
      to: OWN,
      started_at: at(1),
      status: 'answered',
      source: 'newspaper',
      call_flow: ['menu', 'sales'],
      caller_name: null,
      // What was an object stays one: the platform's own models load and save it.
      caller_id: {},
      enhanced_caller_id: {},
      email: null,
      transcript: [],
      recording_url: null,
      notes: null,
      tags: [],
      visitor: {},
      custom: {},
      redacted_at: expect.any(Date),
    });
    expect((await rowOf('calls', { call_id: 'c2' }))?.caller_name).toBe('Jo Bloggs');
    const theirs = await db().collection('calls').findOne({ account_id: made.sibling.account.records_id });
    expect(theirs?.from).toBe(JO);
  });

  it('an outbound call keeps its caller; one of no direction keeps no number', async () => {
    await put(
      'calls',
      callOf(account, 'out', at(1), { direction: 'outbound', from: OWN, to: JO }),
      callOf(account, 'odd', at(1), { direction: null }),
    );
    await redact('out', YES);
    expect(await rowOf('calls', { call_id: 'out' })).toMatchObject({ from: OWN, to: null });
    await redact('odd', YES);
    expect(await rowOf('calls', { call_id: 'odd' })).toMatchObject({ from: null, to: null });
  });

  it('texts, chats and forms', async () => {
    await put('sent_sms', sentOf(account, 's1', at(1)));
    await put('received_sms', receivedOf(account, 'r1', at(1)));
    await put('chats', chatOf(account, 'h1', at(1)));
    await put('forms', formOf(account, 'f1', at(1)));
    for (const id of ['s1', 'r1', 'h1', 'f1']) expectStatus(await redact(id, YES), 200);
    expect(await rowOf('sent_sms', { message_id: 's1' })).toMatchObject({ to: null, from: OWN, body: null });
    expect(await rowOf('received_sms', { message_id: 'r1' })).toMatchObject({ from: null, to: OWN, body: null });
    const chat = { number: null, name: null, messages: [], tags: [], tracking_number: OWN, source: 'web' };
    expect(await rowOf('chats', { chat_id: 'h1' })).toMatchObject(chat);
    expect(await rowOf('forms', { form_id: 'f1' })).toMatchObject({ number: null, answers: {}, visitor: {} });
  });

  it('ids that the database holds as numbers or ObjectIds', async () => {
    const id = new ObjectId();
    await put('calls', callOf(account, 'x', at(1), { call_id: Long.fromString('12345678') }));
    await put('calls', callOf(account, 'x', at(1), { call_id: id }));
    expect((await redact('12345678', YES)).body).toMatchObject({ id: '12345678', redacted: true });
    expect((await redact(id.toHexString(), YES)).body).toMatchObject({ id: id.toHexString(), redacted: true });
  });

  it('again: the same answer, one entry in the audit', async () => {
    await put('calls', callOf(account, 'c1', at(1)));
    const answers = [await redact('c1', YES), await redact('c1', YES)];
    expectStatuses(answers, [200, 200]);
    expect(answers[1]?.body).toEqual(answers[0]?.body);
    const entries = await db().collection(AUDIT).find({ account_id: account._id }).toArray();
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      action: 'data.redaction',
      reason: 'interaction_redaction',
      actor: made.sub.key.split('.')[0],
      counts: { calls: 1 },
    });
    expect(JSON.stringify(entries)).not.toContain(JO.slice(2));
  });

  it('many at the same instant: redacted once', async () => {
    await put('calls', callOf(account, 'c1', at(1)));
    const answers = await Promise.all(Array.from({ length: 6 }, () => redact('c1', YES)));
    expectStatuses(answers, [200, 200, 200, 200, 200, 200]);
    expect(await db().collection(AUDIT).countDocuments({ account_id: account._id })).toBe(1);
  });

  it('the key of the agency may do it, too', async () => {
    await put('calls', callOf(account, 'c1', at(1)));
    expect((await redact('c1', YES, made.agency.key)).body).toMatchObject({ redacted: true });
  });

  describe('the past', () => {
    beforeEach(async () => {
      await put(
        'calls',
        callOf(account, 'c1', at(1)),
        callOf(account, 'c2', at(2), { direction: 'outbound', from: OWN, to: '+447700900123' }),
        callOf(account, 'c3', at(9)),
        callOf(account, 'sam', at(1), { from: SAM }),
      );
      await put('calls', callOf(made.sibling.account, 'c1', at(1)));
      await put('received_sms', receivedOf(account, 'r1', at(3), { from: '07700 900123' }));
      await put('received_sms', receivedOf(account, 'r2', at(5)), receivedOf(account, 'r3', at(5)));
      await put('sent_sms', sentOf(account, 's1', at(4), { to: Long.fromString(JO) }), sentOf(account, 's2', at(8)));
      await put('chats', chatOf(account, 'h1', at(1), { number: '00447700900123' }));
      await put('forms', formOf(account, 'f1', at(6)));
      await put('contacts', { account_id: account.records_id, number: JO, name: 'Jo' });
    });

    const finish = async (reference: unknown) =>
      waitFor('completion', async () => {
        const answer = await call(url, `/accounts/${account._id}/redactions/${reference}`, { key: made.sub.key });
        return answer.body.state === 'completed' ? answer.body : null;
      });
    const redacted = async () => {
      const rows = await Promise.all(
        [
          ['calls', 'call_id'],
          ['received_sms', 'message_id'],
          ['sent_sms', 'message_id'],
          ['chats', 'chat_id'],
          ['forms', 'form_id'],
        ].map(async ([name = '', id = '']) =>
          (
            await db()
              .collection(name)
              .find({ account_id: account.records_id, redacted_at: { $ne: null } })
              .toArray()
          ).map((row) => String(row[id])),
        ),
      );
      return rows.flat().sort();
    };

    it('every earlier interaction with the same contact, in whatever form, and nothing beside it', async () => {
      const { stop } = await platform.startWorker();
      const ahead = await past('r2');
      expect(ahead.body).toEqual({
        ...{ before: at(5).toISOString(), total: 5 },
        counts: { calls: 2, received_sms: 1, sent_sms: 1, chats: 1 },
      });
      expect(await redacted()).toEqual([]);
      const answer = await redact('r2', { ...PAST, redact_content: true });
      expectStatus(answer, 202);
      expect(answer.body).toMatchObject({
        reference: expect.stringMatching(/^[A-Za-z0-9]{15}$/),
        before: at(5).toISOString(),
        interaction: { id: 'r2', redacted: true },
      });
      const done = await finish(answer.body.reference);
      expect(done).toMatchObject({
        reference: answer.body.reference,
        completed_at: expect.any(String),
        redacted: { calls: 2, received_sms: 1, sent_sms: 1, chats: 1 },
      });
      // Not r3 of the same moment, not what came later, not Sam's.
      expect(await redacted()).toEqual(['c1', 'c2', 'h1', 'r1', 'r2', 's1']);
      expectStatus(await past('r2'), 409);
      expect((await past('r3')).body).toMatchObject({ total: 0, counts: {} });
      expect(await rowOf('calls', { call_id: 'c2' })).toMatchObject({ from: OWN, to: null, caller_name: null });
      expect(await rowOf('contacts', { number: JO })).toMatchObject({ name: 'Jo' });
      const theirs = await db().collection('calls').findOne({ account_id: made.sibling.account.records_id });
      expect(theirs?.caller_name).toBe('Jo Bloggs');

      const request = await requestsOf(db()).findOne({ account_id: account._id });
      expect(request).not.toHaveProperty('sealed');
      const entry = await db()
        .collection(AUDIT)
        .findOne({ account_id: account._id, reference: String(answer.body.reference) });
      const everything = JSON.stringify([request, entry]);
      for (const form of [JO, JO.slice(2)]) expect(everything).not.toContain(form);
      await stop();
    });

    it('earlier ones with the very writing of this one, which is in no list', async () => {
      const { stop } = await platform.startWorker();
      const from = '+44 (0)77-0090-01-23';
      await put('calls', callOf(account, 'w1', at(1), { from }), callOf(account, 'w2', at(2), { from }));
      expect((await past('w2')).body.counts).toMatchObject({ calls: 2 });
      const answer = await redact('w2', PAST);
      expectStatus(answer, 202);
      const open = await requestsOf(db()).findOne({ account_id: account._id });
      expect(open?.sealed_writings).toEqual(expect.any(String));
      await finish(answer.body.reference);
      expect(await redacted()).toContain('w1');
      expect(await requestsOf(db()).findOne({ account_id: account._id })).not.toHaveProperty('sealed_writings');
      await stop();
    });

    it('a national writing is one of the account’s countries, and of nobody where two people may have it', async () => {
      const { stop } = await platform.startWorker();
      await put(
        'calls',
        callOf(account, 'us1', at(1), { from: '+12015550123' }),
        callOf(account, 'us2', at(2), { from: '201-555-0123' }),
        callOf(account, 'us3', at(3), { from: '(201) 555-0123' }),
        callOf(account, 'eg', at(1), { from: '+2015550123' }),
      );
      // A British account: nobody can tell.
      expectStatus(await redact('us3', PAST), 409);
      expect(await redacted()).toEqual([]);
      await platform.core.accounts.setCountries(account._id, ['US']);
      const answer = await redact('us3', PAST);
      expectStatus(answer, 202);
      await finish(answer.body.reference);
      expect(await redacted()).toEqual(['us1', 'us2']);
      await stop();
    });

    it('without redacting the interaction itself', async () => {
      const { stop } = await platform.startWorker();
      const answer = await redact('c2', PAST);
      expect(answer.body).toMatchObject({ interaction: { redacted: false, contact_number: '+447700900123' } });
      await finish(answer.body.reference);
      expect(await redacted()).toEqual(['c1', 'h1']);
      await stop();
    });

    it('a repeat while it is unfinished is the same request; one up to another moment is another', async () => {
      const first = await redact('c2', PAST);
      expect((await redact('c2', PAST)).body.reference).toBe(first.body.reference);
      const later = await redact('c3', PAST);
      expect(later.body.reference).not.toBe(first.body.reference);
      const { stop } = await platform.startWorker();
      await finish(first.body.reference);
      await finish(later.body.reference);
      expect(await redacted()).toEqual(['c1', 'c2', 'f1', 'h1', 'r1', 'r2', 'r3', 's1', 's2']);
      await stop();
    });

    it('accepted with Redis away: the ledger keeps it', async () => {
      const { url: alone, close } = await platform.startApi({ REDIS_URL: 'redis://127.0.0.1:1' });
      const answer = await call(alone, path('c2'), { key: made.sub.key, body: PAST });
      await close();
      expectStatus(answer, 202);
      const { stop } = await platform.startWorker();
      await finish(answer.body.reference);
      expect(await redacted()).toEqual(['c1', 'h1']);
      await stop();
    });

    it('a reference is for its own account and its agency', async () => {
      const { body } = await redact('c2', PAST);
      const ask = (of: Account, key: string, reference = String(body.reference)) =>
        call(url, `/accounts/${of._id}/redactions/${reference}`, { key });
      expect((await ask(account, made.agency.key)).body).toMatchObject({ state: 'accepted', redacted: {} });
      const nobodys = [
        await ask(account, made.stranger.key),
        await ask(made.sibling.account, made.sibling.key),
        await ask(account, made.sub.key, 'x'),
        await ask(account, made.sub.key, 'BWwmkoxO3YTfpEt'),
        await ask(account, made.sub.key, 'a'.repeat(10_000)),
        await ask(account, made.sub.key, '%7B%22$ne%22:null%7D'),
      ];
      for (const answer of nobodys)
        expect({ status: answer.status, body: answer.body }).toEqual({
          status: 404,
          body: { error: { code: 404, msg: 'Not found' } },
        });
    });
  });

  it('the audio of a call is removed with it; what names no file of the storage is refused', async () => {
    const folder = await openRecordings();
    try {
      const { url: stored } = await platform.startApi({ RECORDINGS_DIR: folder.path });
      const recording = await folder.put('2026/c1.mp3');
      await put('calls', callOf(account, 'c1', at(1), { recording_url: recording }));
      await put('calls', callOf(account, 'c2', at(1), { recording_url: '../elsewhere.mp3' }));
      const answer = await call(stored, path('c1'), { key: made.sub.key, body: YES });
      expect(answer.body).toMatchObject({ redacted: true });
      expect(await folder.has(recording)).toBe(false);
      const refused = await call(stored, path('c2'), { key: made.sub.key, body: YES });
      expectStatus(refused, 409);
      expect(await rowOf('calls', { call_id: 'c2' })).toMatchObject({ from: JO, recording_url: '../elsewhere.mp3' });
      // The past is being redacted all the same, and whoever asked must hear of it.
      const half = await call(stored, path('c2'), { key: made.sub.key, body: { ...YES, redact_past: true } });
      const request = await requestsOf(db()).findOne({ account_id: account._id });
      expectStatus(half, 409);
      expect((half.body.error as { msg: string }).msg).toMatch(
        new RegExp(
          `It was not redacted. Earlier ones with the same contact are being redacted under ${request?.reference}$`,
        ),
      );
    } finally {
      await folder.remove();
    }
  });

  it('leaves the ledger as it is when only the content is asked for', async () => {
    await put('calls', callOf(account, 'c1', at(1)));
    await redact('c1', YES);
    expect(await db().collection(REQUESTS).countDocuments({ account_id: account._id })).toBe(0);
  });
});
