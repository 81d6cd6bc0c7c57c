import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { reportsOf } from '../../../src/contracts/access/reports/ledger.ts';
import { AUDIT } from '../../../src/ledger/audit/entry.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { snapshotRedis } from '../../support/snapshot.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type Answer, call } from '../../support/wire.ts';

type Rec = Record<string, string | null>;
const NUMBER = '447700900201';

describe('the reports API', () => {
  let platform: Platform;
  let url: string;
  beforeAll(async () => {
    platform = await openPlatform('e2e-reports', { RATE_LIMIT_PER_SECOND: '0' });
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
    await platform.startWorker();
  });
  afterAll(() => platform?.close());

  const get = (key: string, path: string) => call(url, path, { key });
  const finished = (key: string, id: unknown): Promise<Answer> =>
    waitFor('the report', async () => {
      const answer = await get(key, `/v2/reports/${id}`);
      return /SUCCESS|TRUNCATED|FAILED|ABORTED/.test(String(answer.body.request_status)) && answer;
    });
  const order = async (key: string, body: object) => {
    const ordered = await call(url, '/v2/reports', { key, body });
    const { request_id: id } = ordered.body;
    const report = await finished(key, id);
    const file = await get(key, `/v2/reports/${id}/file`);
    return { ordered, id: String(id), report, file };
  };
  const auditOf = (account: string) =>
    platform.core.db.collection(AUDIT).find({ account_id: account }).sort({ seq: 1 }).toArray();

  describe('records at once', () => {
    let key: string;
    let account: string;
    beforeAll(async () => {
      const made = await platform.account();
      ({ key } = made);
      account = made.account._id;
      const at = made.account.records_id;
      const { db } = platform.core;
      await insertRecords(db, at, NUMBER, { sent: 4, received: 3, calls: 2 });
      await insertRecords(db, at, '447700900202', { sent: 2 });
      await db.collection('verifications').insertOne({
        account_id: at,
        request_id: 'v1',
        number: `+${NUMBER}`,
        status: 'SUCCESS',
        created_at: new Date('2026-02-01T00:00:00Z'),
      });
      await db.collection('sent_sms').insertMany([
        { account_id: at, message_id: 'undated', to: NUMBER, from: 'ACME', status: 'failed' },
        { account_id: at, message_id: 'text-date', to: NUMBER, from: 'ACME', status: 'failed', sent_at: '2026-01-01' },
      ]);
      const other = await platform.account();
      await insertRecords(db, other.account.records_id, NUMBER, { sent: 1 });
    });

    const records = async (query: string): Promise<Rec[]> => {
      const { status, body } = await get(key, `/v2/reports/records${query}`);
      expect(status).toBe(200);
      const list = body.records as Rec[];
      expect(body.items_count).toBe(list.length);
      return list;
    };

    it.each([
      ['everything', '', 14],
      ['a product', '?product=sms', 11],
      ['a product as that API writes it', '?product=VOICE-CALL', 2],
      ['another way to write it', '?product=Voice', 2],
      ['outbound of a product', '?product=SMS&direction=outbound', 8],
      ['inbound', '?direction=inbound', 4],
      ['outbound, with what the account asked itself', '?direction=Outbound', 10],
      ['to a number, in every form', `?to=${NUMBER}`, 8],
      ['to a number with a plus', `?to=%2B${NUMBER}`, 8],
      ['from a number', `?from=${NUMBER}`, 4],
      ['from a sender', '?from=ACME', 8],
      ['a status', '?status=failed', 2],
      ['an id', '?id=s1', 2],
      ['ids', '?id=s1&id=r1', 3],
      ['days', '?date_start=2026-02-01&date_end=2026-02-01', 1],
      ['before a moment: what has no time is in no range', '?date_end=2026-01-01T00:00:00Z', 0],
    ])('%s', async (_name, query, count) => {
      expect(await records(query)).toHaveLength(count);
    });

    it('a record has the same keys always; the text only when it is asked for', async () => {
      const [record] = await records(`?product=sms&direction=outbound&to=${NUMBER}&include_message=true&limit=1`);
      expect(record).toEqual({
        account_id: account,
        product: 'sms',
        id: 's0',
        direction: 'outbound',
        from: 'ACME',
        to: NUMBER,
        date_received: '2026-01-01T00:00:00.000Z',
        date_finalized: null,
        status: 'delivered',
        network: null,
        price: null,
        currency: null,
        client_ref: null,
        message_body: 'Hi Jo, message 0',
      });
      for (const one of await records('')) expect(one).not.toHaveProperty('message_body');
    });

    it.each([1, 2, 3, 5])('page by page of %d: everything once', async (limit) => {
      const seen: string[] = [];
      let cursor: unknown = '';
      while (cursor !== null) {
        const { body } = await get(key, `/v2/reports/records?limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`);
        expect((body.records as Rec[]).length).toBeLessThanOrEqual(limit);
        seen.push(...(body.records as Rec[]).map((one) => `${one.product} ${one.direction} ${one.to} ${one.id}`));
        cursor = body.cursor;
      }
      expect(seen).toHaveLength(14);
      expect(new Set(seen).size).toBe(14);
    });

    it('is audited, under the token of the number that was asked for', async () => {
      await records(`?to=${NUMBER}`);
      const entry = (await auditOf(account)).at(-1);
      expect(entry).toMatchObject({
        action: 'data.report',
        reason: 'report_records',
        counts: { sent_sms: 6, calls: 1, verifications: 1 },
        token: expect.stringMatching(/^token1\./),
      });
    });

    it('twenty thousand on one page are valid JSON', async () => {
      const big = await platform.account();
      await insertRecords(platform.core.db, big.account.records_id, NUMBER, { sent: 20_000 });
      const { body } = await get(big.key, '/v2/reports/records?limit=50000');
      expect([body.items_count, body.cursor]).toEqual([20_000, null]);
      const first = await get(big.key, '/v2/reports/records?limit=15000');
      const rest = await get(big.key, `/v2/reports/records?limit=15000&cursor=${first.body.cursor}`);
      expect([first.body.items_count, rest.body.items_count, rest.body.cursor]).toEqual([15_000, 5_000, null]);
    });
  });

  describe('a report as a file', () => {
    it('PENDING, then SUCCESS with a link, a CSV by RFC 4180, and where it lies is private', async () => {
      const { account, key } = await platform.account();
      await insertRecords(platform.core.db, account.records_id, NUMBER, { sent: 2 });
      await platform.core.db.collection('sent_sms').insertOne({
        account_id: account.records_id,
        message_id: '=HYPERLINK("x")',
        to: `+${NUMBER}`,
        from: '@ACME',
        body: 'Two lines,\r\nand a "quote"',
        status: '\tdelivered',
        sent_at: new Date('2026-02-01T00:00:00Z'),
      });
      const { ordered, id, report, file } = await order(key, { product: 'SMS', include_message: true });
      expectStatus(ordered, 202);
      expect(ordered.body).toMatchObject({ request_status: 'PENDING', status: 'PENDING', items_count: null });
      expect(ordered.body).not.toHaveProperty('_links.download_report');
      expect(report.body).toMatchObject({
        request_status: 'SUCCESS',
        items_count: 3,
        _links: { self: { href: `/v2/reports/${id}` }, download_report: { href: `/v2/reports/${id}/file` } },
      });
      expectStatus(file, 200);
      expect(file.headers).toMatchObject({
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="report-${id}.csv"`,
      });
      const lines = file.text.split('\r\n');
      expect(lines[0]).toBe(
        'account_id,product,id,direction,from,to,date_received,date_finalized,status,network,price,currency,client_ref,message_body',
      );
      expect(lines[1]).toBe(
        `${account._id},sms,s0,outbound,ACME,${NUMBER},2026-01-01T00:00:00.000Z,,delivered,,,,,"Hi Jo, message 0"`,
      );
      expect(lines.slice(3).join('\r\n')).toBe(
        `${account._id},sms,"'=HYPERLINK(""x"")",outbound,'@ACME,'+${NUMBER},2026-02-01T00:00:00.000Z,,'\tdelivered,,,,,"Two lines,\r\nand a ""quote"""\r\n`,
      );

      const row = await reportsOf(platform.core.db).findOne({ account_id: account._id, request_id: id });
      expect(row?.file).toMatch(/^[A-Za-z0-9_-]{43}$/);
      const kept = Number(row?.expires_at) - Number(row?.completed_at);
      expect(Math.round(kept / 3_600_000)).toBe(72);
      const folder = platform.config.REPORTS_DIR;
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
      expect((await stat(join(folder, String(row?.file)))).mode & 0o777).toBe(0o600);
      expect(file.text).not.toContain(String(row?.file));
      expect(report.text).not.toContain(String(row?.file));
      expect(await auditOf(account._id)).toEqual([
        expect.objectContaining({
          action: 'data.report',
          reason: 'report_csv',
          reference: id,
          counts: { sent_sms: 3 },
        }),
      ]);
    });

    it('JSON, with the filters of the records', async () => {
      const { account, key } = await platform.account();
      await insertRecords(platform.core.db, account.records_id, NUMBER, { sent: 3, received: 2 });
      await insertRecords(platform.core.db, account.records_id, '447700900202', { sent: 3 });
      const { id, report, file } = await order(key, {
        product: 'sms',
        direction: 'outbound',
        to: Number(NUMBER),
        date_start: '2026-01-01',
        date_end: '2026-01-01',
        format: 'JSON',
      });
      expect(file.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(file.body).toMatchObject({ request_id: id, items_count: 3 });
      expect((file.body.records as Rec[]).map((one) => one.id)).toEqual(['s0', 's1', 's2']);
      expect(report.body).toMatchObject({
        date_start: '2026-01-01T00:00:00.000Z',
        date_end: '2026-01-02T00:00:00.000Z',
      });
      expect(report.text).not.toContain(NUMBER);
    });

    it('nothing found: a file without records', async () => {
      const { key } = await platform.account();
      expect((await order(key, {})).file.text.split('\r\n')).toHaveLength(2);
      expect((await order(key, { format: 'json' })).file.body).toMatchObject({ records: [], items_count: 0 });
    });

    it('the number that is asked for is sealed in the ledger, gone when it is done, and never in Redis', async () => {
      const { account, key } = await platform.account();
      const ordered = await call(url, '/v2/reports', { key, body: { to: NUMBER, from: 'ACME' } });
      const look = async () => JSON.stringify(await reportsOf(platform.core.db).findOne({ account_id: account._id }));
      expect(await look()).not.toContain('7700900201');
      await finished(key, ordered.body.request_id);
      expect(await look()).not.toMatch(/7700900201|sealed/);
      const redis = Object.values(await snapshotRedis(platform)).map((dump) =>
        Buffer.from(dump, 'base64').toString('latin1'),
      );
      expect(redis.length).toBeGreaterThan(0);
      expect(redis.join('\n')).not.toContain('7700900201');
    });

    it('above 50,000 records: TRUNCATED, with the first 50,000', async () => {
      const { account, key } = await platform.account();
      await insertRecords(platform.core.db, account.records_id, NUMBER, { sent: 30_000, received: 20_001 });
      const { report, file } = await order(key, { product: 'sms' });
      expect(report.body).toMatchObject({ request_status: 'TRUNCATED', items_count: 50_000 });
      expect(file.text.split('\r\n')).toHaveLength(50_002);
    });

    it("another account's report is not found, and can be neither read nor aborted", async () => {
      const [ours, theirs] = [await platform.account(), await platform.account()];
      const { id } = await order(theirs.key, {});
      for (const path of [`/v2/reports/${id}`, `/v2/reports/${id}/file`])
        expect([(await get(ours.key, path)).status, (await get(theirs.key, path)).status]).toEqual([404, 200]);
      expectStatus(await call(url, `/v2/reports/${id}`, { key: ours.key, method: 'DELETE' }), 404);
      expectStatus(await get(theirs.key, `/v2/reports/${id}/file`), 200);
    });

    it('deleted when it is finished: the file goes at once', async () => {
      const { account, key } = await platform.account();
      const { id } = await order(key, {});
      const row = await reportsOf(platform.core.db).findOne({ account_id: account._id, request_id: id });
      const deleted = await call(url, `/v2/reports/${id}`, { key, method: 'DELETE' });
      expect([deleted.status, deleted.body.request_status]).toEqual([200, 'SUCCESS']);
      expect(deleted.body).not.toHaveProperty('_links.download_report');
      expectStatus(await get(key, `/v2/reports/${id}/file`), 404);
      expect(await readdir(platform.config.REPORTS_DIR)).not.toContain(row?.file);
      expectStatus(await call(url, `/v2/reports/${id}`, { key, method: 'DELETE' }), 200);
    });
  });

  it('without workers: PENDING, no file yet; aborted, it stays ABORTED', async () => {
    const still = await openPlatform('e2e-reports-still');
    try {
      const { url: apiUrl } = await still.startApi();
      const { account, key } = await still.account();
      const ordered = await call(apiUrl, '/v2/reports', { key, body: { to: NUMBER } });
      const path = `/v2/reports/${ordered.body.request_id}`;
      expect((await call(apiUrl, path, { key })).body.request_status).toBe('PENDING');
      expectStatus(await call(apiUrl, `${path}/file`, { key }), 404);
      for (let times = 0; times < 2; times += 1) {
        const aborted = await call(apiUrl, path, { key, method: 'DELETE' });
        expect([aborted.status, aborted.body.request_status]).toEqual([200, 'ABORTED']);
      }
      const other = await call(apiUrl, '/v2/reports', { key, body: {} });
      await still.startWorker();
      await waitFor('the other report', async () => {
        const { body } = await call(apiUrl, `/v2/reports/${other.body.request_id}`, { key });
        return body.request_status === 'SUCCESS';
      });
      expect((await call(apiUrl, path, { key })).body.request_status).toBe('ABORTED');
      const row = await reportsOf(still.core.db).findOne({
        account_id: account._id,
        request_id: String(ordered.body.request_id),
      });
      expect(Object.keys(row ?? {})).not.toEqual(expect.arrayContaining(['to']));
    } finally {
      await still.close();
    }
  });
});
