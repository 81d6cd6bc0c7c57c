import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inTransaction } from '../../../../src/base/db/transaction.ts';
import { createCore } from '../../../../src/core.ts';
import type { DataMapInput } from '../../../../src/engine/map/version-1.ts';
import { createOutbox, FILES, type FileRow } from '../../../../src/ledger/recordings/outbox.ts';
import { requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { openRequest } from '../../../../src/ledger/requests/open-request.ts';
import { forget, untilCompleted, untilRequest } from '../../../support/forget.ts';
import { SUPPRESSION_LIST, writeMap } from '../../../support/map-file.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { openRecordings, type RecordingFolder } from '../../../support/recordings.ts';
import { indexPlatform } from '../../../support/records.ts';
import { waitFor } from '../../../support/wait-for.ts';

const DIGITS = '447700900123';
const OTHER = '447700900555';
const OWN = '447700900999';
const OLD = new Date('2020-01-01T00:00:00Z');

const callOf = (account: unknown, number: string, recording_url: unknown, fields: object = {}) => ({
  account_id: account,
  call_id: `c-${Math.random()}`,
  direction: 'inbound',
  from: number,
  to: OWN,
  started_at: OLD,
  transcript: ['hello'],
  recording_url,
  ...fields,
});

const outboxOf = (platform: Platform) => platform.core.db.collection(FILES).find().toArray();

describe('recordings in a folder', () => {
  let platform: Platform;
  let folder: RecordingFolder;
  let url: string;

  beforeAll(async () => {
    folder = await openRecordings();
    platform = await openPlatform('recordings', { RECORDINGS_DIR: folder.path });
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
    await platform.startWorker();
  });
  afterAll(async () => {
    await platform?.close();
    await folder?.remove();
  });

  it('a forgotten person’s recordings are gone when the request is completed; nobody else’s are', async () => {
    const [{ account, key }, theirs] = await Promise.all([platform.account(), platform.account()]);
    const at = account.records_id;
    const calls = platform.core.db.collection('calls');
    for (const name of ['mine-1.mp3', 'sub/mine-2.mp3', 'mine-3.mp3', 'mine-4.mp3', 'other.mp3', 'theirs.mp3'])
      await folder.put(name);
    await calls.insertMany([
      callOf(at, DIGITS, 'mine-1.mp3'),
      callOf(at, DIGITS, 'sub/mine-2.mp3'),
      callOf(at, DIGITS, 'https://cdn.example.org/2026/mine-3.mp3'),
      // In a writing that the scan alone knows.
      callOf(at, `Jo <+${DIGITS}>`, 'mine-4.mp3'),
      callOf(at, DIGITS, 'gone-already.mp3'),
      callOf(at, DIGITS, null),
      callOf(at, DIGITS, ''),
      callOf(at, DIGITS, '[REDACTED]'),
      callOf(at, OWN, 'mine-1.mp3', { to: DIGITS, direction: 'outbound' }),
      callOf(at, OTHER, 'other.mp3'),
      callOf(theirs.account.records_id, DIGITS, 'theirs.mp3'),
    ]);
    const done = await untilCompleted(platform, await forget(url, key, { number: DIGITS }));
    expect(done.erased).toMatchObject({ calls: 9 });
    for (const name of ['mine-1.mp3', 'sub/mine-2.mp3', 'mine-3.mp3', 'mine-4.mp3'])
      expect([name, await folder.has(name)]).toEqual([name, false]);
    for (const name of ['other.mp3', 'theirs.mp3']) expect([name, await folder.has(name)]).toEqual([name, true]);
    expect(await outboxOf(platform)).toEqual([]);
    const left = await calls.find({ account_id: at, recording_url: { $nin: [null, ''] } }).toArray();
    expect(left.map((row) => row.recording_url)).toEqual(['other.mp3']);
  });

  it('references that lead to no file are counted, logged, and told from those that lead to one of another name', async () => {
    const { account, key } = await platform.account();
    for (const name of ['deep/RE3.mp3', 'RE2.wav', 'l1.mp3', 'l2.mp3']) await folder.put(name);
    await platform.core.db
      .collection('calls')
      .insertMany(
        ['RE2.WAV', 'https://cdn.example.org/RE3.mp3', 'l1.mp3,l2.mp3', 'nowhere.mp3', 'nowhere-2.mp3'].map((name) =>
          callOf(account.records_id, DIGITS, name),
        ),
      );
    const { reference } = await untilCompleted(platform, await forget(url, key, { number: DIGITS }));
    // Another worker may have removed the files: it counts once it has done so.
    const counted = () => requestsOf(platform.core.db).findOne({ reference, files_missing: { $gte: 2 } });
    expect((await waitFor('the count', counted)).files_missing).toBe(2);
    for (const name of ['deep/RE3.mp3', 'RE2.wav', 'l1.mp3', 'l2.mp3'])
      expect([name, await folder.has(name)]).toEqual([name, false]);
  });

  it('a reference that several files might be meant by fails the request, and none is removed', async () => {
    const { account, key } = await platform.account();
    for (const name of ['acc1/same.mp3', 'acc2/same.mp3']) await folder.put(name);
    await platform.core.db.collection('calls').insertOne(callOf(account.records_id, DIGITS, 'same.mp3'));
    const request = await forget(url, key, { number: DIGITS });
    const failed = await untilRequest(platform, request, 'a failure', (row) => row.state === 'failed');
    expect(failed.failure).toMatchObject({ name: 'file_not_removed', where: 'calls.recording_url' });
    for (const name of ['acc1/same.mp3', 'acc2/same.mp3']) expect(await folder.has(name)).toBe(true);
    await rm(join(folder.path, 'acc2/same.mp3'));
    await untilCompleted(platform, request);
    expect(await folder.has('acc1/same.mp3')).toBe(false);
  });

  it('after a crash what was found is removed, and no other file of a like name', async () => {
    const { db, files } = platform.core;
    await folder.put('other-account/crash.mp3');
    const owner = { account: 'acc_crash', reference: 'crash'.padStart(15, 'A') };
    await inTransaction(db, (session) =>
      files.add(owner, [{ where: 'calls.recording_url', reference: 'crash.mp3' }], session),
    );
    // It was found, written down and removed; then the process died.
    const outbox = createOutbox(db, platform.core.seal);
    const row = await db.collection<FileRow>(FILES).findOne({ reference: owner.reference });
    if (!row) throw new Error('no row');
    await outbox.keepNames(new Map([[row, ['crash.mp3']]]));
    expect(await files.removeNow(owner, new AbortController().signal)).toBeNull();
    expect(await folder.has('other-account/crash.mp3')).toBe(true);
  });

  it('a worker without a storage completes no request whose files are still to be removed', async () => {
    const { account, key } = await platform.account();
    await folder.put('stays/x.mp3');
    await platform.core.db.collection('calls').insertOne(callOf(account.records_id, DIGITS, 'stays'));
    const request = await forget(url, key, { number: DIGITS });
    await untilRequest(platform, request, 'a file that cannot be removed', (row) => row.state === 'failed');
    const blind = createCore({ ...platform.config, RECORDINGS_DIR: undefined }, { poolSize: 2 });
    const row = await untilRequest(platform, request, 'the row', () => true);
    await expect(
      blind.files.removeNow({ account: account._id, reference: row.reference }, new AbortController().signal),
    ).rejects.toMatchObject({ failure: 'no_storage', where: 'calls.recording_url' });
    await blind.close();
    await rm(join(folder.path, 'stays'), { recursive: true });
    await untilCompleted(platform, request);
  });

  it('many recordings, over several batches and transactions', async () => {
    const { account, key } = await platform.account();
    const names = Array.from({ length: 260 }, (_, index) => `many/${index}.mp3`);
    await Promise.all(names.map((name) => folder.put(name)));
    await platform.core.db
      .collection('calls')
      .insertMany(
        names.flatMap((name) => [callOf(account.records_id, DIGITS, name), callOf(account.records_id, DIGITS, null)]),
      );
    const done = await untilCompleted(platform, await forget(url, key, { number: DIGITS }));
    expect(done.erased).toMatchObject({ calls: 520 });
    expect(await Promise.all(names.map((name) => folder.has(name)))).toEqual(names.map(() => false));
    expect(await outboxOf(platform)).toEqual([]);
  });

  it.each([
    ['a way out of the folder', '../outside.mp3', 'unusable_file'],
    ['a path elsewhere', '/etc/hostname', 'unusable_file'],
    ['an object', { url: 'a.mp3' }, 'unsupported_type'],
    ['a number', 7, 'unsupported_type'],
  ])('%s fails the request before the record is changed', async (_what, reference, failure) => {
    const { account, key } = await platform.account();
    const calls = platform.core.db.collection('calls');
    await folder.put('fixed.mp3');
    const bad = callOf(account.records_id, DIGITS, reference);
    await calls.insertOne(bad);
    const request = await forget(url, key, { number: DIGITS });
    const failed = await untilRequest(platform, request, 'a failure', (row) => row.state === 'failed');
    expect(failed.failure).toMatchObject({
      name: failure,
      where: expect.stringMatching(/^calls\.recording_url \(_id [0-9a-f]{24}\)$/),
    });
    expect(await calls.findOne({ account_id: account.records_id })).toEqual(bad);
    expect(await outboxOf(platform)).toEqual([]);

    await calls.updateOne({ account_id: account.records_id }, { $set: { recording_url: 'fixed.mp3' } });
    await untilCompleted(platform, request);
    expect(await folder.has('fixed.mp3')).toBe(false);
  });

  it.each([
    ['retention', 'retention', 'calls'],
    ['redaction by schedule', 'interaction', 'calls'],
  ] as const)('%s takes the files of old records with them', async (_what, profile, collection) => {
    const { account } = await platform.account();
    await folder.put(`${profile}-old.mp3`);
    await folder.put(`${profile}-new.mp3`);
    await platform.core.db
      .collection(collection)
      .insertMany([
        callOf(account.records_id, DIGITS, `${profile}-old.mp3`),
        callOf(account.records_id, DIGITS, `${profile}-new.mp3`, { started_at: new Date() }),
      ]);
    const { request } = await openRequest(platform.core.db, {
      account_id: account._id,
      profile,
      selector: { by: 'age', before: new Date('2021-01-01T00:00:00Z') },
      token: `test:${profile}`,
      requested_by: 'schedule',
      keep_suppression: true,
      now: new Date(),
      deadlineMs: 86_400_000,
      graceMs: 0,
    });
    const done = await untilCompleted(platform, request.reference);
    expect(done.erased).toEqual({ calls: 1 });
    expect(await folder.has(`${profile}-old.mp3`)).toBe(false);
    expect(await folder.has(`${profile}-new.mp3`)).toBe(true);
    expect(await outboxOf(platform)).toEqual([]);
  });
});

describe('without a storage', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('recordings-none');
    await indexPlatform(platform.core.db);
  });
  afterAll(() => platform?.close());

  it('references are cleared, of whatever kind, and nothing is written down', async () => {
    const { url } = await platform.startApi();
    await platform.startWorker();
    const { account, key } = await platform.account();
    await platform.core.db
      .collection('calls')
      .insertMany([
        callOf(account.records_id, DIGITS, '../a.mp3'),
        callOf(account.records_id, DIGITS, { url: 'a.mp3' }),
      ]);
    const done = await untilCompleted(platform, await forget(url, key, { number: DIGITS }));
    expect(done.erased).toMatchObject({ calls: 2 });
    const rows = await platform.core.db.collection('calls').find({ account_id: account.records_id }).toArray();
    expect(rows.map((row) => row.recording_url)).toEqual([null, {}]);
    expect(await outboxOf(platform)).toEqual([]);
  });
});

