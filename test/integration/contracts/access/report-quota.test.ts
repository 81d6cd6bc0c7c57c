import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createReportFolder } from '../../../../src/contracts/access/reports/folder.ts';
import { abortReport, type Report, reportsOf } from '../../../../src/contracts/access/reports/ledger.ts';
import { LEAST_BYTES, openReportWithin } from '../../../../src/contracts/access/reports/quota.ts';
import { writeReport } from '../../../../src/contracts/access/reports/write.ts';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../../support/records.ts';
import { call } from '../../../support/wire.ts';

const signal = new AbortController().signal;

describe('what an account may have of reports', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('report-quota', { REPORTS_UNFINISHED_LIMIT: '2', RATE_LIMIT_PER_SECOND: '0' });
    await indexPlatform(platform.core.db);
  });
  afterAll(() => platform?.close());

  const open = (account: Account, quota: { unfinished?: number; bytes?: number }) => {
    const input = {
      ...{ account, actor: 'test', query: {}, includeMessage: true, now: new Date(), graceMs: 3_600_000 },
      format: 'csv' as const,
    };
    return openReportWithin(platform.core.db, platform.core.seal, input, { unfinished: 100, bytes: 1e9, ...quota });
  };
  const folder = () => createReportFolder(platform.config.REPORTS_DIR);
  const write = ({ account_id: account, request_id: report }: Report, mostBytes: number) =>
    writeReport(
      {
        ...platform.core,
        ...{ folder: folder(), logger: platform.logger, mostBytes, makeWay: async () => {}, now: () => new Date() },
      },
      { account, report },
      signal,
    );
  const row = ({ _id }: Report) => reportsOf(platform.core.db).findOne({ _id });

  it('so many unfinished ones, and no more when many are ordered at once', async () => {
    const { account } = await platform.account();
    const { account: other } = await platform.account();
    const orders = await Promise.allSettled(Array.from({ length: 20 }, () => open(account, { unfinished: 5 })));
    const opened = orders.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const refused = orders.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(opened).toHaveLength(5);
    for (const error of refused) expect(error).toMatchObject({ status: 429, headers: { 'Retry-After': '30' } });
    expect(await reportsOf(platform.core.db).countDocuments({ account_id: account._id })).toBe(5);
    await open(other, { unfinished: 5 });

    await abortReport(platform.core.db, folder(), account._id, opened[0]?.request_id ?? '', new Date());
    await open(account, { unfinished: 5 });
  });

  it('so much room for files; the first to go tells when to try again', async () => {
    const { account } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, '447700900101', { sent: 3 });
    const first = await open(account, {});
    expect(await write(first, 1e9)).toBe('written');
    const { bytes, expires_at } = (await row(first)) ?? {};
    expect(bytes).toBeGreaterThan(0);
    // A small file counts as one of the least size.
    await open(account, { bytes: LEAST_BYTES + 1 });
    const refused = await open(account, { bytes: LEAST_BYTES }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 429 });
    const seconds = Number((refused as { headers: Record<string, string> }).headers['Retry-After']);
    const left = ((expires_at?.getTime() ?? 0) - Date.now()) / 1_000;
    expect(Math.abs(seconds - left)).toBeLessThan(3_600);
  });

  it('a report that fills the room ends there, as TRUNCATED', async () => {
    const { account } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, '447700900102', { sent: 2_000 });
    const report = await open(account, {});
    expect(await write(report, 100_000)).toBe('written');
    const { state, items_count, bytes } = (await row(report)) ?? {};
    expect(state).toBe('TRUNCATED');
    expect(items_count).toBeGreaterThan(0);
    expect(items_count).toBeLessThan(2_000);
    // It is written in chunks.
    expect(bytes).toBeLessThan(100_000 + 2 * 65_536);
  });

  it('the API refuses with 429 and says when to try again; other accounts go on', async () => {
    const { url } = await platform.startApi();
    const [{ key }, other] = [await platform.account(), await platform.account()];
    const order = (by: string) =>
      call(url, '/v2/reports', { key: by, body: { product: 'SMS', direction: 'outbound' } });
    expect([(await order(key)).status, (await order(key)).status]).toEqual([202, 202]);
    const refused = await order(key);
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('30');
    expect((await order(other.key)).status).toBe(202);
  });
});
