import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { timesOf } from '../../../../src/base/times.ts';
import { createReportFolder, type ReportFolder } from '../../../../src/contracts/access/reports/folder.ts';
import { claimReport } from '../../../../src/contracts/access/reports/lease.ts';
import {
  abortReport,
  openReport,
  type Report,
  type ReportFormat,
  reportsOf,
} from '../../../../src/contracts/access/reports/ledger.ts';
import { type ReportDependencies, writeReport } from '../../../../src/contracts/access/reports/write.ts';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { AUDIT } from '../../../../src/ledger/audit/entry.ts';
import { containsNumber } from '../../../../src/phone/scan.ts';
import { expectStatus } from '../../../support/expect-status.ts';
import { forget, untilCompleted } from '../../../support/forget.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../../support/records.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { call } from '../../../support/wire.ts';

const NUMBER = phoneNumber(447700900311);
const OTHER = phoneNumber(447700900322);

describe('an erasure and the report files that hold the number', () => {
  let platform: Platform;
  let url: string;
  const signal = new AbortController().signal;
  beforeAll(async () => {
    platform = await openPlatform('report-erasure', { RATE_LIMIT_PER_SECOND: '0' });
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
    await platform.startWorker();
  });
  // Each test looks into all files there are.
  afterEach(async () => {
    for await (const { account_id, request_id } of reportsOf(platform.core.db).find({ unfinished: true }))
      await abortReport(platform.core.db, folder(), account_id, request_id, new Date());
    await rm(platform.config.REPORTS_DIR, { recursive: true, force: true });
  });
  afterAll(() => platform?.close());

  const folder = () => createReportFolder(platform.config.REPORTS_DIR);
  const times = (retryBaseMs = 10) =>
    timesOf({ ...platform.config, LEASE_MS: 60_000, REPORT_KEEP_HOURS: 1, RETRY_BASE_MS: retryBaseMs });
  const deps = (own: ReportFolder = folder()): ReportDependencies => ({
    ...platform.core,
    mostBytes: 1e9,
    makeWay: async () => {},
    folder: own,
    logger: platform.logger,
    times: times(),
    now: () => new Date(),
  });
  /** A report that the worker leaves alone until the test is done with it. */
  const open = (account: Account, format: ReportFormat = 'csv', includeMessage = false) =>
    openReport(platform.core.db, platform.core.seal, {
      account,
      actor: 'test',
      query: {},
      format,
      includeMessage,
      now: new Date(),
      graceMs: 3_600_000,
    });
  const row = async (report: Report) => {
    const found = await reportsOf(platform.core.db).findOne({ _id: report._id, account_id: report.account_id });
    if (!found) throw new Error('the report is gone');
    return found;
  };
  const keyOf = (report: Report) => ({ account: report.account_id, report: report.request_id });
  const write = async (account: Account, format?: ReportFormat, includeMessage?: boolean) => {
    const report = await open(account, format, includeMessage);
    expect(await writeReport(deps(), keyOf(report), signal)).toBe('written');
    return report;
  };
  const readFileOf = async (report: Report) => {
    const { file } = await row(report);
    if (file === undefined) throw new Error('the report has no file');
    return readFile(join(platform.config.REPORTS_DIR, file), 'utf8');
  };
  /** The files, whole or half, that hold the number. */
  const filesWith = async (number: typeof NUMBER) => {
    const { names, texts } = await waitFor('files that stay while they are read', async () => {
      const names = await readdir(platform.config.REPORTS_DIR).catch(() => []);
      // One that a worker finishes meanwhile has another name by then.
      const texts = names.map((name) => readFile(join(platform.config.REPORTS_DIR, name), 'utf8'));
      return { names, texts: await Promise.all(texts) };
    });
    return names.filter((_name, index) => containsNumber(texts[index] ?? '', number));
  };
  const erase = async (key: string, number: string) => untilCompleted(platform, await forget(url, key, { number }));

  it.each([
    ['csv', NUMBER],
    ['csv', `+${NUMBER}`],
    ['csv', `0${NUMBER.slice(2)}`],
    ['csv', '+44 7700 900311'],
    ['csv', Number(NUMBER.slice(2))],
    ['json', NUMBER],
    ['json', Number(NUMBER)],
  ] as [ReportFormat, string][])(
    'a %s file with the number as %p goes before it is completed',
    async (format, stored) => {
      const { account, key } = await platform.account();
      await insertRecords(platform.core.db, account.records_id, stored, { sent: 3, received: 2 });
      const report = await write(account, format, true);
      expect(await filesWith(NUMBER)).toHaveLength(1);
      const request = await erase(key, NUMBER);
      expect(await filesWith(NUMBER)).toEqual([]);
      const after = await row(report);
      expect(after).toMatchObject({ state: 'SUCCESS', items_count: 5 });
      expect(after).not.toHaveProperty('file');
      expect(after.file_removed_at?.getTime()).toBeLessThanOrEqual(request.completed_at?.getTime() ?? 0);

      const path = `/v2/reports/${report.request_id}`;
      expectStatus(await call(url, `${path}/file`, { key }), 404);
      const { body } = await call(url, path, { key });
      expect(body).toMatchObject({
        request_status: 'SUCCESS',
        file_removed_at: after.file_removed_at?.toISOString(),
        message: expect.stringContaining('erase'),
      });
      expect(body).not.toHaveProperty('_links.download_report');

      const entries = await platform.core.db
        .collection(AUDIT)
        .find({ account_id: account._id, reference: report.request_id, action: 'data.erasure' })
        .toArray();
      expect(entries).toMatchObject([{ reason: 'report_file', counts: { lethe_reports: 1 }, token: request.token }]);
      expect(containsNumber(JSON.stringify(entries[0]), NUMBER)).toBe(false);
    },
  );

  it('a file of another account stays, though it holds the number and both are asked about at once', async () => {
    const [one, other] = [await platform.account(), await platform.account()];
    const reports = [];
    for (const { account } of [one, other]) {
      await insertRecords(platform.core.db, account.records_id, NUMBER, { sent: 1 });
      reports.push(await write(account));
    }
    const clear = ({ account }: typeof one, number: typeof NUMBER) =>
      platform.core.copies.clear(
        { account: account._id, number, countries: ['GB'], reference: 'R'.repeat(15), actor: 'test', token: 'token' },
        signal,
      );
    // The first look begins at once, and the others are joined.
    await Promise.all([clear(one, OTHER), clear(one, NUMBER), clear(other, OTHER)]);
    const files = await Promise.all(reports.map(async (report) => (await row(report)).file !== undefined));
    expect(files).toEqual([false, true]);
  });

  it('files without the number stay: of the account, and of others that have it', async () => {
    const mine = await platform.account();
    const another = await platform.account();
    const { db } = platform.core;
    await insertRecords(db, mine.account.records_id, OTHER, { sent: 3 });
    // Figures that hold the number's own inside of longer ones are not the number.
    await insertRecords(db, mine.account.records_id, `${NUMBER}77`, { sent: 1 });
    const kept = await write(mine.account);
    await insertRecords(db, mine.account.records_id, NUMBER, { sent: 3 });
    await insertRecords(db, another.account.records_id, NUMBER, { sent: 3 });
    const dropped = await write(mine.account);
    const theirs = await write(another.account);
    const [keptText, theirText] = [await readFileOf(kept), await readFileOf(theirs)];
    await erase(mine.key, NUMBER);
    expect(await row(dropped)).not.toHaveProperty('file');
    expect(await readFileOf(kept)).toBe(keptText);
    expect(await readFileOf(theirs)).toBe(theirText);
    expect(await row(kept)).not.toHaveProperty('file_removed_at');
    await erase(another.key, NUMBER);
    expect(await row(theirs)).not.toHaveProperty('file');
  });

  it('one that a killed worker took away without saying so is said to be gone', async () => {
    const { account, key } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, NUMBER, { sent: 1 });
    const report = await write(account);
    await folder().remove((await row(report)).file ?? '');
    await erase(key, NUMBER);
    expect(await row(report)).toMatchObject({ file_removed_at: expect.any(Date) });
    expect(await row(report)).not.toHaveProperty('file');
  });

  it('a report in progress begins anew; its file lacks the number', async () => {
    const { account, key } = await platform.account();
    const { db } = platform.core;
    await insertRecords(db, account.records_id, NUMBER, { sent: 600 });
    const report = await open(account, 'json', true);
    let goOn = () => {};
    let begun = () => {};
    const released = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const half = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const real = folder();
    const slow: ReportFolder = {
      ...real,
      async create(name) {
        const draft = await real.create(name);
        return {
          ...draft,
          async write(text) {
            await draft.write(text);
            begun();
            await released;
          },
        };
      },
    };
    const writing = writeReport(deps(slow), keyOf(report), signal);
    await half;
    expect(await filesWith(NUMBER)).toEqual([expect.stringMatching(/\.part$/)]);
    await erase(key, NUMBER);
    expect(await filesWith(NUMBER)).toEqual([]);
    goOn();
    expect(await writing).toBe('lost');
    expect(await filesWith(NUMBER)).toEqual([]);
    await waitFor('the report', async () => (await row(report)).state === 'SUCCESS');
    const { records } = JSON.parse(await readFileOf(report)) as { records: { to: string }[] };
    expect(records).toHaveLength(600);
    expect(new Set(records.map(({ to }) => to))).toEqual(new Set(['44********11']));
    expect(await row(report)).not.toHaveProperty('file_removed_at');
    expect((await row(report)).failures).toBe(0);
  });

  it('half a file that a killed worker left behind goes', async () => {
    const { account, key } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, NUMBER, { sent: 1 });
    const report = await open(account);
    const claim = await claimReport(platform.core.db, keyOf(report), { times: times(), now: () => new Date(0) });
    const draft = await folder().create(claim?.file ?? '');
    await draft.write(`,${NUMBER},`);
    await draft.close();
    await erase(key, NUMBER);
    expect(await filesWith(NUMBER)).toEqual([]);
  });

  it('half a file goes with the attempt that left it, and with an abort', async () => {
    const { account } = await platform.account();
    const half = async (report: Report, now: () => Date) => {
      const claim = await claimReport(platform.core.db, keyOf(report), { times: times(), now });
      const draft = await folder().create(claim?.file ?? '');
      await draft.write(`,${NUMBER},`);
      await draft.close();
    };
    const retried = await open(account);
    await half(retried, () => new Date(0));
    expect(await writeReport(deps(), keyOf(retried), signal)).toBe('written');
    const aborted = await open(account);
    await half(aborted, () => new Date());
    await abortReport(platform.core.db, folder(), account._id, aborted.request_id, new Date());
    expect(await filesWith(NUMBER)).toEqual([]);
  });

  describe('half a file that could not be taken away is not forgotten', () => {
    const refuse = async () => {
      throw new Error('read-only file system');
    };
    /** A disk that fails in the middle of a file, and lets nothing go from then on. */
    const failing = (): ReportFolder => ({
      ...folder(),
      remove: refuse,
      async create(name) {
        const draft = await folder().create(name);
        return {
          ...draft,
          async write(text) {
            await draft.write(text);
            await refuse();
          },
        };
      },
    });
    const attempt = (report: Report) =>
      writeReport(
        { ...deps(failing()), times: times(3_600_000), logger: { error() {} } as never },
        keyOf(report),
        signal,
      );

    it.each([
      ['by a failed attempt', 1, 'PROCESSING'],
      ['by several, of which only the first made one', 2, 'PROCESSING'],
      ['by the last attempt', 5, 'FAILED'],
    ])('%s', async (_name, attempts, state) => {
      const { account, key } = await platform.account();
      await insertRecords(platform.core.db, account.records_id, NUMBER, { sent: 1 });
      const report = await open(account);
      for (let turn = 0; turn < attempts; turn += 1) {
        await reportsOf(platform.core.db).updateOne(
          { _id: report._id, lease: { $exists: true } },
          { $set: { 'lease.until': new Date(0) } },
        );
        await attempt(report);
      }
      expect((await row(report)).state).toBe(state);
      expect(await filesWith(NUMBER)).toHaveLength(1);
      await erase(key, NUMBER);
      expect(await filesWith(NUMBER)).toEqual([]);
    });

    it('by an abort', async () => {
      const { account, key } = await platform.account();
      const { db } = platform.core;
      await insertRecords(db, account.records_id, NUMBER, { sent: 1 });
      const report = await open(account);
      const claim = await claimReport(db, keyOf(report), { times: times(), now: () => new Date() });
      const draft = await folder().create(claim?.file ?? '');
      await draft.write(`,${NUMBER},`);
      await draft.close();
      await expect(abortReport(db, failing(), account._id, report.request_id, new Date())).rejects.toThrow('read-only');
      expect((await row(report)).state).toBe('ABORTED');
      await erase(key, NUMBER);
      expect(await filesWith(NUMBER)).toEqual([]);
      expect(await row(report)).not.toHaveProperty('lease');
      expect(await row(report)).not.toHaveProperty('on_disk');
    });
  });

  it('a report that erasures have sent back three times is waited for, and its file looked into', async () => {
    const { account, key } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, NUMBER, { sent: 1 });
    const report = await open(account);
    const options = { times: times(), now: () => new Date() };
    const claim = await claimReport(platform.core.db, keyOf(report), options);
    const text = `,${NUMBER},`;
    const draft = await folder().create(claim?.file ?? '');
    await draft.write(text);
    await reportsOf(platform.core.db).updateOne(
      { _id: report._id, account_id: account._id },
      { $set: { restarts: 3 } },
    );
    const reference = await forget(url, key, { number: NUMBER });
    await waitFor('the erasure to be at its end', async () => {
      const request = await platform.core.db.collection('lethe_requests').findOne({ reference });
      return request?.state === 'verifying';
    });
    await claim?.confirm([claim.file]);
    await draft.finish();
    await draft.close();
    await claim?.complete('SUCCESS', { items: 1, bytes: 1 }, new Date(Date.now() + 3_600_000));
    await untilCompleted(platform, reference);
    expect(await filesWith(NUMBER)).toEqual([]);
    expect(await row(report)).toMatchObject({ state: 'SUCCESS', file_removed_at: expect.any(Date) });
  });

  it('a large file: the number in its last line, several numbers side by side', async () => {
    const { account, key } = await platform.account();
    const { db } = platform.core;
    const others = Array.from({ length: 8 }, (_, index) => String(447700900331 + index));
    for (const [index, number] of others.entries())
      await insertRecords(db, account.records_id, number, { sent: 1, calls: index });
    const [clean, full] = [await write(account), await write(account)];
    const { file } = await row(full);
    const path = join(platform.config.REPORTS_DIR, file ?? '');
    const line = `${account._id},sms,id,outbound,ACME,447700900555,,,,,,,\r\n`;
    await writeFile(path, `${line.repeat(200_000)}${line.replace('447700900555', NUMBER)}`);
    await insertRecords(db, account.records_id, NUMBER, { sent: 1 });
    await Promise.all([...others.slice(0, 4), NUMBER].map((number) => erase(key, number)));
    expect(await row(full)).not.toHaveProperty('file');
    expect(await row(clean)).not.toHaveProperty('file');
    expect(await filesWith(NUMBER)).toEqual([]);
  });
});
