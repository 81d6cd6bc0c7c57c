import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import type { Head } from '../../src/ledger/audit/chain.ts';
import { AUDIT, AUDIT_HEADS, type AuditEvent } from '../../src/ledger/audit/entry.ts';
import { createHeadKeeper } from '../../src/ledger/audit/outside.ts';
import { readAuditPage } from '../../src/ledger/audit/read.ts';
import { type ErasureRequest, requestsOf } from '../../src/ledger/requests/ledger.ts';
import { readMonth, settleMonths } from '../../src/ledger/requests/month-figures.ts';
import { draftRequest } from '../../src/ledger/requests/open-request.ts';
import { runCli } from '../support/cli.ts';
import { makeAgency } from '../support/interactions.ts';
import { openPlatform, type Platform } from '../support/platform.ts';
import { call } from '../support/wire.ts';

const DAY_MS = 86_400_000;

describe('oversight: audit, figures, record of processing', () => {
  let platform: Platform;
  let url: string;
  let parties: Awaited<ReturnType<typeof makeAgency>>;
  const run = (...args: string[]) => runCli(args, platform.env, new Date('2026-03-10T12:00:00Z'));
  const objects = (out: readonly string[]) => out.map((line) => JSON.parse(line) as Record<string, unknown>);

  beforeAll(async () => {
    platform = await openPlatform('oversight', { RATE_LIMIT_PER_SECOND: '0' });
    ({ url } = await platform.startApi());
    parties = await makeAgency(platform);
  });
  afterAll(() => platform?.close());

  describe('the audit', () => {
    const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 10, minute));
    const append = (account: Account, minute: number, more: Partial<AuditEvent> = {}) =>
      platform.core.audit.append({
        ...{ account: account._id, actor: 'key1', action: 'data.erasure', reason: 'gdpr_forget', at: at(minute) },
        counts: { sent_sms: minute },
        ...more,
      });
    /** All items of a list, page by page. */
    const pages = async (query: string, key: string, limit = 2) => {
      const items: { account: string; sequence: number; at: string }[] = [];
      let cursor: string | undefined;
      do {
        const { body } = await call(url, `/audit?limit=${limit}${query}${cursor ? `&cursor=${cursor}` : ''}`, { key });
        items.push(...(body.items as typeof items));
        cursor = body.next as string | undefined;
      } while (cursor);
      return items;
    };

    beforeAll(async () => {
      const { agency, sub, stranger } = parties;
      for (let minute = 0; minute < 3; minute += 1) {
        await append(agency.account, minute);
        await append(sub.account, minute, { actor: 'schedule', action: 'data.retention', reference: `r${minute}` });
        await append(stranger.account, minute);
      }
      // Of one moment, so that ids decide.
      for (let more = 0; more < 3; more += 1) await append(sub.account, 2);
    });

    it('is listed newest first, of the own account and its sub-accounts, each entry once', async () => {
      const { agency, sub } = parties;
      const items = await pages('', agency.key);
      expect(items).toHaveLength(9);
      expect(new Set(items.map(({ account, sequence }) => `${account} ${sequence}`)).size).toBe(9);
      expect(items.map((item) => item.at)).toEqual(
        items
          .map((item) => item.at)
          .sort()
          .reverse(),
      );
      expect(new Set(items.map(({ account }) => account))).toEqual(new Set([agency.account._id, sub.account._id]));
      expect(await pages('', sub.key, 1)).toHaveLength(6);
      expect(items.find(({ account, sequence }) => account === sub.account._id && sequence === 2)).toEqual({
        ...{ sequence: 2, at: at(1).toISOString(), action: 'data.retention', actor: 'schedule', reference: 'r1' },
        ...{ account: sub.account._id, detail: { reason: 'gdpr_forget', counts: { sent_sms: 1 } } },
      });
    });

    it('is narrowed by action, actor, account and time', async () => {
      const { agency, sub, stranger } = parties;
      expect(await pages('&action=data.retention', agency.key)).toHaveLength(3);
      expect(await pages('&actor=key1', agency.key)).toHaveLength(6);
      expect(await pages('&reference=r1', agency.key)).toHaveLength(1);
      expect(await pages(`&account=${sub.account._id}&actor=key1`, agency.key)).toHaveLength(3);
      expect(await pages(`&from=${at(1).toISOString()}&to=${at(2).toISOString()}`, agency.key)).toHaveLength(2);
      expect(await pages('&from=2026-03-01&to=2026-03-01', agency.key)).toHaveLength(9);
      expect(await pages('&to=2026-02-28', agency.key)).toEqual([]);
      for (const account of [stranger.account._id, 'acc_000000000000', 'installation'])
        expect((await call(url, `/audit?account=${account}`, { key: agency.key })).status).toBe(404);
      for (const wrong of ['action=none', 'from=soon', 'cursor=x', 'limit=0', 'acount=x'])
        expect((await call(url, `/audit?${wrong}`, { key: agency.key })).status).toBe(400);
    });

    it('costs the same however rare what is wanted is: a page may be short, and goes on', async () => {
      const { db } = platform.core;
      const rows = Array.from({ length: 12_000 }, (_, index) => ({
        ...{ account_id: 'acc_grown', seq: index + 1, at: new Date(at(0).getTime() + index), actor: 'often' },
        ...{ action: 'data.access', reason: 'x', counts: {}, previous: '', mac: 'x' },
        ...(index === 0 && { actor: 'once' }),
      }));
      await db.collection(AUDIT).insertMany(rows);
      const rare = { actor: 'once' };
      const first = await readAuditPage(db, ['acc_grown', parties.sub.account._id], rare, { limit: 5 });
      expect(first.entries).toEqual([]);
      const second = await readAuditPage(db, ['acc_grown'], rare, { limit: 5, after: first.next ?? undefined });
      expect(second.entries.map(({ seq }) => seq)).toEqual([1]);
      expect(second.next).toBeNull();
      const plan = await db.command({
        explain: { find: AUDIT, filter: { account_id: 'acc_grown', at: { $lte: at(9) } }, sort: { at: -1, _id: -1 } },
      });
      expect(JSON.stringify(plan)).toContain('by_time');
      await db.collection(AUDIT).deleteMany({ account_id: 'acc_grown' });
    });

    it('can be verified by those it is about, with the end of each chain', async () => {
      const { agency, sub } = parties;
      const { body } = await call(url, '/audit/verify', { key: agency.key, body: {} });
      expect(body).toEqual({
        ...{ ok: true, entries: 9, kept_outside: 'none', faults: [], faults_found: 0 },
        chains: [agency, sub].map(({ account }) =>
          expect.objectContaining({
            account: account._id,
            from: 1,
            head: expect.any(String),
            head_at: at(2).toISOString(),
          }),
        ),
      });
      const own = { account_id: sub.account._id, seq: 2 };
      await platform.core.db.collection(AUDIT).updateOne(own, { $set: { actor: 'somebody' } });
      const changed = await call(url, '/audit/verify', { key: agency.key, body: { account: sub.account._id } });
      expect(changed.body).toMatchObject({
        ...{ ok: false, entries: 6, faults_found: 1 },
        faults: [{ account: sub.account._id, sequence: 2, fault: 'changed' }],
      });
      const told = await run('audit', 'verify', '--account', sub.account._id, '--json');
      expect(told.code).toBe(1);
      expect(objects(told.out)).toEqual([
        { account: sub.account._id, sequence: 2, fault: 'changed' },
        expect.objectContaining({ account: sub.account._id, entries: 6, from: 1, to: 6, head_at: at(2).toISOString() }),
        { ok: false, faults: 1, entries: 6, accounts: 1 },
      ]);
      await platform.core.db.collection(AUDIT).updateOne(own, { $set: { actor: 'schedule' } });
      expect((await run('audit', 'verify')).code).toBe(0);
    });

    it('is compared with what was kept outside of the database', async () => {
      const { agency, sub } = parties;
      const { db } = platform.core;
      const folder = await mkdtemp(join(tmpdir(), 'lethe-heads-'));
      const env = { AUDIT_HEAD_FILE: join(folder, 'heads.jsonl') };
      const api = await platform.startApi(env);
      const verify = async () =>
        (await call(api.url, '/audit/verify', { key: agency.key, body: { account: sub.account._id } })).body;
      expect(await verify()).toMatchObject({ ok: false, kept_outside: 'unreadable', faults_found: 0 });
      await createHeadKeeper(db, env.AUDIT_HEAD_FILE, () => at(5))();
      expect(await verify()).toMatchObject({ ok: true, kept_outside: 'compared' });

      // Who can write to the database cuts the end off in both collections.
      const heads = db.collection<Head>(AUDIT_HEADS);
      const own = { account_id: sub.account._id };
      const last = await db.collection(AUDIT).findOneAndDelete({ ...own, seq: 6 });
      const head = await heads.findOne({ _id: sub.account._id });
      const cut = await db.collection(AUDIT).findOne({ ...own, seq: 5 });
      await heads.updateOne({ _id: sub.account._id }, { $set: { seq: 5, mac: cut?.mac } });
      expect((await call(url, '/audit/verify', { key: agency.key, body: {} })).body).toMatchObject({ ok: true });
      expect(await verify()).toMatchObject({
        ...{ ok: false, kept_outside: 'compared' },
        faults: [{ account: sub.account._id, sequence: 6, fault: 'missing' }],
      });
      await db.collection(AUDIT).insertOne(last ?? {});
      await heads.replaceOne({ _id: sub.account._id }, head as Head);
      await rm(folder, { recursive: true });
    });

    it('lethe audit list and export say the same', async () => {
      const { agency, sub } = parties;
      const one = await run('audit', 'list', '--reference', 'r1', '--json');
      expect(objects(one.out)).toMatchObject([{ account: sub.account._id, reference: 'r1' }]);
      const listed = await run('audit', 'list', '--account', sub.account._id, '--actor', 'schedule');
      expect(listed.out.slice(1).map((line) => line.split(/ {2,}/)[5])).toEqual(['r2', 'r1', 'r0']);
      expect(objects((await run('audit', 'list', '--limit', '4', '--json')).out)).toHaveLength(4);
      expect((await run('audit', 'list', '--from', '2026-03-02')).err).toEqual(['No such entries.']);
      expect((await run('audit', 'list', '--from', '2026-03-02', '--to', '2026-03-01')).code).toBe(2);
      expect((await run('audit', 'list', '--account', 'acc_000000000000')).code).toBe(1);
      const csv = await run('audit', 'export', '--account', agency.account._id);
      expect(csv.out[0]).toBe('account,sequence,at,action,actor,reason,reference,token,counts');
      expect(csv.out[1]).toBe(
        `${agency.account._id},1,${at(0).toISOString()},data.erasure,key1,gdpr_forget,,,"{""sent_sms"":0}"`,
      );
      const whole = objects((await run('audit', 'export', '--json')).out);
      expect(whole).toHaveLength(12);
      expect(whole.filter(({ account }) => account === sub.account._id).map(({ sequence }) => sequence)).toEqual([
        ...[1, 2, 3, 4, 5, 6],
      ]);
      expect(whole[0]).toHaveProperty('mac');
    });
  });

  describe('the figures of a month', () => {
    const MONTH = '2026-01';
    let made = 0;
    const add = (account: Account, day: number, seconds: number | null, more: Partial<ErasureRequest> = {}) => {
      made += 1;
      const now = new Date(Date.UTC(2026, 0, day, 12));
      const request: ErasureRequest = {
        ...draftRequest({
          ...{ account_id: account._id, profile: 'forget', selector: { by: 'number' }, token: `m${made}` },
          ...{ requested_by: 'k', keep_suppression: true, now, graceMs: 0, deadlineMs: DAY_MS },
        }),
        ...more,
      };
      if (seconds !== null) {
        delete request.unfinished;
        Object.assign(request, { state: 'completed', completed_at: new Date(now.getTime() + seconds * 1000) });
      }
      return requestsOf(platform.core.db).insertOne(request);
    };
    const read = (query = '', key = parties.agency.key) => call(url, `/figures?month=${MONTH}${query}`, { key });

    beforeAll(async () => {
      const { agency, sub, stranger } = parties;
      for (const seconds of [1.26, 2, 3, 100_000]) await add(agency.account, 5, seconds);
      await add(agency.account, 6, 4, { causes: { refused: 2, unexpected: 1 } });
      await add(sub.account, 31, null, { state: 'failed', causes: { refused: 5 } });
      await add(sub.account, 7, 90, { profile: 'retention', requested_by: 'schedule' });
      await add(sub.account, 7, 90, { profile: 'interaction', requested_by: 'schedule' });
      await add(stranger.account, 7, 5);
    });

    it('are of what people asked for; what the clock made stands apart', async () => {
      const { agency, sub } = parties;
      const { body } = await read();
      expect(body).toMatchObject({
        ...{ month: MONTH, received: 6, completed: 5, median_seconds: 3, p95_seconds: 100_000, overdue: 1, missed: 1 },
        failed_by_cause: { refused: 2, unexpected: 1 },
        by_profile: {
          forget: { received: 6 },
          retention: { received: 1, median_seconds: 90 },
          automatic: { received: 1 },
        },
        by_account: [
          { account: agency.account._id, received: 5, completed: 5, median_seconds: 3 },
          { account: sub.account._id, received: 1, completed: 0, median_seconds: null, overdue: 1 },
        ],
      });
      const days = body.by_day as { day: string; received: number; completed: number }[];
      expect(days).toHaveLength(31);
      expect(days.filter(({ received }) => received > 0)).toEqual([
        { day: '2026-01-05', received: 4, completed: 4 },
        { day: '2026-01-06', received: 1, completed: 1 },
        { day: '2026-01-31', received: 1, completed: 0 },
      ]);
      const alone = await read('', sub.key);
      expect(alone.body).toMatchObject({ received: 1, by_account: [{ account: sub.account._id }] });
      expect((await read(`&account=${parties.stranger.account._id}`)).status).toBe(404);
      expect((await call(url, '/figures', { key: agency.key })).body).toMatchObject({
        received: 0,
        median_seconds: null,
      });
    });

    it('are CSV for who asks for it', async () => {
      const { agency } = parties;
      const answer = await call(url, `/figures?month=${MONTH}`, { key: agency.key, headers: { Accept: 'text/csv' } });
      expect(answer.headers['content-type']).toContain('text/csv');
      const [header, all] = answer.text.split('\r\n');
      expect(header).toMatch(/^month,account,profile,received,completed,median_seconds,/);
      expect(all).toBe('2026-01,all,all,6,5,3,100000,1,1,refused 2 unexpected 1');
      const { out } = await run('report', 'month', '--month', MONTH, '--csv');
      expect(out[0]).toBe(header);
      expect(out[1]).toBe('2026-01,all,all,7,6,3,100000,1,1,refused 2 unexpected 1');
    });

    it('are the same when finished requests have left the ledger', async () => {
      const { agency, sub } = parties;
      const { db } = platform.core;
      const before = (await read()).body;
      const now = new Date();
      const border = new Date('2026-03-01T00:00:00Z');
      // Of a month with an open request nothing may go.
      expect(await settleMonths(db, sub.account._id, border, now)).toEqual(new Date('2026-01-01T00:00:00Z'));
      expect(await settleMonths(db, agency.account._id, border, now)).toEqual(border);
      await requestsOf(db).deleteMany({ account_id: agency.account._id, completed_at: { $exists: true } });
      expect((await read()).body).toEqual(before);
      expect((await readMonth(db, agency.account._id, MONTH, now)).kinds.forget?.received).toBe(5);
      expect(await settleMonths(db, agency.account._id, border, now)).toEqual(border);
    });

    it('lethe report month: the month before this one unless told otherwise', async () => {
      const { out } = await run('report', 'month', '--month', MONTH);
      expect(out[1]?.split(/ {2,}/)).toEqual([
        ...['all', '7', '6', '3 s', '28 h', '1', '1', 'refused 2, unexpected 1'],
      ]);
      const [json = ''] = (await run('report', 'month', '--json')).out;
      expect(JSON.parse(json)).toMatchObject({ month: '2026-02', received: 0 });
      expect((await run('report', 'month', '--month', '2026-13')).code).toBe(2);
      expect((await run('report', 'month', '--account', 'acc_000000000000')).code).toBe(1);
    });
  });

  it('the record of processing is made from the map and what the account has set', async () => {
    const { agency, sub } = parties;
    await platform.core.accounts.setRetention(sub.account._id, 6);
    const { body } = await call(url, `/records-of-processing?account=${sub.account._id}`, { key: agency.key });
    const activities = body.activities as { activity: string; collections: { name: string }[] }[];
    const sent = activities.flatMap(({ collections }) => collections).find(({ name }) => name === 'sent_sms');
    expect(sent).toEqual({
      ...{ name: 'sent_sms', collection: 'sent_sms', numbers: ['to'], fields: [{ path: 'body', category: 'body' }] },
      period: { months: 6, set_by: 'account' },
      on_request: 'kept, number: mask, body: replaced by [REDACTED]',
    });
    expect(body.controller).toEqual({
      ...{ name: null, contact: null, representative: null, data_protection_officer: null },
    });
    const { out } = await run('report', 'processing', '--account', sub.account._id);
    expect(out.join('\n')).toMatch(/\| sent_sms \| to \| body \(body\) \| 6 months \(account\) \|/);
    const [json = ''] = (await run('report', 'processing', '--json')).out;
    expect(JSON.parse(json)).toMatchObject({ account: null });
  });
});
