import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import type { Account } from '../../../src/ledger/accounts/accounts.ts';
import { AUDIT } from '../../../src/ledger/audit/entry.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type Answer, call } from '../../support/wire.ts';

const { Decimal128, Long } = mongoose.mongo;

interface Field {
  path: string;
  category: string;
  value: unknown;
}
interface Access {
  searched: string[];
  kept: Record<'suppressions' | 'requests' | 'audit', Record<string, unknown>[]>;
  collections: Record<string, { category: string; records: { id: string; at?: string; fields: Field[] }[] }>;
  counts: Record<string, number>;
}

describe('what is held on a number', () => {
  let platform: Platform;
  let url: string;
  beforeAll(async () => {
    platform = await openPlatform('e2e-subject', { RATE_LIMIT_PER_SECOND: '0' });
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
  });
  afterAll(() => platform?.close());

  const ask = async (key: string, number: string): Promise<Answer & { access: Access }> => {
    const answer = await call(url, `/gdpr/access?number=${number}`, { key });
    return { ...answer, access: answer.body as unknown as Access };
  };
  const auditOf = (account: Account) =>
    platform.core.db.collection(AUDIT).find({ account_id: account._id }).sort({ seq: 1 }).toArray();

  it("every record, by collection, with the map's own categories", async () => {
    const { account, key } = await platform.account();
    const { db } = platform.core;
    const at = account.records_id;
    const number = '447700900101';
    await insertRecords(db, at, number, { contacts: 1, lists: 1, sent: 2, received: 1, calls: 2 });
    await insertRecords(db, at, '447700900555', { contacts: 1, sent: 2 });
    await db.collection('scheduled_sms').insertOne({ account_id: at, to: number, body: 'Soon', status: 'pending' });
    await db.collection('blacklist').insertOne({ account_id: at, number, reason: 'STOP' });

    const { status, headers, access } = await ask(key, number);
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    expect(access.counts).toEqual({
      contact_lists: 1,
      contacts: 1,
      sent_sms: 2,
      received_sms: 1,
      scheduled_sms: 1,
      calls: 2,
      blacklist: 1,
    });
    expect(Object.keys(access.collections)).toEqual(Object.keys(access.counts));
    expect(Object.values(access.collections).map((one) => one.category)).toEqual([
      'contact',
      'contact',
      'message',
      'message',
      'scheduled',
      'call',
      'suppression',
    ]);
    expect(access.collections.sent_sms?.records[0]).toEqual({
      id: 's0',
      at: '2026-01-01T00:00:00.000Z',
      fields: [
        { path: 'to', category: 'number', value: number },
        { path: 'body', category: 'body', value: 'Hi Jo, message 0' },
      ],
    });
    expect(access.collections.contact_lists?.records[0]?.fields).toEqual([
      { path: 'contacts[].number', category: 'number', value: number },
      { path: 'contacts[].name', category: 'name', value: 'Jo Bloggs' },
      { path: 'contacts[].email', category: 'email', value: 'jo@example.org' },
      { path: 'contacts[].custom', category: 'custom', value: {} },
    ]);
    expect(access.searched).toContain('verifications');
    expect(access.kept).toEqual({ suppressions: [], requests: [], audit: [] });
  });

  it("nothing of another person's: neither a list's other members nor a call's other end", async () => {
    const { account, key } = await platform.account();
    const at = account.records_id;
    const [number, other] = ['447700900102', '447700900556'];
    await platform.core.db.collection('contact_lists').insertOne({
      account_id: at,
      contacts: [
        { number: other, name: 'Otto' },
        { number, name: 'Jo' },
        { number: `+${number}`, name: 'Jo at work' },
        { number: null, name: 'Nobody' },
        'Otto again',
      ],
    });
    await platform.core.db.collection('calls').insertMany([
      { account_id: at, call_id: 'a', from: other, to: number, status: 'answered' },
      { account_id: at, call_id: 'both', from: number, to: number, status: 'answered' },
    ]);
    const { text, access } = await ask(key, number);
    expect(text).not.toMatch(/"Otto|"Nobody|447700900556/);
    expect(access.counts).toEqual({ contact_lists: 1, calls: 2 });
    expect(access.collections.contact_lists?.records[0]?.fields.map((field) => field.value)).toEqual([
      number,
      'Jo',
      `+${number}`,
      'Jo at work',
    ]);
    const fields = new Map(access.collections.calls?.records.map((record) => [record.id, record.fields]));
    expect(fields.get('a')).toEqual([{ path: 'to', category: 'number', value: number }]);
    expect(fields.get('both')?.map((field) => field.path)).toEqual(['from', 'to']);
  });

  it('a list where the map says a plain value: only what is theirs of it', async () => {
    const { account, key } = await platform.account();
    const number = '447700900103';
    await platform.core.db
      .collection('sent_sms')
      .insertOne({ account_id: account.records_id, message_id: 'm', to: ['447700900556', number], body: 'Hi all' });
    const { text, access } = await ask(key, number);
    expect(text).not.toContain('447700900556');
    expect(access.collections.sent_sms?.records[0]?.fields[0]).toEqual({
      path: 'to',
      category: 'number',
      value: number,
    });
  });

  it('in every form it is stored in', async () => {
    const { account, key } = await platform.account();
    const number = '447700900104';
    const forms = [number, `+${number}`, `00${number}`, '07700900104', '+44 7700 900104', '07700 900104'];
    await platform.core.db.collection('sent_sms').insertMany(
      [...forms, Long.fromString(number), Number(number), 7700900104].map((to, index) => ({
        account_id: account.records_id,
        message_id: `f${index}`,
        to,
      })),
    );
    const { access } = await ask(key, number);
    expect(access.counts).toEqual({ sent_sms: forms.length + 3 });
    for (const record of access.collections.sent_sms?.records ?? []) expect(record.fields).toHaveLength(1);
  });

  it('stored as a decimal: told as text, with everything of the record, however many zeros stand behind it', async () => {
    const { account, key } = await platform.account();
    const number = '447700900114';
    await platform.core.db.collection('contacts').insertMany(
      [number, `${number}.0`].map((text) => ({
        account_id: account.records_id,
        number: Decimal128.fromString(text),
        name: 'Jo',
        custom: { balance: Decimal128.fromString('12.50') },
      })),
    );
    const { access } = await ask(key, number);
    const told = access.collections.contacts?.records.map(({ fields }) => fields.map((field) => field.value));
    const rest = ['Jo', { balance: '12.50' }];
    expect(told).toEqual([
      [number, ...rest],
      [`${number}.0`, ...rest],
    ]);
  });

  it('is audited with what was given out, under the token', async () => {
    const { account, key, keyId } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, '447700900105', { sent: 3 });
    await ask(key, '447700900105');
    const [entry, ...more] = await auditOf(account);
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      action: 'data.access',
      reason: 'subject_access',
      actor: keyId,
      counts: { sent_sms: 3 },
      token: expect.stringMatching(/^token1\./),
    });
    expect(JSON.stringify(entry)).not.toContain('7700900105');
    const again = await ask(key, '447700900105');
    expect(again.access.kept.audit).toEqual([
      expect.objectContaining({ seq: 1, action: 'data.access', reason: 'subject_access', counts: { sent_sms: 3 } }),
    ]);
  });

  it('after an erasure: what is kept, and the number nowhere', async () => {
    const { account, key } = await platform.account();
    const number = '447700900106';
    await insertRecords(platform.core.db, account.records_id, number, { contacts: 1, sent: 2 });
    const accepted = await call(url, '/gdpr/forget', { key, body: { number } });
    const { access: before } = await ask(key, number);
    expect(before.counts).toEqual({ contacts: 1, sent_sms: 2, blacklist: 1 });
    expect(before.kept.requests).toEqual([expect.objectContaining({ state: 'accepted', completed_at: null })]);

    const worker = await platform.startWorker();
    await waitFor('completion', async () => (await ask(key, number)).access.kept.requests[0]?.state === 'completed');
    await worker.stop();
    const { text, access } = await ask(key, number);
    expect(text).not.toMatch(/7700900106/);
    expect(access.collections).toEqual({});
    expect(access.counts).toEqual({});
    expect(access.kept.suppressions).toEqual([
      { token: expect.any(String), masked: '44********06', reason: 'gdpr_forget', created_at: expect.any(String) },
    ]);
    expect(access.kept.requests).toEqual([
      expect.objectContaining({
        reference: accepted.body.reference,
        profile: 'forget',
        state: 'completed',
        erased: { contacts: 1, sent_sms: 2 },
      }),
    ]);
    expect(access.kept.audit.map((entry) => entry.action)).toContain('data.erasure');
  });

  it('nothing held: an empty answer, no error', async () => {
    const { key } = await platform.account();
    const { status, access } = await ask(key, '447700900107');
    expect(status).toBe(200);
    expect([access.collections, access.counts]).toEqual([{}, {}]);
  });

  it("nothing of another account's", async () => {
    const [ours, theirs] = [await platform.account(), await platform.account()];
    await insertRecords(platform.core.db, theirs.account.records_id, '447700900108', { contacts: 1, sent: 1 });
    await call(url, '/gdpr/forget', { key: theirs.key, body: { number: '447700900108' } });
    const { access } = await ask(ours.key, '447700900108');
    expect([access.counts, access.kept]).toEqual([{}, { suppressions: [], requests: [], audit: [] }]);
  });

  it('twenty thousand records are one valid JSON object', async () => {
    const { account, key } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, '447700900109', { sent: 12_000, received: 8_000 });
    const { access } = await ask(key, '447700900109');
    expect(access.counts).toEqual({ sent_sms: 12_000, received_sms: 8_000 });
    expect(access.collections.sent_sms?.records).toHaveLength(12_000);
    expect(access.collections.received_sms?.records).toHaveLength(8_000);
  });

  it('a client that leaves in the middle is audited for what it got, and ends the reading', async () => {
    const { account, key } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, '447700900110', { sent: 20_000 });
    await new Promise<void>((resolve, reject) => {
      const request = get(
        `${url}/gdpr/access?number=447700900110`,
        { headers: { authorization: `Bearer ${key}` } },
        (response) => {
          response.once('data', () => {
            response.destroy();
            resolve();
          });
          response.on('error', () => {});
        },
      );
      request.on('error', reject);
    });
    const [entry] = await waitFor('the audit', async () => {
      const entries = await auditOf(account);
      return entries.length > 0 && entries;
    });
    expect(entry?.counts.sent_sms).toBeGreaterThan(0);
    expect(entry?.counts.sent_sms).toBeLessThan(20_000);
  });
});
