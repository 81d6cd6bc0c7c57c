import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { reportsOf } from '../../../src/contracts/access/reports/ledger.ts';
import { FILES } from '../../../src/ledger/recordings/outbox.ts';
import { REQUEST_CALL, requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { addJob } from '../../../src/ledger/work/call.ts';
import { forget, untilCompleted } from '../../support/forget.ts';
import { closeServer, openPlatform, type Platform } from '../../support/platform.ts';
import { openProducer } from '../../support/producer.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { startS3 } from '../../support/s3-server.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call } from '../../support/wire.ts';

/** Ofcom's drama numbers from here on are those of the busy account. */
const FIRST = 447_700_900_100;
/** Two places for erasures: what holds them up is seen. */
const PLACES = { WORKER_CONCURRENCY: '4' };
const BACKLOG = 80;
const HOUR_MS = 3_600_000;

type Caller = Awaited<ReturnType<Platform['account']>>;

describe('a busy account and another one', () => {
  let platform: Platform;
  let url: string;
  let busy: Caller;
  let other: Caller;
  const closers: (() => Promise<unknown>)[] = [];

  const open = async (env: NodeJS.ProcessEnv = {}) => {
    platform = await openPlatform('fairness', { ...PLACES, ...env });
    await indexPlatform(platform.core.db);
    [busy, other] = [await platform.account(), await platform.account()];
    await insertRecords(platform.core.db, other.account.records_id, '447700900001', { contacts: 1, sent: 2 });
    ({ url } = await platform.startApi());
  };
  afterEach(async () => {
    await platform?.close();
    for (const close of closers.splice(0)) await close();
  });

  const numbers = Array.from({ length: BACKLOG }, (_, index) => String(FIRST + index));
  const openBacklog = async () => {
    for (const number of numbers)
      await insertRecords(platform.core.db, busy.account.records_id, number, { contacts: 1, sent: 2 });
    return Promise.all(numbers.map((number) => forget(url, busy.key, { number })));
  };
  const countCompleted = () =>
    requestsOf(platform.core.db).countDocuments({ account_id: busy.account._id, state: 'completed' });

  it('the request of the other is taken next, whatever the busy one has open', async () => {
    await open();
    const references = await openBacklog();
    const asked = await forget(url, other.key, { number: '447700900001' });
    await platform.startWorker();
    await untilCompleted(platform, asked);
    expect(await countCompleted()).toBeLessThan(BACKLOG / 2);
    for (const reference of references) await untilCompleted(platform, reference);
  });

  it('with several workers, too', async () => {
    await open();
    await openBacklog();
    await Promise.all([platform.startWorker(), platform.startWorker()]);
    await waitFor('the work to begin', async () => (await countCompleted()) > 0);
    const asked = await forget(url, other.key, { number: '447700900001' });
    const before = await countCompleted();
    await untilCompleted(platform, asked);
    expect((await countCompleted()) - before).toBeLessThan(BACKLOG / 2);
  });

  it('all that waits for one moment takes turns when it comes', async () => {
    await open();
    const references = await openBacklog();
    // As if they had waited for messages: their jobs are due, and have had no turn.
    await requestsOf(platform.core.db).updateMany({ reference: { $in: references } }, { $inc: { generation: 1 } });
    // Of one of them little time is left: the others of its account do not hold it up.
    const urgent = references.at(-1) ?? '';
    await requestsOf(platform.core.db).updateOne({ reference: urgent }, { $set: { created_at: new Date(0) } });
    const rows = await requestsOf(platform.core.db)
      .find({ reference: { $in: references } })
      .toArray();
    const { producer, close } = openProducer(platform);
    closers.push(close);
    for (const row of rows) await addJob(producer, REQUEST_CALL, row, 1);
    const asked = await forget(url, other.key, { number: '447700900001' });
    await platform.startWorker();
    await Promise.all([asked, urgent].map((reference) => untilCompleted(platform, reference)));
    expect(await countCompleted()).toBeLessThan(BACKLOG / 2);
  });

  it('reports hold up no request', async () => {
    await open({ LEASE_MS: String(HOUR_MS) });
    await insertRecords(platform.core.db, busy.account.records_id, '447700900002', { sent: 2_000 });
    const order = { product: 'SMS', direction: 'outbound', date_start: '2025-12-01', date_end: '2026-02-01' };
    for (let index = 0; index < 20; index += 1)
      expect((await call(url, '/v2/reports', { key: busy.key, body: order })).status).toBe(202);
    const asked = await forget(url, other.key, { number: '447700900001' });
    await platform.startWorker();
    await untilCompleted(platform, asked);
    const finished = await reportsOf(platform.core.db).countDocuments({ unfinished: { $exists: false } });
    expect(finished).toBeLessThan(20);
  });

  it('a few large requests give their places to the other one', async () => {
    await open({ LEASE_MS: '60000', BATCH_SIZE: '5', BATCH_PAUSE_MS: '100' });
    const large = numbers.slice(0, 2);
    for (const number of large) await insertRecords(platform.core.db, busy.account.records_id, number, { sent: 1_000 });
    const references = await Promise.all(large.map((number) => forget(url, busy.key, { number })));
    await platform.startWorker();
    await waitFor('both places to be taken', async () => {
      const rows = await requestsOf(platform.core.db)
        .find({ reference: { $in: references } })
        .toArray();
      return rows.every((row) => row.lease !== undefined);
    });
    const asked = await forget(url, other.key, { number: '447700900001' });
    await untilCompleted(platform, asked);
    expect(await countCompleted()).toBe(0);
  });

  it('a storage that hangs holds up the requests that wait for it, and no other', async () => {
    const s3 = await startS3();
    const storage = createServer(() => {});
    await new Promise<void>((resolve) => {
      storage.listen(0, '127.0.0.1', () => resolve());
    });
    closers.push(() => closeServer(storage), s3.close);
    const endpoint = `http://127.0.0.1:${(storage.address() as AddressInfo).port}`;
    const hanging = numbers.slice(0, 4);
    await open({ ...s3.settings, RECORDINGS_S3_ENDPOINT: endpoint, LEASE_MS: '60000' });
    await platform.core.db.collection('calls').insertMany(
      hanging.map((from) => ({
        ...{ account_id: busy.account.records_id, from, to: '447700900999', recording_url: `${from}.mp3` },
      })),
    );
    await Promise.all(hanging.map((number) => forget(url, busy.key, { number })));
    await platform.startWorker();
    const files = platform.core.db.collection(FILES);
    await waitFor('files that nobody removes', async () => (await files.countDocuments({})) > 0);
    await untilCompleted(platform, await forget(url, other.key, { number: '447700900001' }));
    // Of the same account, too: nobody gives it a place.
    await insertRecords(platform.core.db, busy.account.records_id, '447700900002', { sent: 2 });
    await untilCompleted(platform, await forget(url, busy.key, { number: '447700900002' }));
    // Not one attempt at a file has run into its limit by then.
    expect(await files.countDocuments({ tries: { $gt: 0 } })).toBe(0);
    expect(await countCompleted()).toBe(1);
  });
});
