import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inTransaction } from '../../../../src/base/db/transaction.ts';
import { FILES } from '../../../../src/ledger/recordings/outbox.ts';
import { type MongoProxy, readWireCommand, startMongoProxy } from '../../../support/chaos-mongo.ts';
import { forget, untilCompleted, untilRequest } from '../../../support/forget.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { indexPlatform } from '../../../support/records.ts';
import { type S3Server, startS3 } from '../../../support/s3-server.ts';
import type { Verdict } from '../../../support/tcp-proxy.ts';
import { waitFor } from '../../../support/wait-for.ts';

const DIGITS = '447700900123';

describe('recordings in a bucket', () => {
  let platform: Platform;
  let s3: S3Server;
  let url: string;
  let mongo: MongoProxy | undefined;
  const outbox = () => platform.core.db.collection(FILES).find().toArray();
  const callOf = (account: unknown, recording_url: string) => ({
    account_id: account,
    from: DIGITS,
    to: '447700900999',
    transcript: ['hello'],
    recording_url,
  });

  beforeEach(async () => {
    s3 = await startS3(['a.mp3', 'other.mp3', `${DIGITS}.mp3`]);
    platform = await openPlatform('recordings-s3', s3.settings);
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
  });
  afterEach(async () => {
    await platform?.close();
    await Promise.all([s3?.close(), mongo?.close()]);
    mongo = undefined;
  });

  it('a request waits for a storage that is in trouble, fails visibly, and is completed when the files are gone', async () => {
    const { account, key } = await platform.account();
    const calls = platform.core.db.collection('calls');
    await calls.insertMany([
      callOf(account.records_id, `${s3.endpoint}/recordings/a.mp3`),
      callOf(account.records_id, `${DIGITS}.mp3`),
    ]);
    s3.answer({ status: 503, body: '<Error><Code>SlowDown</Code></Error>' });
    const worker = await platform.startWorker();
    const reference = await forget(url, key, { number: DIGITS });

    const failed = await untilRequest(platform, reference, 'a failure', (row) => row.state === 'failed');
    expect(failed.failure).toMatchObject({ name: 'file_not_removed', where: 'calls.recording_url' });
    expect(failed.completed_at).toBeUndefined();
    expect(await calls.countDocuments({ from: DIGITS })).toBe(0);
    const rows = await outbox();
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({ account_id: account._id, reference, fault: 'SlowDown' });
    // A file may be named after the number.
    expect(JSON.stringify(rows)).not.toContain(DIGITS);
    expect(s3.objects.size).toBe(3);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/^lethe_recording_files 2$/m);
    expect(Number(/^lethe_oldest_recording_file_age_seconds (\S+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0);

    // Another worker goes on where this one stopped.
    await worker.stop();
    s3.answer(undefined);
    await platform.startWorker();
    await untilCompleted(platform, reference);
    expect([...s3.objects]).toEqual(['other.mp3']);
    expect(await outbox()).toEqual([]);
    // Figures are a few seconds old at most.
    await waitFor('the figures to follow', async () =>
      /^lethe_oldest_recording_file_age_seconds 0$/m.test(await (await fetch(`${url}/metrics`)).text()),
    );
  });

  it('no file is removed before the change of its record is committed', async () => {
    const { account, key } = await platform.account();
    await platform.core.db.collection('calls').insertOne(callOf(account.records_id, 'a.mp3'));
    mongo = await startMongoProxy(platform.config.MONGODB_URI);
    let held = false;
    let open = () => {};
    const release = new Promise<void>((resolve) => {
      open = resolve;
    });
    mongo.intercept(async ({ from, bytes }): Promise<Verdict> => {
      const command = from === 'client' ? readWireCommand(bytes) : null;
      if (held || command?.name !== 'commitTransaction') return 'pass';
      held = true;
      await release;
      return 'pass';
    });
    const reference = await forget(url, key, { number: DIGITS });
    const worker = await platform.startWorker({ MONGODB_URI: mongo.uri, LEASE_MS: '30000' });
    await waitFor('the commit', () => held);
    expect(s3.asked).toEqual([]);
    expect(await platform.core.db.collection('calls').findOne({ from: DIGITS })).toMatchObject({
      recording_url: 'a.mp3',
    });
    open();
    await untilCompleted(platform, reference);
    // The relay may have found it at the same moment: removing twice does no harm.
    expect([...new Set(s3.asked)]).toEqual(['DELETE /recordings/a.mp3']);
    await worker.stop();
  });

  /** Writes a file down as a door does, in a transaction that commits. */
  const writeDown = async (letter: string) => {
    const { account } = await platform.account();
    await inTransaction(platform.core.db, (session) =>
      platform.core.files.add(
        { account: account._id, reference: letter.repeat(15) },
        [{ where: 'calls.recording_url', reference: 'a.mp3' }],
        session,
      ),
    );
  };

  it('the outbox is the truth: a file without a job, and without a request, is found by a worker', async () => {
    await writeDown('A');
    const worker = await platform.startWorker();
    await waitFor('the file to go', () => !s3.objects.has('a.mp3'));
    await worker.drained(new AbortController().signal);
    expect(await outbox()).toEqual([]);
  });

  it('a drain ends when the files that are due are gone', async () => {
    await writeDown('B');
    const worker = await platform.startWorker({ RELAY_INTERVAL_MS: '600000' });
    await worker.drained(new AbortController().signal);
    expect(s3.objects.has('a.mp3')).toBe(false);
  });

  it('what is rolled back is not removed', async () => {
    const { account } = await platform.account();
    const owner = { account: account._id, reference: 'C'.repeat(15) };
    const session = platform.core.db.client.startSession();
    session.startTransaction();
    await platform.core.files.add(owner, [{ where: 'calls.recording_url', reference: 'a.mp3' }], session);
    await session.abortTransaction();
    await session.endSession();
    expect(await platform.core.files.removeNow(owner, new AbortController().signal)).toBeNull();
    expect(s3.asked).toEqual([]);
  });
});
