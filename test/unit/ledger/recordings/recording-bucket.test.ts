import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../../../src/base/config.ts';
import { StorageRefusal } from '../../../../src/ledger/recordings/bucket.ts';
import { openStorage } from '../../../../src/ledger/recordings/open-storage.ts';
import { FileRefused, type RecordingStorage } from '../../../../src/ledger/recordings/storage.ts';
import { TEST_KEYS } from '../../../support/platform.ts';
import { type S3Server, startS3 } from '../../../support/s3-server.ts';

const NAMES = ['a.mp3', '2026/01/b.mp3', "odd name (1)!'*+&=é ~%2F.mp3", 'sub/a.mp3'] as const;

describe('recordings in a bucket', () => {
  let s3: S3Server;
  let storage: RecordingStorage;

  const open = (settings: Record<string, string>): RecordingStorage => {
    const services = { MONGODB_URI: 'mongodb://127.0.0.1', REDIS_URL: 'redis://127.0.0.1' };
    const opened = openStorage(readConfig({ ...services, ...TEST_KEYS, ...settings }));
    if (!opened) throw new Error('no storage');
    return opened;
  };

  beforeEach(async () => {
    s3 = await startS3(NAMES);
    storage = open(s3.settings);
  });
  afterEach(() => s3?.close());

  const left = () => [...s3.objects].sort();
  const without = (...names: string[]) => NAMES.filter((name) => !names.includes(name)).sort();

  it.each([
    ['a plain name', () => 'a.mp3', 'a.mp3'],
    ['a name with folders', () => '2026/01/b.mp3', '2026/01/b.mp3'],
    ['a name of odd characters', () => NAMES[2], NAMES[2]],
    ['an s3 URL', () => 's3://recordings/2026/01/b.mp3', '2026/01/b.mp3'],
    ['a URL of the endpoint', () => `${s3.endpoint}/recordings/a.mp3`, 'a.mp3'],
    ['a presigned URL', () => `${s3.endpoint}/recordings/a.mp3?X-Amz-Signature=abc&x=../b`, 'a.mp3'],
    ['an escaped URL', () => `${s3.endpoint}/recordings/${encodeURIComponent(NAMES[2])}`, NAMES[2]],
    ['an escaped slash', () => `${s3.endpoint}/recordings/2026%2F01%2Fb.mp3`, '2026/01/b.mp3'],
    ['a URL of the bucket’s own host', () => 'https://recordings.s3.example.org/sub/a.mp3', 'sub/a.mp3'],
  ])('removes what %s names, and nothing else', async (_what, reference, name) => {
    await storage.remove(reference());
    expect(left()).toEqual(without(name));
    expect(s3.asked).toHaveLength(1);
  });

  it('takes a file that is gone already for removed', async () => {
    await storage.remove('a.mp3');
    await storage.remove('a.mp3');
    s3.answer({ status: 404, body: '<Error><Code>NoSuchKey</Code></Error>' });
    await storage.remove('a.mp3');
    expect(left()).toEqual(without('a.mp3'));
  });

  it.each([
    ['another bucket', 's3://other/a.mp3'],
    ['no key', 's3://recordings/'],
    ['a way up', '../other/a.mp3'],
    ['a way up inside', 'sub/../../other/a.mp3'],
    ['an escaped way up', 'https://cdn.example.org/%2e%2e/other/a.mp3'],
    ['a way up behind escaped slashes', 'https://cdn.example.org/sub%2F..%2F..%2Fother%2Fa.mp3'],
    ['a dot', './a.mp3'],
    ['a folder', 'sub/'],
    ['a local file', 'file:///a.mp3'],
    ['a bad escape', 'https://cdn.example.org/%zz.mp3'],
    ['a NUL', 'a\0.mp3'],
  ])('refuses %s before anything is asked', async (_what, reference) => {
    expect(() => storage.check(reference)).toThrow(FileRefused);
    await expect(storage.remove(reference)).rejects.toThrow(FileRefused);
    expect(s3.asked).toEqual([]);
  });

  it('refuses a URL of the endpoint that names another bucket', () => {
    expect(() => storage.check(`${s3.endpoint}/other/a.mp3`)).toThrow(FileRefused);
  });

  it.each([
    ['no right', { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' }, 'AccessDenied'],
    ['no bucket', { status: 404, body: '<Error><Code>NoSuchBucket</Code></Error>' }, 'NoSuchBucket'],
    ['a 404 of who knows whom', { status: 404, body: 'not here' }, 'HTTP 404'],
    ['trouble', { status: 503, body: '<Error><Code>SlowDown</Code></Error>' }, 'SlowDown'],
    ['a redirect', { status: 307, headers: { Location: 'http://127.0.0.1:1/' } }, 'HTTP 307'],
  ])('does not take %s for success', async (_what, answer, code) => {
    s3.answer(answer);
    await expect(storage.remove('a.mp3')).rejects.toMatchObject({ name: 'StorageRefusal', code });
    expect(s3.asked).toHaveLength(1);
  });

  it('signs with the secret: another one is turned away', async () => {
    const wrong = open({ ...s3.settings, RECORDINGS_S3_SECRET_KEY: 'another secret' });
    await expect(wrong.remove('a.mp3')).rejects.toThrow(StorageRefusal);
    const elsewhere = open({ ...s3.settings, RECORDINGS_S3_REGION: 'us-east-1' });
    await expect(elsewhere.remove('a.mp3')).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
    expect(left()).toEqual(without());
  });

  it('fails when the storage is away', async () => {
    await s3.close();
    await expect(storage.remove('a.mp3')).rejects.toThrow('fetch failed');
  });

  it('a storage is named whole, and once', () => {
    const { RECORDINGS_S3_BUCKET: _bucket, ...half } = s3.settings;
    expect(() => open(half)).toThrow('RECORDINGS_S3_BUCKET is missing');
    expect(() => open({ ...s3.settings, RECORDINGS_DIR: '/tmp' })).toThrow('not in both');
    expect(() => open({})).toThrow('no storage');
  });
});