describe('recordings in lists, in arrays, and of records that are deleted', () => {
  const MAP = {
    version: 1,
    collections: [
      {
        collection: 'conferences',
        account: 'account_id',
        record: 'call',
        numbers: ['host', 'people[].number'],
        fields: [
          { path: 'tracks', category: 'recording', type: 'list' },
          { path: 'people[].recording', category: 'recording' },
          { path: 'people[].name', category: 'name' },
        ],
      },
      {
        collection: 'voicemails',
        account: 'account_id',
        record: 'contact',
        elements: 'boxes[].mails[]',
        numbers: ['boxes[].mails[].from'],
        fields: [{ path: 'boxes[].mails[].file', category: 'recording' }],
      },
      {
        collection: 'greetings',
        account: 'account_id',
        record: 'contact',
        numbers: ['number'],
        fields: [{ path: 'file', category: 'recording' }],
      },
      SUPPRESSION_LIST,
    ],
  } as const satisfies DataMapInput;

  it('the files of matching elements go, those of others stay', async () => {
    const folder = await openRecordings();
    const map = await writeMap(MAP);
    const platform = await openPlatform('recordings-map', { DATA_MAP: map.file, RECORDINGS_DIR: folder.path });
    try {
      const { db } = platform.core;
      const { url } = await platform.startApi();
      await platform.startWorker();
      const { account, key } = await platform.account();
      const at = { account_id: account.records_id };
      const names = ['t1', 't2', 'jo', 'al', 'vm-jo', 'vm-al', 'vm-jo-2', 'greeting', 'other-greeting', 't3', 'bo'];
      for (const name of names) await folder.put(name);
      await db.collection('conferences').insertMany([
        {
          ...at,
          host: OTHER,
          tracks: ['t1', 't2'],
          people: [
            { number: DIGITS, name: 'Jo', recording: 'jo' },
            { number: OTHER, name: 'Al', recording: 'al' },
          ],
        },
        { ...at, host: OTHER, tracks: ['t3'], people: [{ number: OTHER, recording: 'bo' }] },
      ]);
      await db.collection('voicemails').insertOne({
        ...at,
        boxes: [
          {
            mails: [
              { from: DIGITS, file: 'vm-jo' },
              { from: OTHER, file: 'vm-al' },
            ],
          },
          { mails: [{ from: `+${DIGITS}`, file: 'vm-jo-2' }] },
          { mails: [] },
        ],
      });
      await db.collection('greetings').insertMany([
        { ...at, number: DIGITS, file: 'greeting' },
        { ...at, number: OTHER, file: 'other-greeting' },
      ]);
      await untilCompleted(platform, await forget(url, key, { number: DIGITS }));

      const left = (await Promise.all(names.map(async (name) => ((await folder.has(name)) ? [name] : [])))).flat();
      expect(left.sort()).toEqual(['al', 'bo', 'other-greeting', 't3', 'vm-al']);
      expect(await db.collection('conferences').find(at).toArray()).toMatchObject([
        {
          tracks: [],
          people: [
            { recording: null, name: null },
            { recording: 'al', name: 'Al', number: OTHER },
          ],
        },
        { tracks: ['t3'], people: [{ recording: 'bo' }] },
      ]);
      expect(await db.collection('voicemails').findOne(at)).toMatchObject({
        boxes: [{ mails: [{ from: OTHER, file: 'vm-al' }] }, { mails: [] }, { mails: [] }],
      });
      expect(await db.collection('greetings').countDocuments(at)).toBe(1);
      expect(await outboxOf(platform)).toEqual([]);
    } finally {
      await platform.close();
      await map.remove();
      await folder.remove();
    }
  });
});
