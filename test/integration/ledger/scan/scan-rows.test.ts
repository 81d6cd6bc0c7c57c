import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { storeAnnounced } from '../../../../src/ledger/requests/announced.ts';
import { type ErasureRequest, requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { type AskDependencies, askForScan, isScanDue, relayScans } from '../../../../src/ledger/scan/ask.ts';
import type { Circle } from '../../../../src/ledger/scan/circle.ts';
import { createCircles } from '../../../../src/ledger/scan/circle-of.ts';
import { commitFinds, type Scene } from '../../../../src/ledger/scan/commit.ts';
import { type Joiner, loadJoiners, refreshNotes, releaseJoiners } from '../../../../src/ledger/scan/joiners.ts';
import { type ScanRow, scansOf } from '../../../../src/ledger/scan/ledger.ts';
import {
  claimPass,
  dropPass,
  holdPass,
  keepPass,
  type Pass,
  type ScanDependencies,
} from '../../../../src/ledger/scan/pass.ts';
import { openPosition, sealedInPosition, sealPosition } from '../../../../src/ledger/scan/position.ts';
import { readOn } from '../../../../src/ledger/scan/read-on.ts';
import { runScan } from '../../../../src/ledger/scan/run.ts';
import { LeaseLost } from '../../../../src/ledger/work/lease.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { requestDrafts } from '../../../support/request-rows.ts';

const { Long, ObjectId } = mongoose.mongo;
const NOW = new Date('2026-03-01T10:00:00Z');
const later = (ms: number) => new Date(NOW.getTime() + ms);
const HOUR = 3_600_000;
const GRACE_MS = 5_000;
const NUMBER = phoneNumber(447700900123);

/** The whole rows after each write: of a pass, of the requests that wait for it, and of those that do not. */
describe('rows of passes', () => {
  let platform: Platform;
  let account: Account;
  let clock = NOW;
  const jobs: unknown[] = [];
  beforeAll(async () => {
    platform = await openPlatform('scan-rows');
    ({ account } = await platform.account());
  });
  afterAll(() => platform?.close());
  beforeEach(async () => {
    clock = NOW;
    jobs.length = 0;
    await scans().deleteMany({});
    await requests().deleteMany({});
  });

  const scans = () => scansOf(platform.core.db);
  const requests = () => requestsOf(platform.core.db);
  const ask = (): AskDependencies => ({
    ...{ db: platform.core.db, logger: platform.logger, now: () => clock },
    times: { graceMs: GRACE_MS, abandonedMs: HOUR },
    producer: { add: async (...job: unknown[]) => void jobs.push(job), isAlive: async () => false },
  });
  const jobOf = (generation: number, delayMs = 0, id = account._id) => [
    ...['scan', { account: id }, { id: `scan-${id}-g${generation}`, delayMs }],
  ];
  const rowOf = (id = account._id) => scans().findOne({ account_id: id });
  const put = async (more: Partial<ScanRow> = {}): Promise<ScanRow> => {
    const row: ScanRow = {
      ...{ _id: new ObjectId(), account_id: account._id, unfinished: true, not_before: NOW, asked: 3, generation: 2 },
      ...{ position: { turn: 1, place: 2 }, places: 'digest', read: 40, turn_read: 9, skipped: true, worked_ms: 7 },
      ...{ look_at: later(1), ...more },
    };
    await scans().insertOne(row);
    return row;
  };
  const draft = requestDrafts({ now: NOW, deadlineMs: 24 * HOUR });
  const wait = async (more: Partial<ErasureRequest> = {}, number = NUMBER): Promise<ErasureRequest> => {
    const request = draft(
      { state: 'scanning', ...more },
      { account_id: account._id, seal: (own) => platform.core.seal.close(number, own) },
    );
    await requests().insertOne(request);
    return request;
  };
  const read = ({ _id }: { _id: ErasureRequest['_id'] }) => requests().findOne({ _id });

  describe('are asked for', () => {
    const need = (due = later(24 * HOUR)) => askForScan(ask(), { account: account._id, due });
    const other = () => put({ account_id: 'acc_other' });

    it('the first time', async () => {
      const beside = await other();
      await need();
      const { _id, ...row } = (await rowOf()) as ScanRow;
      expect(row).toEqual({
        ...{ account_id: account._id, unfinished: true, not_before: NOW, asked: 1, position: { turn: 0, place: 0 } },
        ...{ places: '', read: 0, turn_read: 0, skipped: false, worked_ms: 0, look_at: later(GRACE_MS), generation: 1 },
      });
      expect(jobs).toEqual([jobOf(1)]);
      expect(await rowOf('acc_other')).toEqual(beside);
    });

    it('again, when the last one is over', async () => {
      const { unfinished: _, ...row } = await put();
      await scans().updateOne({}, { $unset: { unfinished: '' } });
      clock = later(60_000);
      await need();
      expect(await rowOf()).toEqual({
        ...{ ...row, unfinished: true, not_before: clock, look_at: later(60_000 + GRACE_MS), asked: 4, generation: 3 },
      });
      expect(jobs).toEqual([jobOf(3)]);
    });

    it.each<[what: string, row: Partial<ScanRow>, due: number, at: number | null]>([
      ['is under way', { not_before: NOW }, 0, null],
      ['rests, and will be in time', { not_before: later(1_000), took_ms: 500 }, 2_000, null],
      ['rests for too long', { not_before: later(1_001), took_ms: 500 }, 2_000, 1_000],
      ['rests for far too long', { not_before: later(5_000), took_ms: 500 }, 600, 0],
      ['rests, and nobody knows how long it takes', { not_before: later(5_000) }, 4_000, 4_000],
    ])('while one %s', async (_what, more, due, at) => {
      const [row, beside] = [await put(more), await other()];
      await need(later(due));
      const called = at === null ? {} : { not_before: later(at), look_at: later(at + GRACE_MS), generation: 3 };
      expect(await rowOf()).toEqual({ ...row, asked: 4, ...called });
      expect(jobs).toEqual(at === null ? [] : [jobOf(3, at)]);
      expect(await rowOf('acc_other')).toEqual(beside);
    });

    it('by many at once: one row, and all of them counted', async () => {
      await Promise.all([1, 2, 3, 4].map(() => need()));
      expect(await scans().countDocuments()).toBe(1);
      expect(await rowOf()).toMatchObject({ asked: 4, generation: 1 });
    });

    it('by the relay, for those whom nobody has asked for, in time for the first of them', async () => {
      const { db } = platform.core;
      expect([await isScanDue(db, NOW), await relayScans(ask(), NOW)]).toEqual([false, 0]);
      await wait({ account_id: 'acc_done', scan: { done: NOW } });
      await wait({ account_id: 'acc_sweeps', state: 'sweeping' });
      await put({ account_id: 'acc_rests', not_before: later(9_000), look_at: later(9_000) });
      await wait({ account_id: 'acc_rests' });
      // A rest of five seconds is waited for.
      expect(await isScanDue(db, later(3_999))).toBe(false);
      expect(await isScanDue(db, later(4_000))).toBe(true);
      // One that is over, and will not begin by itself.
      const { _id: over } = await put({ not_before: later(9_000) });
      await scans().updateOne({ _id: over }, { $unset: { unfinished: '' } });
      await wait({ due_at: later(24 * HOUR) });
      await wait({ due_at: later(HOUR) });
      expect(await isScanDue(db, NOW)).toBe(true);
      expect(await relayScans(ask(), NOW)).toBe(0);
      expect(jobs).toEqual([jobOf(3)]);
      expect((await scans().distinct('account_id')).sort()).toEqual([account._id, 'acc_rests'].sort());
      // Its job is lost.
      expect(await relayScans(ask(), later(GRACE_MS))).toBe(1);
      expect(jobs[1]).toEqual(jobOf(4));
      await requests().updateMany({}, { $unset: { unfinished: '' } });
      expect(await isScanDue(db, later(HOUR))).toBe(false);
    });
  });

  describe('are joined', () => {
    const load = (more: Partial<Parameters<typeof loadJoiners>[2]> = {}) =>
      loadJoiners(platform.core.db, platform.core.seal, {
        ...{
          account: account._id,
          position: { turn: 3, place: 1, after: 'x' },
          places: 3,
          read: 55,
          opened: new Map(),
        },
        ...more,
      });

    it('by those who wait, at the place that begins next', async () => {
      const fresh = await wait({ asked_again: new ObjectId(), scan: { since: NOW } });
      const known = await wait({
        scan: { joined: { turn: 2, place: 0 }, from: 5, failed: 1 },
        asked_again: new ObjectId(),
      });
      const others = [
        await wait({ state: 'sweeping' }),
        await wait({ scan: { done: NOW } }),
        await wait({ account_id: 'acc_other' }),
        await wait({ unfinished: undefined as never }),
      ];
      await requests().updateOne({ _id: others[3]?._id as never }, { $unset: { unfinished: '' } });
      const opened = new Map();
      const { all, unreadable } = await load({ opened });
      const told = ({ _id, account_id, reference, generation, token, created_at, due_at, erased }: ErasureRequest) => ({
        ...{ _id, account_id, reference, generation, token, created_at, due_at, erased },
      });
      expect(unreadable).toEqual([]);
      expect(all).toEqual([
        { request: told(fresh), number: NUMBER, joined: { turn: 3, place: 2 }, notes: { since: NOW } },
        { request: told(known), number: NUMBER, joined: { turn: 2, place: 0 }, notes: known.scan },
      ]);
      const { asked_again: _, ...row } = fresh;
      expect(await read(fresh)).toEqual({ ...row, scan: { since: NOW, joined: { turn: 3, place: 2 }, from: 55 } });
      for (const other of [known, ...others.slice(0, 3)]) expect(await read(other)).toEqual(other);
      expect([...opened.keys()].sort()).toEqual([fresh.reference, known.reference].sort());
      await requests().deleteMany({});
      expect(await load()).toEqual({ all: [], unreadable: [] });
    });

    it('and those whose number cannot be opened are told apart', async () => {
      const gone = await wait({ sealed: 'gone.AAAA' });
      const none = await wait({ sealed: undefined as never });
      const { all, unreadable } = await load({ opened: new Map([[none.reference, NUMBER]]) });
      expect(unreadable.map(({ reference }) => reference)).toEqual([gone.reference]);
      expect(all.map(({ request }) => request.reference)).toEqual([none.reference]);
    });

    it('by those who want late records alone, with which', async () => {
      const announced = [{ target: 'calls', name: 'calls', ids: ['msg_1', NUMBER] }];
      const draft = await wait();
      const records = storeAnnounced(platform.core.seal, announced, draft.reference);
      const late = { before: NOW, undated: true, suppressed: false, reference: 'r', records };
      await requests().updateOne({ _id: draft._id }, { $set: { selector: { by: 'number', late } } });
      const { all } = await load();
      expect(all[0]?.late).toEqual({ before: NOW, undated: true, records: expect.any(Set) });
      expect(all[0]?.late?.records.size).toBe(2);
    });

    const joinerOf = (request: ErasureRequest) =>
      ({ request, number: NUMBER, joined: { turn: 0, place: 0 }, notes: undefined }) as Joiner;

    it('and know anew what their rows say', async () => {
      const request = await wait({ scan: { since: NOW, failed: 2 } });
      const joiner = joinerOf(request);
      await refreshNotes(platform.core.db, [joiner]);
      expect(joiner.notes).toEqual({ since: NOW, failed: 2 });
    });

    it.each<[unsealable: boolean, more: object]>([
      [false, {}],
      [true, { failures: [{ name: 'unsealable', where: 'number' }], failed: 1 }],
    ])('until they are let go, with their number unread: %s', async (unsealable, more) => {
      const scan = { since: NOW, joined: { turn: 1, place: 0 }, from: 4 };
      const [one, moved, beside] = [await wait({ scan }), await wait({ scan }), await wait({ scan })];
      await requests().updateOne({ _id: moved._id }, { $inc: { generation: 1 } });
      const after = later(77);
      const released = await releaseJoiners(platform.core.db, [one, moved], {
        now: after,
        graceMs: GRACE_MS,
        unsealable,
      });
      expect(released).toEqual(
        [one, moved].map(({ account_id, reference, created_at, due_at }) => ({
          ...{ account_id, reference, created_at, due_at, generation: 2 },
        })),
      );
      expect(await read(one)).toEqual({
        ...{ ...one, generation: 2, not_before: after, look_at: later(77 + GRACE_MS) },
        scan: { since: NOW, done: after, ...more },
      });
      expect(await read(moved)).toEqual({ ...moved, generation: 2 });
      expect(await read(beside)).toEqual(beside);
    });
  });

  describe('are held', () => {
    const PLACES = [{}, {}, {}] as unknown as Circle['places'];
    const deps = (): ScanDependencies => ({
      ...{
        ...platform.core,
        smallAccount: 10,
        fewRecords: 5,
        logger: platform.logger,
        producer: ask().producer,
        now: () => clock,
      },
      circleOf: () => ({ digest: 'digest', places: PLACES, createNumbers: async () => ({}) as never }),
      times: {
        ...{ leaseMs: 60_000, renewBelowMs: 20_000, graceMs: GRACE_MS },
        ...{ scanIntervalMs: HOUR, scanTurnMs: 1_000, scanLookMs: 100 },
      },
    });
    const claim = async (): Promise<Pass> => {
      const pass = await claimPass(deps(), account._id);
      if (pass === null) throw new Error('not claimed');
      return pass;
    };
    const lease = (pass: Pass, until: number) => ({
      lease: { owner: pass.hold.lease.owner, until: later(until) },
      look_at: later(until),
    });

    it('by one worker, from where they stand', async () => {
      const stored = sealPosition(platform.core.seal, account._id, { turn: 1, place: 2, after: NUMBER });
      const row = await put({ position: stored, size: 30, took_ms: 8, began_at: later(-5) });
      const pass = await claim();
      expect(await rowOf()).toEqual({ ...row, ...lease(pass, 60_000) });
      expect(pass).toMatchObject({
        ...{ position: { turn: 1, place: 2, after: NUMBER }, read: 40, turnRead: 9, skipped: true, workedMs: 7 },
        ...{ began: later(-5), whole: { size: 30, took_ms: 8 }, account },
      });
      expect(await claimPass(deps(), account._id)).toBeNull();
      clock = later(60_000);
      expect((await claim()).hold.lease.owner).not.toBe(pass.hold.lease.owner);
      await expect(holdPass(deps(), pass)).rejects.toThrow(LeaseLost);
    });

    it.each<[what: string, more: Partial<ScanRow>]>([
      ['it is not time', { not_before: later(1) }],
      ['somebody else has it', { lease: { owner: 'o', until: later(1) } }],
      ['it is another’s', { account_id: 'acc_other' }],
    ])('by nobody while %s', async (_what, more) => {
      const row = await put(more);
      expect(await claimPass(deps(), account._id)).toBeNull();
      expect(await rowOf(row.account_id)).toEqual(row);
    });

    it.each<[what: string, more: Partial<ScanRow>]>([
      ['with another list of places', { places: 'before' }],
      ['whose position is sealed with a key that is gone', { position: { turn: 1, place: 2, after: 'gone.AAAA' } }],
    ])('anew, %s: whoever has joined joins again', async (_what, more) => {
      await put(more);
      const scan = {
        since: NOW,
        joined: { turn: 1, place: 0 },
        from: 4,
        failures: [],
        failed: 1,
        scheduled: true as const,
      };
      const joined = await wait({ scan });
      const others = [await wait({ scan, state: 'sweeping' }), await wait({ scan, account_id: 'acc_other' })];
      const pass = await claim();
      expect(pass).toMatchObject({
        position: { turn: 3, place: 0 },
        turnRead: 0,
        skipped: false,
        workedMs: 0,
        read: 40,
      });
      expect(await read(joined)).toEqual({ ...joined, scan: { since: NOW } });
      for (const other of others) expect(await read(other)).toEqual(other);
    });

    it('and given back when there is no such account', async () => {
      const row = await put();
      const none = { ...deps(), accounts: { find: async () => null } };
      await expect(claimPass(none, account._id)).rejects.toThrow('no account');
      expect(await rowOf()).toEqual({ ...row, look_at: later(60_000) });
    });

    it('and written down as they go', async () => {
      const row = await put();
      const pass = await claim();
      Object.assign(pass, {
        ...{ position: { turn: 2, place: 1 }, read: 60, turnRead: 20, skipped: false, workedMs: 9.4, began: later(3) },
        whole: { size: 31, took_ms: 4 },
      });
      clock = later(10_000);
      expect(await keepPass(deps(), pass)).toBe(true);
      const kept = {
        ...{ ...row, position: { turn: 2, place: 1 }, read: 60, turn_read: 20, skipped: false, worked_ms: 9 },
        ...{ began_at: later(3), size: 31, took_ms: 4 },
      };
      expect(await rowOf()).toEqual({ ...kept, ...lease(pass, 70_000) });
      // Only when nobody has asked since.
      expect(await keepPass(deps(), pass, { asked: 2 })).toBe(false);
      const rest = { set: { not_before: later(99), look_at: later(100) }, unset: { lease: '' } } as const;
      expect(await keepPass(deps(), pass, { ...rest, asked: 3 })).toBe(true);
      expect(await rowOf()).toEqual({ ...kept, not_before: later(99), look_at: later(100) });
    });

    it('and dropped after an error', async () => {
      const row = await put();
      const pass = await claim();
      await dropPass(deps(), pass);
      expect(await rowOf()).toEqual({ ...row, look_at: later(60_000) });
    });

    it('when nobody waits they are over; when it is not their time they say when', async () => {
      const run = () => runScan(deps(), account._id, new AbortController().signal);
      expect(await run()).toEqual({ outcome: 'finished' });
      const row = await put({ not_before: later(5_000) });
      expect(await run()).toEqual({ outcome: 'later', at: later(5_000) });
      await scans().updateOne({}, { $set: { not_before: NOW, lease: { owner: 'o', until: later(7_000) } } });
      expect(await run()).toEqual({ outcome: 'later', at: later(7_000) });
      await scans().updateOne({}, { $set: { 'lease.until': later(1) } });
      expect(await run()).toEqual({ outcome: 'later', at: later(1_000) });
      clock = later(1);
      expect(await run()).toEqual({ outcome: 'finished' });
      const { unfinished: _, ...over } = row;
      expect(await rowOf()).toEqual({ ...over, not_before: NOW, look_at: later(60_001) });
    });
  });

  describe('read', () => {
    const circle = () => {
      const { db, dataMap, countriesOf } = platform.core;
      return createCircles({ db, dataMap, countriesOf, keepsNumber: false })(account);
    };
    const joinerOf = (request: ErasureRequest, place: number): Joiner => ({
      ...{ request, number: NUMBER, joined: { turn: 1, place }, notes: request.scan },
    });

    it('to the end of their turn, and no further', async () => {
      const own = circle();
      const deps: ScanDependencies = {
        ...{ ...platform.core, smallAccount: 10, fewRecords: 5, logger: platform.logger, now: () => clock },
        ...{ producer: ask().producer, circleOf: () => own },
        times: { ...platform.core.times, scanLookMs: HOUR },
      };
      const last = own.places.length - 1;
      await put({ places: own.digest, position: { turn: 1, place: last } });
      const pass = await claimPass(deps, account._id);
      if (pass === null) throw new Error('not claimed');
      const waiting = [joinerOf(await wait(), last)];
      const { signal } = new AbortController();
      await readOn(deps, pass, waiting, signal);
      expect([pass.position, pass.began]).toEqual([{ turn: 2, place: 0 }, undefined]);
      clock = later(3);
      // Then until it has come round for whoever waits.
      await readOn(deps, pass, waiting, signal);
      expect([pass.position, pass.began]).toEqual([{ turn: 2, place: last }, clock]);
    });

    it('a record anew whose change fails, a few times: then it is named', async () => {
      const own = circle();
      const place = own.places.find(({ key }) => key === 'sent_sms');
      if (place === undefined) throw new Error('no place');
      const document = { _id: new ObjectId(), account_id: account.records_id, to: NUMBER, body: 'Hi' };
      await place.collection.insertOne({ ...document });
      const request = await wait({ scan: { since: NOW } });
      const numbers = await own.createNumbers(new Map([[NUMBER, `k.${'a'.repeat(43)}`]]));
      let failed = 0;
      const scene: Scene = {
        ...{ place, joiners: new Map([[NUMBER, [joinerOf(request, 0)]]]) },
        rewrite: (one) => place.rewrite(one, numbers, NOW),
        keysOf: () => {
          failed += 1;
          throw new RangeError('of its own');
        },
      };
      const found = [{ document, rewrite: scene.rewrite(document) }];
      await commitFinds({ ...platform.core, keepPosition: async () => {} }, scene, found, document._id);
      expect(failed).toBe(6);
      const failure = { name: 'unexpected', where: 'sent_sms.to', id: document._id.toHexString() };
      expect((await read(request))?.scan).toEqual({ since: NOW, failures: [failure], failed: 1 });
      expect(await place.collection.findOne({ _id: document._id })).toEqual(document);
    });
  });

  it('in a record of two people change nothing of the one who has come back since', async () => {
    const { db, dataMap, countriesOf, tokens } = platform.core;
    const circle = createCircles({ db, dataMap, countriesOf, keepsNumber: false })(account);
    const back = phoneNumber(447700900124);
    const both = [NUMBER, back].map((number) => [number, tokens.current(account._id, number)] as const);
    const numbers = await circle.createNumbers(new Map(both));
    const place = circle.places.find(({ key }) => key === 'sent_sms');
    const body = `Jo of ${back} asks you to call ${NUMBER}`;
    const document = {
      _id: new ObjectId(),
      account_id: account.records_id,
      to: '447700900999',
      body,
      sent_at: later(-5),
    };
    const changed = (before: Date) => {
      const limits = new Map([[back, { before, undated: false, records: new Set<string>() }]]);
      const { edits, found } = place?.rewrite(document, { ...numbers, limits }, NOW) ?? {};
      return [edits?.map(({ path, after }) => [...path, after]), found?.map(({ number }) => number)];
    };
    const masked = `Jo of ${back} asks you to call 44********23`;
    expect(changed(later(-9))).toEqual([[['body', masked]], [NUMBER]]);
    expect(changed(NOW)).toEqual([[['body', 'Jo of 44********24 asks you to call 44********23']], [back, NUMBER]]);
  });

  it('keep the type of the id they stand at, sealed', () => {
    const { seal } = platform.core;
    const plain = { turn: 1, place: 2 };
    expect(sealPosition(seal, 'acc_1', plain)).toEqual(plain);
    expect(openPosition(seal, 'acc_1', plain)).toEqual(plain);
    for (const after of [NUMBER, 7, 1.5, Long.fromString(NUMBER), new ObjectId(), null]) {
      const stored = sealPosition(seal, 'acc_1', { ...plain, after });
      expect(stored).toEqual({ ...plain, after: expect.any(String) });
      expect(openPosition(seal, 'acc_1', stored)).toEqual({ ...plain, after });
      expect(() => openPosition(seal, 'acc_2', stored)).toThrow('cannot be opened');
      expect(sealedInPosition('position', 'acc_1', stored)).toEqual([
        { path: 'position.after', text: stored.after, context: 'scan:acc_1' },
      ]);
    }
    expect(sealedInPosition('position', 'acc_1', plain)).toEqual([]);
    expect(sealedInPosition('round', 'acc_1', undefined)).toEqual([]);
  });
});
