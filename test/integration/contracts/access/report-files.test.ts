import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { timesOf } from '../../../../src/base/times.ts';
import { createReportFolder } from '../../../../src/contracts/access/reports/folder.ts';
import { claimReport } from '../../../../src/contracts/access/reports/lease.ts';
import {
  abortReport,
  openReport,
  REPORT_CALL,
  type Report,
  reportsOf,
} from '../../../../src/contracts/access/reports/ledger.ts';
import { relayReports, removeReportFiles } from '../../../../src/contracts/access/reports/tend.ts';
import { type ReportDependencies, writeReport } from '../../../../src/contracts/access/reports/write.ts';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { AUDIT } from '../../../../src/ledger/audit/entry.ts';
import { jobIdOf } from '../../../../src/ledger/work/call.ts';
import { expectStatus } from '../../../support/expect-status.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { openProcesses } from '../../../support/processes.ts';
import { indexPlatform, insertRecords } from '../../../support/records.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { call } from '../../../support/wire.ts';

const HOUR_MS = 3_600_000;
const NUMBER = '447700900301';

describe('the life of a report and its file', () => {
  let platform: Platform;
  let later = 0;
  const now = () => new Date(Date.now() + later);
  const signal = new AbortController().signal;
  beforeAll(async () => {
    platform = await openPlatform('report-files');
    await indexPlatform(platform.core.db);
  });
  afterAll(() => platform?.close());

  const folder = () => createReportFolder(platform.config.REPORTS_DIR);
  const files = () => readdir(platform.config.REPORTS_DIR);
  const deps = (): ReportDependencies => ({
    ...platform.core,
    mostBytes: 1e9,
    makeWay: async () => {},
    folder: folder(),
    logger: platform.logger,
    times: timesOf({ ...platform.config, LEASE_MS: 10_000, REPORT_KEEP_HOURS: 72, RETRY_BASE_MS: 10 }),
    now,
  });
  const tend = (producer: { add(): Promise<void>; isAlive(): Promise<boolean> }) => ({
    db: platform.core.db,
    folder: folder(),
    producer,
    logger: platform.logger,
    times: timesOf({ ...platform.config, LEASE_MS: 1_000 }),
    now,
  });
  const idle = { add: async () => {}, isAlive: async () => false };
  const open = (account: Account) =>
    openReport(platform.core.db, platform.core.seal, {
      account,
      actor: 'test',
      query: { product: 'sms' },
      format: 'csv',
      includeMessage: false,
      now: now(),
      graceMs: 0,
    });
  const row = async (report: Report) => {
    const found = await reportsOf(platform.core.db).findOne({ _id: report._id, account_id: report.account_id });
    if (!found) throw new Error('the report is gone');
    return found;
  };
  const write = (report: Report, stop = signal) =>
    writeReport(deps(), { account: report.account_id, report: report.request_id }, stop);

  it('kept for 72 hours and no longer, after a time without workers too; the API gives it out no later', async () => {
    const { account, key } = await platform.account();
    const { url } = await platform.startApi();
    const report = await open(account);
    expect(await write(report)).toBe('written');
    const { file } = await row(report);
    later = 71.9 * HOUR_MS;
    await removeReportFiles(tend(idle));
    expect(await files()).toContain(file);
    later = 72.1 * HOUR_MS;
    await removeReportFiles(tend(idle));
    later = 0;
    expect(await files()).not.toContain(file);
    expect((await row(report)).file).toBeUndefined();
    expect((await row(report)).state).toBe('SUCCESS');

    const overdue = await open(account);
    await write(overdue);
    const path = `/v2/reports/${overdue.request_id}`;
    expectStatus(await call(url, `${path}/file`, { key }), 200);
    await reportsOf(platform.core.db).updateOne(
      { _id: overdue._id, account_id: account._id },
      { $set: { expires_at: new Date(Date.now() - 1) } },
    );
    expectStatus(await call(url, `${path}/file`, { key }), 404);
    expect((await call(url, path, { key })).body).not.toHaveProperty('_links.download_report');
    const worker = await platform.startWorker();
    await waitFor('the file to go with the start of a worker', async () => {
      const { file: left } = await row(overdue);
      return left === undefined;
    });
    await worker.stop();
  });

  it('what killed writers left behind goes; what is being written, and what is kept, stays', async () => {
    const { account } = await platform.account();
    const [kept, current, dead] = [await open(account), await open(account), await open(account)];
    await write(kept);
    const claimOf = async (report: Report) => {
      const lease = await claimReport(platform.core.db, { account: account._id, report: report.request_id }, deps());
      if (!lease) throw new Error('not claimed');
      const draft = await folder().create(lease.file);
      await draft.write('half a line');
      await draft.close();
      return lease.file;
    };
    later = -60_000;
    const left = await claimOf(dead);
    later = 0;
    const written = await claimOf(current);
    const stray = 'A'.repeat(43);
    await writeFile(join(platform.config.REPORTS_DIR, stray), 'nobody knows of it');
    await writeFile(join(platform.config.REPORTS_DIR, 'README'), 'not ours');
    await removeReportFiles(tend(idle));
    const after = await files();
    expect(after).toEqual(expect.arrayContaining([(await row(kept)).file, `${written}.part`, 'README']));
    expect(after).not.toEqual(expect.arrayContaining([`${left}.part`]));
    expect(after).not.toEqual(expect.arrayContaining([stray]));
  });

  it('an aborted report is dropped by its writer: no file, no audit', async () => {
    const { account } = await platform.account();
    const report = await open(account);
    const lease = await claimReport(platform.core.db, { account: account._id, report: report.request_id }, deps());
    expect(await abortReport(platform.core.db, folder(), account._id, report.request_id, now())).toBe(true);
    await expect(lease?.confirm([])).rejects.toThrow('lost');
    await expect(lease?.complete('SUCCESS', { items: 1, bytes: 1 }, now())).rejects.toThrow('lost');
    expect(await write(report)).toBe('nothing to do');
    expect((await row(report)).state).toBe('ABORTED');
    expect(await platform.core.db.collection(AUDIT).countDocuments({ account_id: account._id })).toBe(0);
  });

  it('a writer that was held up past its lease cannot end the report of its successor', async () => {
    const { account } = await platform.account();
    const report = await open(account);
    const key = { account: account._id, report: report.request_id };
    later = -60_000;
    const first = await claimReport(platform.core.db, key, deps());
    later = 0;
    const second = await claimReport(platform.core.db, key, deps());
    expect(second).not.toBeNull();
    expect(second?.file).not.toBe(first?.file);
    await expect(first?.renew()).rejects.toThrow('lost');
    await expect(first?.complete('SUCCESS', { items: 1, bytes: 1 }, now())).rejects.toThrow('lost');
    await expect(first?.release(now(), true, [])).rejects.toThrow('lost');
    await second?.complete('SUCCESS', { items: 7, bytes: 1 }, now());
    expect(await row(report)).toMatchObject({ state: 'SUCCESS', items_count: 7, file: second?.file });
  });

  it('told to stop, it gives the report back and leaves no file; the next attempt begins anew', async () => {
    const { account } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, NUMBER, { sent: 10 });
    const report = await open(account);
    expect(await write(report, AbortSignal.abort())).toBe('given back');
    expect(await row(report)).toMatchObject({ state: 'PROCESSING', failures: 0 });
    const before = await files();
    expect(await write(report)).toBe('written');
    const { file, items_count } = await row(report);
    expect(items_count).toBe(10);
    expect((await files()).filter((name) => !before.includes(name))).toEqual([file]);
  });

  it('a folder that cannot be written: tried again, and FAILED in the end', async () => {
    const { account } = await platform.account();
    const report = await open(account);
    const broken = { ...deps(), folder: createReportFolder('/dev/null/reports'), logger: { error() {} } as never };
    const key = { account: account._id, report: report.request_id };
    const outcomes: string[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1) outcomes.push(await writeReport(broken, key, signal));
    expect(outcomes).toEqual([...Array(4).fill('given back'), 'failed']);
    expect(await row(report)).toMatchObject({ state: 'FAILED', failures: 4 });
    expect(await row(report)).not.toHaveProperty('unfinished');
  });

  it('the relay gives a report without a job a new one, under a new id, once', async () => {
    const { account } = await platform.account();
    const report = await open(account);
    const added: string[] = [];
    const producer = {
      add: async (...args: unknown[]) => {
        const [name, payload, options] = args as [string, { report: string }, { id: string }];
        if (name === 'report' && payload.report === report.request_id) added.push(options.id);
      },
      isAlive: async () => false,
    };
    const relay = () => relayReports(tend(producer as never), now());
    await Promise.all([relay(), relay()]);
    await relay();
    expect(added).toEqual([jobIdOf(REPORT_CALL, { ...report, generation: 2 })]);
  });

  it('a writer that hangs while the queue calls its job alive is replaced, and writes nothing afterwards', async () => {
    const { account } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, NUMBER, { sent: 5 });
    const report = await open(account);
    const before = await folder().list();
    let goOn = () => {};
    const hang = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const hanging = { ...folder(), create: (name: string) => hang.then(() => folder().create(name)) };
    const key = { account: account._id, report: report.request_id };
    const first = writeReport({ ...deps(), folder: hanging }, key, signal);
    await waitFor('the lease', async () => (await row(report)).lease);
    const added: string[] = [];
    const alive = {
      add: async (...[, , options]: [string, object, { id: string }]) => {
        if (options.id.includes(report.request_id)) added.push(options.id);
      },
      isAlive: async () => true,
    };
    const anHourAgo = new Date(Date.now() - HOUR_MS);
    await reportsOf(platform.core.db).updateOne(
      { _id: report._id, account_id: account._id },
      { $set: { 'lease.until': anHourAgo, look_at: anHourAgo } },
    );
    try {
      await relayReports(tend(alive as never), now());
      await relayReports(tend(alive as never), now());
      expect(added).toEqual([jobIdOf(REPORT_CALL, { ...report, generation: 2 })]);
      expect(await write(report)).toBe('written');
    } finally {
      goOn();
    }
    expect(await first).toBe('lost');
    const { file, items_count } = await row(report);
    expect(items_count).toBe(5);
    expect((await folder().list()).filter((name) => !before.includes(name))).toEqual([file]);
  });

  it('every file an attempt may have left stays known until it is gone, however often attempts are killed', async () => {
    const { account } = await platform.account();
    const report = await open(account);
    const key = { account: account._id, report: report.request_id };
    const left: string[] = [];
    // Killed as soon as they have claimed it: before the files of those before them are gone.
    for (const past of [-60_000, -40_000, -20_000]) {
      later = past;
      const claim = await claimReport(platform.core.db, key, deps());
      later = 0;
      if (!claim) throw new Error('not claimed');
      await (await folder().create(claim.file)).close();
      left.push(claim.file);
      expect((await row(report)).drafts).toEqual(left);
    }
    expect(await write(report)).toBe('written');
    expect(await row(report)).not.toHaveProperty('drafts');
    expect(await folder().list()).not.toEqual(expect.arrayContaining([expect.stringMatching(left.join('|'))]));
  });

  it('a worker that runs until nothing is due writes what was ordered while none ran', async () => {
    const { account } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, NUMBER, { sent: 5 });
    const report = await open(account);
    const processes = openProcesses();
    try {
      const { code } = await processes.lethe(['worker', '--drain'], platform.env).exited();
      expect(code).toBe(0);
      expect(await row(report)).toMatchObject({ state: 'SUCCESS', items_count: 5 });
    } finally {
      await processes.endAll();
    }
  });

  it('a worker killed in the middle: half a file never has a final name, and another writes it whole', async () => {
    const { account, key } = await platform.account();
    const { url } = await platform.startApi();
    await insertRecords(platform.core.db, account.records_id, NUMBER, { sent: 20_000, received: 20_000 });
    const processes = openProcesses();
    try {
      const first = await processes.worker(platform.env);
      const before = await files();
      const ordered = await call(url, '/v2/reports', { key, body: { product: 'sms' } });
      const path = `/v2/reports/${ordered.body.request_id}`;
      const part = await waitFor(
        'half a file',
        async () => {
          const name = (await files()).find((one) => one.endsWith('.part') && !before.includes(one));
          return name && (await stat(join(platform.config.REPORTS_DIR, name))).size > 65_536 && name;
        },
        { everyMs: 2 },
      );
      first.signal('SIGKILL');
      await first.exited();
      expect(await files()).toContain(part);
      expect(await files()).not.toContain(part.replace('.part', ''));
      expect((await call(url, path, { key })).body.request_status).toBe('PROCESSING');
      expectStatus(await call(url, `${path}/file`, { key }), 404);

      await processes.worker(platform.env);
      await waitFor('the whole file', async () => (await call(url, path, { key })).body.request_status === 'SUCCESS');
      const file = await call(url, `${path}/file`, { key });
      expect(file.text.split('\r\n')).toHaveLength(40_002);
      await removeReportFiles(tend(idle));
      expect(await files()).not.toContain(part);
      const audited = await platform.core.db
        .collection(AUDIT)
        .find({ account_id: account._id, action: 'data.report' })
        .toArray();
      expect(audited.map((entry) => entry.counts)).toEqual([{ sent_sms: 20_000, received_sms: 20_000 }]);
    } finally {
      await processes.endAll();
    }
  });
});
