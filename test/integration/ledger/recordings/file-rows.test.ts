import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { inTransaction } from '../../../../src/base/db/transaction.ts';
import { createFiles, type FilesOptions } from '../../../../src/ledger/recordings/files.ts';
import { noteMissingFiles } from '../../../../src/ledger/recordings/missing-files.ts';
import {
  createOutbox,
  FILES,
  type FileOwner,
  type FileRow,
  SEALED_FILES,
} from '../../../../src/ledger/recordings/outbox.ts';
import { FILES_CALL, relayFiles } from '../../../../src/ledger/recordings/relay-files.ts';
import { FileRefused, type RecordingStorage } from '../../../../src/ledger/recordings/storage.ts';
import { requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { draftRequest } from '../../../../src/ledger/requests/open-request.ts';
import { newHold } from '../../../../src/ledger/work/lease.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';

const { ObjectId } = mongoose.mongo;
const NOW = new Date('2026-03-01T10:00:00Z');
const later = (ms: number) => new Date(NOW.getTime() + ms);
const OWNER: FileOwner = { account: 'acc_1', reference: 'r1' };
const OTHERS: readonly FileOwner[] = [
  { account: 'acc_1', reference: 'r2' },
  { account: 'acc_2', reference: 'r1' },
];
const where = 'calls.recording_url';

/** Rows of one owner beside those of others, which stay as they are. */
describe('rows of files that are still to be removed', () => {
  let platform: Platform;
  let clock = NOW;
  beforeAll(async () => {
    platform = await openPlatform('file-rows');
  });
  afterAll(() => platform?.close());
  beforeEach(async () => {
    clock = NOW;
    await rows().deleteMany({});
  });

  const rows = () => platform.core.db.collection<FileRow>(FILES);
  const outbox = () => createOutbox(platform.core.db, platform.core.seal);
  const options = { times: { leaseMs: 60_000, renewBelowMs: 20_000 }, now: () => clock };
  const put = async (more: Partial<FileRow> = {}, name = 'a.mp3', { account, reference } = OWNER): Promise<FileRow> => {
    const _id = new ObjectId();
    const row: FileRow = {
      ...{ _id, account_id: account, reference, where, created_at: NOW, look_at: NOW, generation: 1, tries: 0 },
      ...{ file: platform.core.seal.closeText(name, `${reference}:${_id.toHexString()}`), ...more },
    };
    await rows().insertOne(row);
    return row;
  };
  const all = () => rows().find().sort({ _id: 1 }).toArray();
  const read = ({ _id }: FileRow) => rows().findOne({ _id });
  const beside = () =>
    Promise.all(OTHERS.map((owner) => put({ lease: { owner: 'o', until: later(9) } }, 'a.mp3', owner)));
  const expectAsBefore = async (some: readonly FileRow[]) => {
    for (const row of some) expect(await read(row)).toEqual(row);
  };

  it('enter the outbox with the change of their record, sealed', async () => {
    const { db } = platform.core;
    const found = ['a.mp3', 'b.mp3'].map((reference) => ({ where, reference }));
    const failing = inTransaction(db, async (session) => {
      await outbox().add(OWNER, found, NOW, session);
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await all()).toEqual([]);
    await inTransaction(db, (session) => outbox().add(OWNER, [], NOW, session));
    await inTransaction(db, (session) => outbox().add(OWNER, found, NOW, session));
    const row = { account_id: 'acc_1', reference: 'r1', where, created_at: NOW, look_at: NOW, generation: 1, tries: 0 };
    const stored = await all();
    expect(stored).toEqual([1, 2].map(() => ({ _id: expect.any(ObjectId), ...row, file: expect.any(String) })));
    expect(stored.map((one) => outbox().nameOf(one)).sort()).toEqual(['a.mp3', 'b.mp3']);
    expect(() => outbox().nameOf({ ...(stored[0] as FileRow), reference: 'r2' })).toThrow('cannot be opened');
  });

  it('are taken when they are due, the oldest first, and leased', async () => {
    const hold = newHold(options);
    const others = await beside();
    const [second, first, third] = [
      await put({ look_at: later(-1) }),
      await put({ look_at: later(-2), lease: { owner: 'o', until: later(99) } }),
      await put(),
    ];
    const soon = await put({ look_at: later(1) });
    expect(await outbox().take(OWNER, NOW, hold, 2)).toEqual([first, second]);
    for (const row of [first, second]) expect(await read(row)).toEqual({ ...row, lease: hold.lease });
    await expectAsBefore([third, soon, ...others]);
    clock = later(30_000);
    await outbox().renew(OWNER, hold);
    expect(await read(first)).toEqual({ ...first, lease: { ...hold.lease, until: later(90_000) } });
    await expectAsBefore([third, soon, ...others]);
    await outbox().release(OWNER, hold);
    const { lease: _, ...free } = first;
    expect(await read(first)).toEqual(free);
    await expectAsBefore([third, soon, ...others]);
    expect(await outbox().take({ ...OWNER, reference: 'none' }, NOW, hold, 5)).toEqual([]);
    expect(await outbox().first(OWNER)).toEqual(free);
    expect(await outbox().first({ ...OWNER, reference: 'none' })).toBeNull();
  });

  it('keep what they were found under, are put off, and dropped', async () => {
    const others = await beside();
    const [one, two, three] = [await put(), await put(), await put()];
    expect(outbox().namesOf(one)).toBeUndefined();
    await outbox().keepNames(new Map());
    await outbox().keepNames(
      new Map([
        [one, ['x.mp3', 'y.mp3']],
        [two, []],
      ]),
    );
    const stored = (await read(one)) as FileRow;
    expect(stored).toEqual({ ...one, names: expect.any(String) });
    expect([outbox().namesOf(stored), outbox().namesOf((await read(two)) as FileRow)]).toEqual([
      ['x.mp3', 'y.mp3'],
      [],
    ]);
    const context = `r1:${one._id.toHexString()}`;
    expect(SEALED_FILES.sealedIn(stored)).toEqual([
      { path: 'file', text: one.file, context },
      { path: 'names', text: stored.names, context },
    ]);
    expect(SEALED_FILES.sealedIn(one)).toHaveLength(1);
    expect(SEALED_FILES.filter).toEqual({});
    await outbox().postpone(three, later(77), 'ETIMEDOUT');
    await outbox().postpone(three, later(88), 'EPERM');
    expect(await read(three)).toEqual({ ...three, look_at: later(88), fault: 'EPERM', tries: 2 });
    expect(await outbox().drop(OWNER, [])).toBe(0);
    expect(await outbox().drop({ ...OWNER, account: 'acc_2' }, [one])).toBe(0);
    expect(await outbox().drop(OWNER, [one, two])).toBe(2);
    expect(await outbox().drop(OWNER, [one])).toBe(0);
    expect((await all()).map(({ _id }) => _id)).toEqual([...others, three].map(({ _id }) => _id));
    const held = [OWNER, ...OTHERS, { account: 'acc_1', reference: 'none' }, { account: 'acc_3', reference: 'r1' }];
    expect(await Promise.all(held.map((owner) => outbox().holds(owner)))).toEqual([true, true, true, false, false]);
  });

  it('are due by owner, when nobody holds them', async () => {
    await put({ generation: 1 });
    await put({ generation: 3, lease: { owner: 'o', until: NOW } });
    await put({ generation: 9, look_at: later(1) });
    await put({ lease: { owner: 'o', until: later(1) } }, 'a.mp3', OTHERS[0]);
    await put({}, 'a.mp3', OTHERS[0]);
    const [, second = OWNER] = OTHERS;
    const free = await put({}, 'a.mp3', second);
    const due = await outbox().due(NOW, 9);
    expect(due).toHaveLength(2);
    expect(due).toEqual(
      expect.arrayContaining([
        { ...OWNER, generation: 3, lease: { until: NOW } },
        { ...second, generation: 1 },
      ]),
    );
    expect(await outbox().due(NOW, 1)).toHaveLength(1);
    expect(await outbox().due(later(1), 9)).toHaveLength(3);
    expect([await outbox().isAnyDue(later(-1)), await outbox().isAnyDue(NOW)]).toEqual([false, true]);
    const before = await all();
    const moved = (row: FileRow) => row.account_id === 'acc_1' && row.reference === 'r1' && row.generation <= 3;
    expect(await outbox().moveOn({ ...OWNER, generation: 3 }, false)).toBe(true);
    expect(await all()).toEqual(before.map((row) => (moved(row) ? { ...row, generation: 4 } : row)));
    expect(await outbox().moveOn({ ...OWNER, generation: 3 }, true)).toBe(false);
    expect(await outbox().moveOn({ ...OWNER, generation: 4 }, true)).toBe(true);
    const freed = await all();
    expect(freed.filter((row) => row.generation === 5).some((row) => 'lease' in row)).toBe(false);
    expect(await read(free)).toEqual(free);
  });

  describe('lead to files', () => {
    const removed: string[] = [];
    const missing: unknown[] = [];
    beforeEach(() => {
      removed.length = 0;
      missing.length = 0;
    });
    const storage = (more: Partial<RecordingStorage> = {}): RecordingStorage => ({
      check: (reference) => {
        if (reference === 'refused') throw new FileRefused();
        if (reference === 'broken') throw new RangeError('broken');
      },
      remove: async (name) => void removed.push(name),
      ...more,
    });
    const files = (given: RecordingStorage | null, more: Partial<FilesOptions> = {}) =>
      createFiles({
        ...{ db: platform.core.db, seal: platform.core.seal, storage: given, now: () => clock },
        times: {
          leaseMs: 60_000,
          renewBelowMs: 20_000,
          fileAttemptMs: 60_000,
          retryBaseMs: 1_000,
          longestPauseMs: 5_000,
        },
        onMissing: async (owner, places) => void missing.push([owner, places]),
        ...more,
      });
    const signal = new AbortController().signal;
    const fail = (error: object) => storage({ remove: async () => Promise.reject(error) });

    it('that are written down when a storage has them', async () => {
      const { db } = platform.core;
      const add = (given: RecordingStorage | null, ...references: string[]) =>
        inTransaction(db, (session) =>
          files(given).add(
            OWNER,
            references.map((reference) => ({ where, reference })),
            session,
          ),
        );
      await add(null, 'a.mp3');
      expect([files(null).stored, files(storage()).stored, await all()]).toEqual([false, true, []]);
      await expect(add(storage(), 'a.mp3', 'refused')).rejects.toMatchObject({ failure: 'unusable_file', where });
      await expect(add(storage(), 'broken')).rejects.toThrow(RangeError);
      expect(await all()).toEqual([]);
      clock = later(5);
      await add(storage(), 'a.mp3');
      expect(await all()).toEqual([expect.objectContaining({ look_at: later(5), created_at: later(5) })]);
    });

    it('that are removed, those of others are not', async () => {
      const others = await beside();
      await put({}, 'a.mp3');
      await put({}, 'b.mp3');
      expect(await files(storage()).removeNow(OWNER, signal)).toBeNull();
      expect(removed.sort()).toEqual(['a.mp3', 'b.mp3']);
      expect(await all()).toEqual(others);
      expect(await files(null).removeNow(OWNER, signal)).toBeNull();
      await put({ where: 'calls.late', look_at: later(5) });
      await put();
      await expect(files(null).removeNow(OWNER, signal)).rejects.toMatchObject({ failure: 'no_storage', where });
    });

    it('under the names that were found, written down before the first is removed', async () => {
      const asked: unknown[] = [];
      const [one, two, none] = [
        await put({ created_at: later(-5) }, 'a.mp3'),
        await put({ names: 'set below' }, 'b.mp3'),
        await put({ where: 'calls.none' }, 'none.mp3'),
      ];
      const names = platform.core.seal.closeText(JSON.stringify(['b-1.mp3']), `r1:${two._id.toHexString()}`);
      await rows().updateOne({ _id: two._id }, { $set: { names } });
      const finding = storage({
        find: async (reference, since) => {
          asked.push([reference, since]);
          return reference === 'none.mp3' ? [] : ['a-1.mp3', 'a-2.mp3'];
        },
        remove: async (name) => {
          expect((await read(one))?.names ?? 'gone').toEqual(expect.any(String));
          removed.push(name);
        },
      });
      expect(await files(finding).removeNow(OWNER, signal)).toBeNull();
      expect(asked).toEqual(
        expect.arrayContaining([
          ['a.mp3', later(-5)],
          ['none.mp3', NOW],
        ]),
      );
      expect(asked).toHaveLength(2);
      expect(removed.sort()).toEqual(['a-1.mp3', 'a-2.mp3', 'b-1.mp3']);
      expect(missing).toEqual([[OWNER, ['calls.none']]]);
      expect([await all(), await read(none)]).toEqual([[], null]);
    });

    it.each<[what: string, error: object, fault: string]>([
      ['a code', Object.assign(new Error('x'), { code: 'EPERM' }), 'EPERM'],
      ['a cause', new Error('x', { cause: { code: 'ECONNREFUSED' } }), 'ECONNREFUSED'],
      ['a name', new RangeError('x'), 'RangeError'],
      ['a code that is none', Object.assign(new Error('x'), { code: 5 }), 'Error'],
      ['nothing', {}, 'unknown'],
    ])('that are tried again later, for %s', async (_what, error, fault) => {
      const row = await put({ tries: 1 });
      clock = later(10);
      const again = later(10 + 2_000);
      expect(await files(fail(error)).removeNow(OWNER, signal)).toEqual({ where, again, tries: 2, fault });
      expect(await read(row)).toEqual({ ...row, look_at: again, tries: 2, fault });
      // Not due.
      expect(await files(storage()).removeNow(OWNER, signal)).toEqual({ where, again, tries: 2, fault });
      clock = again;
      expect(await files(storage()).removeNow(OWNER, signal)).toBeNull();
    });

    it('that stay when their look fails, or when it is told to stop', async () => {
      const row = await put();
      const lost = storage({ find: async () => Promise.reject(new RangeError('x')) });
      expect(await files(lost).removeNow(OWNER, signal)).toMatchObject({ tries: 1, fault: 'RangeError' });
      await rows().replaceOne({ _id: row._id }, row);
      const left = { where, again: NOW, tries: 0 };
      expect(await files(storage()).removeNow(OWNER, AbortSignal.abort())).toEqual(left);
      expect([await read(row), removed]).toEqual([row, []]);
      const stop = new AbortController();
      const hangs = storage({
        remove: () => {
          stop.abort();
          return new Promise(() => {});
        },
      });
      expect(await files(hangs).removeNow(OWNER, stop.signal)).toEqual(left);
      expect(await read(row)).toEqual(row);
      const slow = storage({ remove: () => new Promise(() => {}) });
      const times = { leaseMs: 60_000, renewBelowMs: 1, fileAttemptMs: 1, retryBaseMs: 1_000, longestPauseMs: 5_000 };
      expect(await files(slow, { times }).removeNow(OWNER, signal)).toMatchObject({ tries: 1, fault: 'TimeoutError' });
    });

    it('that are many: in groups, the lease renewed between them', async () => {
      for (let number = 0; number < 101; number += 1) await put({}, `${number}.mp3`);
      const untils = new Set<number>();
      const watching = storage({
        remove: async (name) => {
          removed.push(name);
          const [row] = await rows()
            .find({ lease: { $exists: true } })
            .limit(1)
            .toArray();
          if (row?.lease) untils.add(row.lease.until.getTime());
          clock = new Date(clock.getTime() + 3_000);
        },
      });
      expect(await files(watching).removeNow(OWNER, signal)).toBeNull();
      expect(new Set(removed).size).toBe(101);
      expect(untils.size).toBeGreaterThan(1);
    });

    it('by jobs of their owners', async () => {
      const jobs: unknown[] = [];
      const deps = {
        ...{ files: files(storage()), logger: platform.logger, now: () => clock },
        times: { graceMs: 5_000, abandonedMs: 10_000 },
        producer: { add: async (...job: unknown[]) => void jobs.push(job), isAlive: async () => false },
      };
      expect([await files(storage()).isAnyDue(), await relayFiles(deps)]).toEqual([false, 0]);
      const row = await put();
      expect([await files(storage()).isAnyDue(), await files(null).isAnyDue()]).toEqual([true, false]);
      expect(await relayFiles(deps)).toBe(1);
      expect(jobs).toEqual([['remove-files', OWNER, { id: 'files-r1-g2', delayMs: 0 }]]);
      expect(await read(row)).toEqual({ ...row, generation: 2 });
      // One that is alive: its files stay due.
      expect(await relayFiles({ ...deps, producer: { ...deps.producer, isAlive: async () => true } })).toBe(0);
      expect(await read(row)).toEqual({ ...row, generation: 2 });
      expect(await files(null).due.due(NOW, 5)).toEqual([]);
      expect(FILES_CALL.factsOf({ ...OWNER, generation: 1 })).toEqual(OWNER);
    });
  });

  it('that were not there are counted on their request', async () => {
    const { db } = platform.core;
    const lines: unknown[] = [];
    const draft = (account_id: string) => ({
      ...draftRequest({
        ...{ account_id, profile: 'forget', selector: { by: 'number' }, token: 't', requested_by: 'k' },
        ...{ keep_suppression: true, now: NOW, graceMs: 0, deadlineMs: 1 },
      }),
      reference: 'r1',
    });
    const [one, other] = [draft('acc_1'), draft('acc_2')];
    await requestsOf(db).insertMany([one, other]);
    const note = noteMissingFiles(db, { warn: (...line: unknown[]) => void lines.push(line) });
    await note(OWNER, ['calls.a', 'calls.b', 'calls.a']);
    await noteMissingFiles(db, undefined)(OWNER, ['calls.a']);
    expect(await requestsOf(db).findOne({ _id: one._id })).toEqual({ ...one, files_missing: 4 });
    expect(await requestsOf(db).findOne({ _id: other._id })).toEqual(other);
    const facts = { account: 'acc_1', reference: 'r1', count: 3, where: ['calls.a', 'calls.b'] };
    expect(lines).toEqual([['recording references led to no file', facts]]);
  });
});
