import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ERRORS } from '../../../src/base/errors.ts';
import { FILES } from '../../../src/ledger/recordings/outbox.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { openRecordings } from '../../support/recordings.ts';
import { indexPlatform } from '../../support/records.ts';
import { type S3Server, startS3 } from '../../support/s3-server.ts';
import { snapshotDatabase, snapshotRedis } from '../../support/snapshot.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call } from '../../support/wire.ts';

const DIGITS = '447700900123';

describe('erasing a contact: recording files', () => {
  let platform: Platform;
  let s3: S3Server;
  let url: string;
  let key: string;
  let account: string;

  beforeEach(async () => {
    s3 = await startS3(['a.mp3', `calls/${DIGITS}.mp3`, 'other.mp3', 'both.mp3']);
    platform = await openPlatform('e2e-contact-files', s3.settings);
    await indexPlatform(platform.core.db);
    const made = await platform.account();
    key = made.key;
    account = made.account._id;
    ({ url } = await platform.startApi());
    await insertCalls({ from: DIGITS, recording_url: 'a.mp3' }, { to: DIGITS, recording_url: `calls/${DIGITS}.mp3` });
    await insertCalls({ from: DIGITS, to: `+${DIGITS}`, recording_url: 'both.mp3' });
    await insertCalls({ from: '447700900555', recording_url: 'other.mp3' });
  });
  afterEach(async () => {
    await platform?.close();
    await s3?.close();
  });

  const insertCalls = (...calls: object[]) =>
    platform.core.db
      .collection('calls')
      .insertMany(calls.map((one) => ({ account_id: account, transcript: ['hello'], ...one })));
  const erase = (at = url) => call(at, `/v1/contacts/%2B${DIGITS}`, { method: 'DELETE', key });
  const outbox = () => platform.core.db.collection(FILES).find().toArray();

  it('are gone when the answer is there, without a worker', async () => {
    expect((await erase()).body).toEqual({ erased: true, e164: `+${DIGITS}`, records_affected: 3 });
    expect([...s3.objects]).toEqual(['other.mp3']);
    expect(s3.asked).toHaveLength(3);
    expect(await outbox()).toEqual([]);
  });

  it('are removed later by a worker when the storage is in trouble', async () => {
    s3.answer({ status: 503, body: '<Error><Code>SlowDown</Code></Error>' });
    const answer = await erase();
    expect({ status: answer.status, affected: answer.body.records_affected }).toEqual({ status: 200, affected: 3 });
    expect(s3.objects.size).toBe(4);
    const rows = await outbox();
    expect(rows.map((row) => [row.account_id, row.fault])).toEqual(Array(3).fill([account, 'SlowDown']));
    expect(JSON.stringify(rows) + JSON.stringify(await snapshotRedis(platform))).not.toContain(DIGITS);
    expect((await erase()).body.records_affected).toBe(0);

    s3.answer(undefined);
    await platform.startWorker();
    await waitFor('the files to go', () => s3.objects.size === 1);
    await waitFor('an empty outbox', async () => (await outbox()).length === 0);
    expect([...s3.objects]).toEqual(['other.mp3']);
  });

  it('are removed by a worker though Redis never heard of them', async () => {
    s3.answer({ status: 503 });
    const deaf = await platform.startApi({ REDIS_URL: 'redis://127.0.0.1:1' });
    expectStatus(await erase(deaf.url), 200);
    s3.answer(undefined);
    await platform.startWorker();
    await waitFor('the files to go', () => s3.objects.size === 1);
  });

  it('do not keep the answer waiting for a storage that says nothing', async () => {
    const proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(s3.endpoint).port) });
    try {
      proxy.blackHole();
      const silent = await platform.startApi({ RECORDINGS_S3_ENDPOINT: `http://127.0.0.1:${proxy.port}` });
      expectStatus(await erase(silent.url), 200);
      expect(await outbox()).toHaveLength(3);
      expect(s3.asked).toEqual([]);
      await platform.startWorker();
      await waitFor('the files to go', () => s3.objects.size === 1);
    } finally {
      await proxy.close();
    }
  });

  it('a reference that names no file of the storage is a failure, and nothing is changed', async () => {
    await insertCalls({ from: DIGITS, recording_url: 's3://somebody-else/a.mp3' });
    const before = await snapshotDatabase(platform);
    const answer = await erase();
    expectStatus(answer, 409);
    expect(answer.body).toEqual({ error_code: 'NOT_REMOVABLE', message: ERRORS.not_removable.message });
    expect(await snapshotDatabase(platform)).toEqual(before);
    expect(s3.asked).toEqual([]);
  });

  it('in a folder', async () => {
    const folder = await openRecordings();
    const local = await openPlatform('e2e-contact-folder', { RECORDINGS_DIR: folder.path });
    try {
      const made = await local.account();
      await folder.put('a.mp3');
      await folder.put('other.mp3');
      await local.core.db.collection('calls').insertMany([
        { account_id: made.account._id, from: DIGITS, recording_url: `file://${folder.path}/a.mp3` },
        { account_id: made.account._id, from: '447700900555', recording_url: 'other.mp3' },
      ]);
      const api = await local.startApi();
      const answer = await call(api.url, `/v1/contacts/${DIGITS}`, { method: 'DELETE', key: made.key });
      expect(answer.body).toEqual({ erased: true, e164: `+${DIGITS}`, records_affected: 1 });
      expect([await folder.has('a.mp3'), await folder.has('other.mp3')]).toEqual([false, true]);
    } finally {
      await local.close();
      await folder.remove();
    }
  });
});
