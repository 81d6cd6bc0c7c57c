import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { inTransaction } from '../../../../src/base/db/transaction.ts';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { AUDIT } from '../../../../src/ledger/audit/entry.ts';
import { runGuard } from '../../../../src/ledger/guard/guard.ts';
import { createLook, isStillLate, type LatePerson } from '../../../../src/ledger/guard/look.ts';
import { type OpenLateDependencies, openLate } from '../../../../src/ledger/guard/open-late.ts';
import { type ReconcileDependencies, recoverTombstones } from '../../../../src/ledger/guard/reconcile.ts';
import { GUARD, guardOf } from '../../../../src/ledger/guard/row.ts';
import { createStems } from '../../../../src/ledger/guard/scheduled.ts';
import { openAnnounced } from '../../../../src/ledger/requests/announced.ts';
import { lateToken } from '../../../../src/ledger/requests/late-token.ts';
import { type ErasureRequest, REQUESTS, requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { draftRequest } from '../../../../src/ledger/requests/open-request.ts';
import { exportTombstones, readExported } from '../../../../src/ledger/tombstones/export.ts';
import { openTombstoneStore, type TombstoneStore } from '../../../../src/ledger/tombstones/store.ts';
import {
  accountsWithTombstones,
  addTombstones,
  adoptCompleted,
  findTombstones,
  leaveTombstones,
  TOMBSTONES,
  type Tombstone,
  tombstonesOf,
} from '../../../../src/ledger/tombstones/tombstones.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { driveByHand, type HandDriven } from '../../../support/scans.ts';

const { ObjectId } = mongoose.mongo;
const NOW = new Date('2026-03-01T10:00:00Z');
const later = (ms: number) => new Date(NOW.getTime() + ms);
const HOUR = 3_600_000;
const NUMBER = phoneNumber(447700900391);
const tokenOf = (fill: string) => `k.${fill.repeat(43)}`;

describe('tombstones, and who looks after them', () => {
  let platform: Platform;
  let driven: HandDriven;
  let folder: string;
  beforeAll(async () => {
    platform = await openPlatform('tombstones', { GUARD_LOOK_BACK_MINUTES: '60' });
    driven = driveByHand(platform);
    folder = await mkdtemp(join(tmpdir(), 'lethe-tombstones-'));
  });
  afterAll(async () => {
    await platform?.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    for (const name of [TOMBSTONES, REQUESTS, GUARD, AUDIT, 'lethe_audit_heads'])
      await platform.core.db.collection(name).deleteMany({});
  });

  let serial = 0;
  const tombstone = (more: Partial<Tombstone> = {}): Tombstone => {
    serial += 1;
    return {
      ...{ account_id: 'acc_1', token: tokenOf('a'), reference: `r${serial}`, cut_off: NOW, suppressed: true, ...more },
    };
  };
  const request = (more: Partial<ErasureRequest> = {}): ErasureRequest => {
    serial += 1;
    const { unfinished: _, ...row } = draftRequest({
      ...{ account_id: 'acc_1', profile: 'forget', selector: { by: 'number' }, token: tokenOf('b') },
      ...{ requested_by: 'k', keep_suppression: false, now: NOW, graceMs: 0, deadlineMs: 1 },
    });
    return { ...row, state: 'completed', completed_at: later(5), ...more } as ErasureRequest;
  };
  const late = { before: NOW, undated: true, suppressed: true, reference: 'r', records: [] };
  /** Requests that say of no whole number that it is gone. */
  const PARTIAL: Partial<ErasureRequest>[] = [
    { profile: 'contact' },
    { selector: { by: 'number', before: NOW } },
    { selector: { by: 'number', late } },
    { selector: { by: 'age', before: NOW } },
  ];
  const stored = () =>
    tombstonesOf(platform.core.db)
      .find({}, { projection: { _id: 0 } })
      .sort({ reference: 1 })
      .toArray();
  const of = ({ account_id, token, reference, completed_at }: ErasureRequest) => ({
    ...{ account_id, token, reference, cut_off: completed_at, suppressed: false, unexported: true },
  });

  it('are left by requests that say a whole number is gone, as they end', async () => {
    const { db } = platform.core;
    const whole = request();
    const requests = [whole, ...PARTIAL.map(request), request({ completed_at: undefined as never })];
    const failing = inTransaction(db, async (session) => {
      await leaveTombstones(db, requests, session);
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await stored()).toEqual([]);
    await inTransaction(db, async (session) => {
      await leaveTombstones(db, requests, session);
      await leaveTombstones(db, PARTIAL.map(request), session);
    });
    expect(await stored()).toEqual([of(whole)]);
  });

  it('are adopted of what was completed before there were any, once', async () => {
    const { db } = platform.core;
    const whole = request();
    await requestsOf(db).insertMany([
      ...[whole, ...PARTIAL.map((more, index) => request({ ...more, token: `t${index}` }))],
      request({ state: 'cancelled' }),
    ]);
    expect([await adoptCompleted(db), await adoptCompleted(db)]).toEqual([1, 0]);
    expect(await stored()).toEqual([of(whole)]);
  });

  it('are added where they are not there, and found by their tokens: the latest of each', async () => {
    const { db } = platform.core;
    const [one, earlier, other] = [
      tombstone({ cut_off: later(2) }),
      tombstone({ cut_off: later(1) }),
      tombstone({ token: tokenOf('c') }),
    ];
    const foreign = tombstone({ account_id: 'acc_2' });
    expect(await addTombstones(db, [one, earlier, other, foreign])).toEqual([one, earlier, other, foreign]);
    expect(await addTombstones(db, [one, tombstone({ reference: 'new' })])).toHaveLength(1);
    await tombstonesOf(db).deleteOne({ reference: 'new' });
    const find = async (...tokens: string[]) =>
      new Map([...(await findTombstones(db, 'acc_1', tokens))].map(([token, { reference }]) => [token, reference]));
    expect(await find(tokenOf('a'), tokenOf('x'))).toEqual(new Map([[tokenOf('a'), one.reference]]));
    const many = Array.from({ length: 5_001 }, (_, index) => `k.${index}`);
    expect(await find(...many, tokenOf('c'))).toEqual(new Map([[tokenOf('c'), other.reference]]));
    expect(await find(tokenOf('c'), ...many)).toEqual(new Map([[tokenOf('c'), other.reference]]));
    expect(await find()).toEqual(new Map());
    expect((await accountsWithTombstones(db)).sort()).toEqual(['acc_1', 'acc_2']);
  });

  describe('outside of the database', () => {
    const memory = () => {
      const lines: string[] = [];
      const store: TombstoneStore = {
        add: async (some) => void lines.push(...some),
        async *read() {
          yield* lines;
        },
      };
      return { lines, store };
    };

    it('stand once, a line each', async () => {
      const { db } = platform.core;
      const { lines, store } = memory();
      expect(await exportTombstones(db, store)).toBe(0);
      const [one, two] = [tombstone(), tombstone({ suppressed: false })];
      await addTombstones(db, [one, two]);
      const line = ({ account_id: account, token, reference, suppressed }: Tombstone) =>
        JSON.stringify({ v: 1, account, token, reference, cut_off: NOW.toISOString(), suppressed });
      const refusing = { ...store, add: () => Promise.reject(new Error('away')) };
      await expect(exportTombstones(db, refusing)).rejects.toThrow('away');
      expect([await exportTombstones(db, store), await exportTombstones(db, store)]).toEqual([2, 0]);
      expect([...lines].sort()).toEqual([line(one), line(two)].sort());
      expect(await stored()).toEqual([one, two]);
      const row = JSON.parse(line(one));
      lines.push('', '  ', 'x', '{}', line(one));
      for (const bad of [
        { v: 2 },
        { account: '' },
        { token: 'x' },
        { reference: '' },
        { cut_off: 'x' },
        { suppressed: 1 },
      ])
        lines.push(JSON.stringify({ ...row, ...bad }));
      lines.push(JSON.stringify({ ...row, more: 1 }));
      const { all, unreadable } = await readExported(store);
      expect(all).toHaveLength(2);
      expect(all).toEqual(expect.arrayContaining([one, two]));
      expect(unreadable).toBe(8);
    });

    const settings = (more: object = {}) => ({
      ...{ TOMBSTONES_FILE: undefined, TOMBSTONES_S3_ENDPOINT: undefined, TOMBSTONES_S3_BUCKET: undefined },
      ...{
        TOMBSTONES_S3_REGION: 'eu',
        TOMBSTONES_S3_ACCESS_KEY: undefined,
        TOMBSTONES_S3_SECRET_KEY: undefined,
        ...more,
      },
    });
    const bucket = {
      ...{ TOMBSTONES_S3_ENDPOINT: 'https://s3.example.org', TOMBSTONES_S3_BUCKET: 'b' },
      ...{ TOMBSTONES_S3_ACCESS_KEY: 'k', TOMBSTONES_S3_SECRET_KEY: 's' },
    };
    const open = (more: object) => openTombstoneStore(settings(more) as Parameters<typeof openTombstoneStore>[0]);

    it('lie in a file or in a bucket, not in both, nor in half of one', async () => {
      const file = join(folder, 'tombstones.jsonl');
      expect(open({})).toBeNull();
      expect(open(bucket)).not.toBeNull();
      expect(() => open({ ...bucket, TOMBSTONES_FILE: file })).toThrow('not in both');
      for (const name of Object.keys(bucket))
        expect(() => open({ ...bucket, [name]: undefined })).toThrow(/^TOMBSTONES_S3_/);
      const store = open({ TOMBSTONES_FILE: file });
      await store?.add(['a', 'b']);
      await store?.add(['c']);
      expect(await readFile(file, 'utf8')).toBe('a\nb\nc\n');
      const read: string[] = [];
      for await (const line of store?.read() ?? []) read.push(line);
      expect(read).toEqual(['a', 'b', 'c']);
    });

    it('are taken back into a ledger that has lost them, and onto the list', async () => {
      const { db } = platform.core;
      const { account } = await platform.account();
      const { lines, store } = memory();
      const own = (fill: string, more: Partial<Tombstone> = {}) =>
        tombstone({ account_id: account._id, token: tokenOf(fill), ...more });
      const known = own('d');
      await addTombstones(db, [known]);
      const some = [
        ...[known, own('e'), own('e', { suppressed: false, cut_off: later(-1) }), own('f', { suppressed: false })],
        ...[own('g'), own('g', { suppressed: false, cut_off: later(1) }), tombstone({ account_id: 'acc_gone' })],
      ];
      for (const one of some) {
        const { account_id, cut_off, ...rest } = one;
        lines.push(JSON.stringify({ v: 1, account: account_id, cut_off: cut_off.toISOString(), ...rest }));
      }
      lines.push('x');
      const listed: unknown[] = [];
      const addToken = async (...args: unknown[]) => listed.push(args) > 0;
      const deps = {
        ...{ db, store, accounts: platform.core.accounts, suppressions: { addToken }, now: () => NOW },
      } as unknown as ReconcileDependencies;
      const recovered = { suppressed: 1, unreadable: 1, strangers: ['acc_gone'] };
      expect(await recoverTombstones(deps)).toEqual({ ...recovered, lost: 5 });
      expect(listed).toEqual([[account.records_id, tokenOf('e'), NOW]]);
      expect((await stored()).map(({ reference }) => reference).sort()).toEqual(
        some
          .slice(0, -1)
          .map(({ reference }) => reference)
          .sort(),
      );
      expect(await recoverTombstones(deps)).toEqual({ ...recovered, lost: 0, suppressed: 0 });
      expect(await recoverTombstones({ ...deps, store: null })).toEqual({
        ...{ lost: 0, suppressed: 0, unreadable: 0, strangers: [] },
      });
      lines.length = 0;
      await requestsOf(db).insertOne(request());
      await recoverTombstones(deps);
      expect((await stored()).some(({ account_id }) => account_id === 'acc_1')).toBe(true);
    });
  });

  describe('late records', () => {
    let account: Account;
    beforeAll(async () => {
      ({ account } = await platform.account());
    });
    const deps = (more: Partial<OpenLateDependencies> = {}): OpenLateDependencies => ({
      ...{ ...platform.core, deadlineMs: 24 * HOUR, graceMs: 7_000, now: () => NOW, note: async () => ({}), ...more },
    });
    const person = (own: Tombstone, named: Map<string, unknown[]> = new Map()) => ({
      ...{ number: NUMBER, tombstone: own, records: new Map(), named, counts: { calls: 2 } },
    });
    const how = { undated: true, suppressed: false, isStillLate: async () => true };

    it('have a request of their own, with its audit entry and news', async () => {
      const { db, seal } = platform.core;
      const own = tombstone({ account_id: account._id });
      const item = { type: 'erasure.late_record', at: NOW } as const;
      const noted: unknown[] = [];
      const note: OpenLateDependencies['note'] = async (...args) => {
        noted.push(args);
        return { $push: { news: { id: 'msg', ...item } } };
      };
      const id = new ObjectId();
      const opened = await openLate(deps({ note }), account, person(own, new Map([['calls', [id, NUMBER]]])), how);
      expect(opened?.fresh).toBe(true);
      const [row, ...rest] = await requestsOf(db).find().toArray();
      expect(rest).toEqual([]);
      expect(noted).toEqual([[account._id, item]]);
      expect(row).toEqual({
        ...{ _id: expect.anything(), reference: opened?.request.reference, account_id: account._id, profile: 'forget' },
        ...{ token: lateToken(own.token), requested_by: 'guard', keep_suppression: false, state: 'accepted' },
        ...{ unfinished: true, sealed: expect.any(String), created_at: NOW, due_at: later(24 * HOUR) },
        ...{ not_before: new Date(0), look_at: later(7_000), generation: 1, erased: {}, failures: 0 },
        news: [{ id: 'msg', ...item }],
        selector: {
          by: 'number',
          late: {
            ...{ before: NOW, undated: true, suppressed: false, reference: own.reference },
            records: [{ target: 'calls', name: 'calls', sealed: expect.any(String) }],
          },
        },
      });
      if (row?.selector.by !== 'number') throw new Error('not by number');
      expect(openAnnounced(seal, row.selector.late?.records ?? [], row.reference)[0]?.ids.map(String)).toEqual([
        ...[String(id), NUMBER],
      ]);
      expect(seal.open(row.sealed ?? '', row.reference)).toBe(NUMBER);
      const [entry] = await db.collection(AUDIT).find().toArray();
      expect(entry).toMatchObject({
        ...{ account_id: account._id, actor: 'guard', action: 'data.late', reason: 'late_record', at: NOW },
        ...{ counts: { calls: 2 }, reference: row.reference, token: own.token },
      });
    });

    it('that come while it is unfinished are told to it', async () => {
      const { db, seal } = platform.core;
      const own = tombstone({ account_id: account._id });
      const first = await openLate(deps(), account, person(own), how);
      const before = await requestsOf(db).findOne();
      const asked = { ...how, isStillLate: () => Promise.reject(new Error('not asked')) };
      expect(await openLate(deps(), account, person(own), asked)).toEqual({ request: expect.anything(), fresh: false });
      const plain = await requestsOf(db).findOne();
      expect(plain).toEqual({ ...before, asked_again: expect.any(ObjectId) });
      const told = await openLate(deps(), account, person(own, new Map([['calls', ['msg_1']]])), asked);
      expect(told?.request).toMatchObject({
        reference: first?.request.reference,
        account_id: account._id,
        generation: 1,
      });
      const after = await requestsOf(db).findOne();
      if (after?.selector.by !== 'number') throw new Error('not by number');
      expect(openAnnounced(seal, after.selector.late?.records ?? [], after.reference)).toEqual([
        { target: 'calls', name: 'calls', ids: ['msg_1'] },
      ]);
      expect(String(after.asked_again)).not.toBe(String(plain?.asked_again));
      expect(await db.collection(AUDIT).countDocuments()).toBe(1);
      // Another number's, account's and contract's are others.
      for (const other of [{ token: tokenOf('z') }, {}])
        await openLate(deps(), account, person({ ...own, ...other }), how);
      expect(await requestsOf(db).countDocuments()).toBe(2);
    });

    it('that are gone by now need none', async () => {
      const gone = { ...how, isStillLate: async () => false };
      expect(await openLate(deps(), account, person(tombstone()), gone)).toBeNull();
      expect(await requestsOf(platform.core.db).countDocuments()).toBe(0);
    });

    it('have none without its audit entry', async () => {
      const audit = { appendWithin: () => Promise.reject(new RangeError('no')) };
      await expect(openLate(deps({ audit }), account, person(tombstone()), how)).rejects.toThrow('no');
      expect(await requestsOf(platform.core.db).countDocuments()).toBe(0);
    });

    it('are found with whose they are, by collection, and named where no time tells', async () => {
      const { db, tokens } = platform.core;
      const { account: own } = await platform.account();
      const other = phoneNumber(447700900392);
      const [mine, theirs] = [NUMBER, other].map((number) => tokens.current(own._id, number));
      const forgotten = tombstone({ account_id: own._id, token: String(mine) });
      await addTombstones(db, [
        ...[tombstone({ account_id: own._id, token: String(mine), cut_off: later(-HOUR) }), forgotten],
        ...[tombstone({ account_id: 'acc_2', token: String(mine), cut_off: later(HOUR) })],
        tombstone({ account_id: own._id, token: String(theirs), cut_off: later(-HOUR) }),
      ]);
      const owned = { account_id: own.records_id };
      const fixed = `sms-${NUMBER}`;
      const source = ObjectId.createFromTime(later(-HOUR).getTime() / 1_000);
      await db.collection('scheduled_sms').insertOne({ _id: source, ...owned });
      const dated = { from: NUMBER, to: '447700900999', received_at: later(-1) };
      await db.collection('received_sms').insertMany([
        { _id: 'late1', ...owned, ...dated },
        { _id: 'late2', ...owned, ...dated, body: `call ${other}` },
        { _id: 'new', ...owned, ...dated, received_at: later(1) },
        { _id: 'stems', ...owned, ...dated, received_at: later(1), scheduled: source },
        { _id: 'nobody', ...owned, ...dated, from: '447700900393' },
        // Nothing can be changed in it: its request will say so.
        { _id: fixed, ...owned, ...dated, from: '447700900393' },
      ] as never[]);
      const circle = driven.jobs.guard.circleOf(own);
      const place = circle.places.find(({ key }) => key === 'received_sms');
      if (!place) throw new Error('no such place');
      const bytes = (await db
        .collection('received_sms')
        .find(owned, { raw: true })
        .toArray()) as unknown as Uint8Array[];
      const find = async (concerns?: (one: Tombstone) => boolean) => {
        const rule = { isUndatedLate: async () => false, ...(concerns && { concerns }) };
        const people = new Map<typeof NUMBER, LatePerson>();
        const look = createLook({ ...driven.jobs.guard, now: () => NOW }, own, rule);
        await look(circle, place, bytes, people);
        return { people, look };
      };
      const { people, look } = await find();
      expect([...people.keys()]).toEqual([NUMBER]);
      const person = people.get(NUMBER) as LatePerson;
      expect({ ...person, tombstone: person.tombstone.reference, records: [...person.records] }).toEqual({
        ...{ number: NUMBER, tombstone: forgotten.reference, counts: { received_sms: 4 } },
        ...{ records: [[place, ['late1', 'late2', 'stems', fixed]]], named: new Map([['received_sms', ['stems']]]) },
      });
      expect((await find(({ cut_off }) => cut_off > NOW)).people.size).toBe(0);
      expect((await find(({ reference }) => reference === forgotten.reference)).people.size).toBe(1);
      expect(await isStillLate(look, circle, person)).toBe(true);
      await db.collection('received_sms').deleteMany({ _id: { $in: ['late1', 'late2', 'stems', fixed] } } as never);
      expect(await isStillLate(look, circle, person)).toBe(false);
      for (const name of ['received_sms', 'scheduled_sms']) await db.collection(name).deleteMany(owned);
    });

    it('stem from a message that was scheduled before, of the same account', async () => {
      const { db, dataMap } = platform.core;
      const stems = createStems(db, dataMap);
      const [early, recent] = [
        ObjectId.createFromTime(NOW.getTime() / 1_000 - 1),
        ObjectId.createFromTime(NOW.getTime() / 1_000),
      ];
      const scheduled = db.collection('scheduled_sms');
      await scheduled.insertMany([
        { _id: early, account_id: account.records_id },
        { _id: recent, account_id: account.records_id },
        { _id: 'mine', account_id: account.records_id, send_at: NOW } as never,
        { _id: 'theirs', account_id: 'acc_2', send_at: NOW } as never,
      ]);
      const many = Object.fromEntries(Array.from({ length: 49 }, (_, index) => [`f${index}`, 'x']));
      const cases: [record: Record<string, unknown>, is: boolean][] = [
        [{ from: early }, true],
        [{ from: early.toHexString() }, true],
        [{ from: early.toHexString().toUpperCase() }, true],
        // Nothing tells when it was made.
        [{ from: 'mine' }, false],
        [{ ...many, from: early }, true],
        [{ _id: 1, ...many, from: early }, true],
        [{ ...many, one: 1, from: early }, false],
        [{ from: recent }, false],
        [{ from: 'theirs' }, false],
        [{ _id: early }, false],
        [{ from: { deep: early } }, false],
        [{ from: '' }, false],
        [{ from: 'x'.repeat(101) }, false],
        [{}, false],
      ];
      for (const [record, is] of cases) expect([record, await stems(record, account, NOW)]).toEqual([record, is]);
      await scheduled.deleteMany({});
    });
  });

  describe('the guard', () => {
    const lines: unknown[] = [];
    const run = (more: object = {}, signal = new AbortController().signal) =>
      runGuard(
        {
          ...{ ...driven.jobs.guard, now: () => NOW },
          logger: { ...platform.logger, warn: (...line: unknown[]) => void lines.push(line) },
          times: { ...platform.core.times, guardTurnMs: HOUR },
          ...more,
        },
        signal,
      );
    const rowOf = (id: string) => guardOf(platform.core.db).findOne({ _id: id });
    const leftOut = (id: string) => ({ _id: id, looked_at: NOW, tails: [], places: '' });
    const held = { tails: [], places: 'x', looked_at: later(-1), watermark: NOW, round: { turn: 0, place: 0 } };
    beforeEach(() => {
      lines.length = 0;
    });

    it('looks at nobody when it is turned off', async () => {
      await addTombstones(platform.core.db, [tombstone()]);
      await guardOf(platform.core.db).insertOne({ _id: 'none', ...held });
      expect(await run({ times: { ...platform.core.times, guardLookBackMs: 0 } })).toBe(0);
      expect(await guardOf(platform.core.db).find().toArray()).toEqual([leftOut('none')]);
    });

    it('adopts what was completed before, the first time', async () => {
      // Where the guard has looked already, before there were tombstones of these.
      await guardOf(platform.core.db).insertOne({ _id: 'acc_looked_at', ...held });
      await requestsOf(platform.core.db).insertOne(request());
      await run();
      expect([await rowOf('adopted'), (await stored()).length]).toEqual([leftOut('adopted'), 1]);
      await requestsOf(platform.core.db).insertOne(request({ reference: 'later' }));
      await run();
      expect(await stored()).toHaveLength(1);
    });

    it('leaves out accounts that are gone, or not read', async () => {
      const { account } = await platform.account();
      await platform.core.accounts.setScan(account._id, 'off');
      await addTombstones(platform.core.db, [
        tombstone({ account_id: account._id }),
        tombstone({ account_id: 'acc_gone' }),
      ]);
      await guardOf(platform.core.db).insertOne({ _id: account._id, ...held });
      expect(await run()).toBe(0);
      expect([await rowOf(account._id), await rowOf('acc_gone')]).toEqual([leftOut(account._id), leftOut('acc_gone')]);
    });

    it('begins with who has waited longest, goes on after a failure, and stops when it is told to', async () => {
      const ids = ['acc_a', 'acc_b', 'acc_c'];
      await addTombstones(
        platform.core.db,
        ids.map((account_id) => tombstone({ account_id })),
      );
      await guardOf(platform.core.db).insertMany([
        { _id: 'acc_a', ...held, looked_at: later(-5) },
        { _id: 'acc_b', ...held, looked_at: later(-9) },
      ]);
      const asked: string[] = [];
      const find = async (id: string) => {
        asked.push(id);
        return { _id: id, records_id: id } as Account;
      };
      const circleOf = ({ _id }: Account) => {
        if (_id === 'acc_b') throw new RangeError('no circle');
        return { digest: 'd', places: [], createNumbers: async () => ({}) as never };
      };
      expect(await run({ accounts: { find }, circleOf })).toBe(0);
      expect(asked).toEqual(['acc_c', 'acc_b', 'acc_a']);
      const failed = { account: 'acc_b', error: expect.any(RangeError) };
      expect(lines).toEqual([['late records not looked for', failed]]);
      const { round: _, ...kept } = held;
      const whole = { _id: 'acc_a', ...kept, places: 'd', watermark: NOW, looked_at: NOW, read_at: NOW };
      expect(await rowOf('acc_a')).toEqual(whole);
      expect(await rowOf('acc_b')).toEqual({ _id: 'acc_b', ...held, looked_at: later(-9) });
      await run({ accounts: { find } }, AbortSignal.abort());
      let clock = NOW;
      const slow = async (id: string) => {
        clock = later(HOUR + 1);
        return find(id);
      };
      asked.length = 0;
      await run({ accounts: { find: slow }, circleOf, now: () => clock });
      expect(asked).toHaveLength(1);
      // Read whole again when the time has come, and not before.
      const dayMs = platform.core.times.guardRoundMs;
      await guardOf(platform.core.db).updateOne({ _id: 'acc_a' }, { $set: { read_at: NOW } });
      await run({ accounts: { find }, circleOf, now: () => later(dayMs - 1) });
      expect((await rowOf('acc_a'))?.read_at).toEqual(NOW);
      await run({ accounts: { find }, circleOf, now: () => later(dayMs) });
      expect((await rowOf('acc_a'))?.read_at).toEqual(later(dayMs));
    });

    it('keeps up to where each collection was read', async () => {
      const { account } = await platform.account();
      const { db } = platform.core;
      await addTombstones(db, [tombstone({ account_id: account._id, cut_off: later(-HOUR) })]);
      const ring = platform.core.tokens;
      await addTombstones(db, [tombstone({ account_id: account._id, token: ring.current(account._id, NUMBER) })]);
      const put = async (ms: number) => {
        const _id = ObjectId.createFromTime(later(ms).getTime() / 1_000);
        await db
          .collection('received_sms')
          .insertOne({ _id, account_id: account.records_id, from: NUMBER, received_at: later(-9 * HOUR) });
      };
      // A look begins an hour before the oldest completion.
      await put(-2 * HOUR - 1_000);
      const round = { read_at: NOW, places: 'x', looked_at: NOW, tails: [] };
      await guardOf(db).insertOne({ _id: account._id, ...round });
      expect(await run()).toBe(0);
      await guardOf(db).replaceOne({ _id: account._id }, round);
      await put(-2 * HOUR);
      expect(await run()).toBe(1);
      const row = await rowOf(account._id);
      const keys = driven.jobs.guard.circleOf(account).places.map(({ key }) => key);
      expect(row?.tails).toEqual(keys.map((place) => ({ place, at: NOW })));
      expect(row).toMatchObject({ watermark: NOW, looked_at: NOW, places: driven.jobs.guard.circleOf(account).digest });
      const opened = await requestsOf(db).findOne({ account_id: account._id });
      const facts = { account: account._id, reference: opened?.reference, counts: { received_sms: 1 } };
      expect(lines).toEqual([['late record found', facts]]);
      // While it is on its way there is no need for another.
      expect(await run()).toBe(0);
    });

    it('keeps how far it was when it is told to stop', async () => {
      const { account } = await platform.account();
      const { db, tokens } = platform.core;
      const token = tokens.current(account._id, NUMBER);
      await addTombstones(db, [tombstone({ account_id: account._id, token, cut_off: later(-HOUR) })]);
      const _id = ObjectId.createFromTime(later(-1.5 * HOUR).getTime() / 1_000);
      const late = { account_id: account.records_id, from: NUMBER, received_at: later(-9 * HOUR) };
      await db.collection('received_sms').insertOne({ _id, ...late });
      const stop = new AbortController();
      const { numbersIn } = driven.jobs.guard;
      const stopping = (of: Account) => {
        stop.abort();
        return numbersIn(of);
      };
      const circle = driven.jobs.guard.circleOf(account);
      const keys = circle.places.map(({ key }) => key);
      const here = keys.indexOf('received_sms');
      expect(here).toBeGreaterThan(0);
      expect(await run({ numbersIn: stopping }, stop.signal)).toBe(1);
      const tails = keys.map((place, index) => ({
        place,
        at: index < here ? NOW : later(index === here ? -0.5 * HOUR : -HOUR),
      }));
      const row = { tails, watermark: later(-HOUR), looked_at: NOW, places: circle.digest };
      expect(await rowOf(account._id)).toEqual({ _id: account._id, ...row });
      // What is left is read by the next one.
      expect(await run()).toBe(0);
      expect(await rowOf(account._id)).toMatchObject({ watermark: NOW, read_at: NOW });
      await db.collection('received_sms').deleteMany({ account_id: account.records_id });
    });
  });
});
