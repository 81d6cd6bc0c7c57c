import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { queuePrefix } from '../../../src/base/queue/connections.ts';
import { newFileName } from '../../../src/contracts/access/reports/folder.ts';
import { requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { setRedaction } from '../../support/interactions.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { openProducer } from '../../support/producer.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { waitFor } from '../../support/wait-for.ts';

const signal = new AbortController().signal;

describe('jobs that run by the clock', () => {
  let platform: Platform;
  let opened: ReturnType<typeof openProducer>;
  beforeEach(async () => {
    // No round of a worker but its first: what is done after that, a job did.
    platform = await openPlatform('housekeeping', { RELAY_INTERVAL_MS: '3600000', RETENTION_MONTHS: '1' });
    await indexPlatform(platform.core.db);
    opened = openProducer(platform);
  });
  afterEach(async () => {
    await opened?.close();
    await platform?.close();
  });

  const startAndCatchUp = async () => {
    const worker = await platform.startWorker();
    await worker.drained(signal);
  };
  const requestFor = (account: string) => requestsOf(platform.core.db).findOne({ account_id: account });

  it('retention opens a request for what is past its time', async () => {
    const { account } = await platform.account();
    await startAndCatchUp();
    await platform.core.accounts.setRetention(account._id, 1);
    // These records are of January.
    await insertRecords(platform.core.db, account.records_id, '447700900101', { sent: 1 });
    await opened.producer.add('retention', {}, { id: 'now' });
    expect(await waitFor('a request', () => requestFor(account._id))).toMatchObject({ profile: 'retention' });
  });

  it('remove-report-files takes away what killed writers left behind', async () => {
    await startAndCatchUp();
    const folder = platform.config.REPORTS_DIR;
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, newFileName()), 'left behind');
    await opened.producer.add('remove-report-files', {}, { id: 'now' });
    await waitFor('the folder to be empty', async () => (await readdir(folder)).length === 0);
  });

  it('redact-due opens the request of an account whose day has ended', async () => {
    const { account } = await platform.account();
    await startAndCatchUp();
    await setRedaction(platform, account, { automatic: 'daily' });
    await opened.producer.add('redact-due', { account: account._id }, { id: 'now' });
    expect(await waitFor('a request', () => requestFor(account._id))).toMatchObject({ requested_by: 'schedule' });
  });

  it('schedules that a former version made in the only queue it had are removed, and made anew', async () => {
    const former = new Queue('erasure', {
      ...{ connection: opened.redis, prefix: queuePrefix(platform.config.QUEUE_PREFIX), skipVersionCheck: true },
    });
    await former.upsertJobScheduler('retention', { pattern: '17 2 * * *', tz: 'Etc/UTC' }, { name: 'retention' });
    await startAndCatchUp();
    expect(await former.getJobSchedulers()).toEqual([]);
    expect(await former.getDelayed()).toEqual([]);
    expect(await opened.producer.schedules('retention')).toHaveLength(1);
    await former.close();
  });
});
