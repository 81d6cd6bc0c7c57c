import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { ErasureFailure } from '../../../../src/base/errors.ts';
import type { Refused } from '../../../../src/engine/by-halves.ts';
import type { Announced } from '../../../../src/engine/sweep.ts';
import type { Target } from '../../../../src/engine/target.ts';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { ChainBusy } from '../../../../src/ledger/audit/until-appended.ts';
import type { BoundRequest } from '../../../../src/ledger/requests/bind.ts';
import { type EraseDependencies, eraseRequest } from '../../../../src/ledger/requests/erase.ts';
import { type ErasureRequest, requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { createLedgerWrites } from '../../../../src/ledger/requests/ledger-writes.ts';
import { LeaseLost } from '../../../../src/ledger/work/lease.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { requestDrafts } from '../../../support/request-rows.ts';

const NOW = new Date('2026-03-01T10:00:00Z');
const at = (ms: number) => new Date(NOW.getTime() + ms);
const MINUTE = 60_000;
const DUE_MS = 30 * MINUTE;

/** What a turn comes to, and what it leaves in the ledger, by what it is bound to. */
describe('a turn of an erasure', () => {
  let platform: Platform;
  const lines: unknown[] = [];
  const asked: unknown[] = [];
  const recorded: unknown[] = [];
  beforeAll(async () => {
    platform = await openPlatform('erase-turns');
  });
  afterAll(() => platform?.close());
  beforeEach(() => {
    for (const list of [lines, asked, recorded]) list.length = 0;
  });

  const nothing = async () => ({ keys: {}, refused: [] });
  const bound = (more: Partial<BoundRequest> = {}): BoundRequest => ({
    ...{ targets: [], children: () => [], readRoots: nothing, readKeys: nothing, scan: 'none', notScanned: [] },
    ...{ lastScheduled: async () => [], removeFiles: async () => null, ending: () => null, isInPortions: false },
    record: async (erased) => void recorded.push(erased),
    ...more,
  });
  const depsFor = (bind: EraseDependencies['bind'], more: Partial<EraseDependencies> = {}): EraseDependencies => ({
    ...{
      ledger: createLedgerWrites(platform.core.db, async () => {}),
      seal: platform.core.seal,
      batchSize: 10,
      now: () => NOW,
      bind,
    },
    accounts: { find: async (id) => ({ _id: id }) as Account },
    askForScan: async (need) => void asked.push(need),
    logger: { ...platform.logger, error: (...line: unknown[]) => void lines.push(line) },
    times: {
      ...{ leaseMs: MINUTE, renewBelowMs: 1, filesMs: MINUTE, lostPauseMs: 1, batchPauseMs: 0, settleMs: 500 },
      ...{ retryBaseMs: 1_000, longestPauseMs: 20 * MINUTE },
    },
    ...more,
  });
  const draft = requestDrafts({ now: NOW, deadlineMs: DUE_MS });
  const add = async (more: Partial<ErasureRequest> = {}): Promise<ErasureRequest> => {
    const request = draft(more);
    await requestsOf(platform.core.db).insertOne(request);
    return request;
  };
  const run = async (
    request: ErasureRequest,
    to: Partial<BoundRequest> | EraseDependencies['bind'],
    {
      deps = {},
      signal = new AbortController().signal,
    }: { deps?: Partial<EraseDependencies>; signal?: AbortSignal } = {},
  ) => {
    const bind = typeof to === 'function' ? to : () => bound(to);
    const key = { account: request.account_id, reference: request.reference };
    const outcome = await eraseRequest(depsFor(bind, deps), key, signal);
    const row = await requestsOf(platform.core.db).findOne({ _id: request._id });
    if (row === null) throw new Error('the request is gone');
    return { outcome, row };
  };
  const later = (ms: number) => ({ outcome: 'later', at: at(ms) });
  /** A place with records, each of which is changed as it should. */
  const target = (ids: unknown[], more: Partial<Target> = {}): Target & { readonly changed: unknown[] } => {
    const left = [...ids];
    const changed: unknown[] = [];
    return {
      ...{ key: 'calls.from', name: 'calls', changed, isUnreadable: async () => false },
      find: async (limit) => left.slice(0, limit),
      change: async (some) => {
        changed.push(...some);
        for (const id of some) if (left.includes(id)) left.splice(left.indexOf(id), 1);
      },
      describe: () => {
        throw new TypeError('not asked for');
      },
      remains: async () => left.length > 0,
      ...more,
    };
  };
  const refusal = (id: string): Refused => ({ name: 'calls', id, why: 'refused', where: 'calls.from' });

  it('ends with a request that has nothing left, as the audit says before', async () => {
    const request = await add({ erased: { calls: 1 } });
    const record = async (erased: object) => {
      expect((await requestsOf(platform.core.db).findOne({ _id: request._id }))?.state).not.toBe('completed');
      recorded.push(erased);
    };
    const { outcome, row } = await run(request, {
      targets: [target([1, 2])],
      scan: 'off',
      notScanned: ['archive'],
      record,
    });
    expect(outcome).toEqual({ outcome: 'completed' });
    expect(recorded).toEqual([{ calls: 3 }]);
    expect(row).toMatchObject({
      ...{ state: 'completed', completed_at: NOW, erased: { calls: 3 }, failures: 0 },
      scan: { off: true, not_scanned: ['archive'] },
    });
    expect((await run(request, {})).outcome).toEqual({ outcome: 'finished' });
    expect((await run(await add(), {})).row).not.toHaveProperty('scan');
  });

  it.each<[what: string, error: Error, failure: object]>([
    ['of a known cause', new ErasureFailure('shared_record', 'notes'), { name: 'shared_record', where: 'notes' }],
    ['of a cause without a place', new ErasureFailure('unsealable'), { name: 'unsealable' }],
    ['of another', new RangeError('x'), { name: 'unexpected' }],
  ])('fails %s, and is tried again later', async (_what, error, failure) => {
    const request = await add({ failures: 2, scan: { done: NOW, failed: 1 } });
    const bind = () => {
      throw error;
    };
    const { outcome, row } = await run(request, bind);
    expect(outcome).toEqual(later(4_000));
    const stored = { ...failure, at: NOW };
    expect(row).toMatchObject({ state: 'failed', not_before: at(4_000), failures: 3, failure: stored, scan: {} });
    expect(row.scan).toEqual({});
    const { name, where } = failure as { name: string; where?: string };
    expect(lines).toEqual([
      ['erasure failed', { reference: request.reference, failure: name, where, error, retry_at: at(4_000) }],
    ]);
  });

  it('fails without its account', async () => {
    const { row } = await run(await add(), {}, { deps: { accounts: { find: async () => null } } });
    expect(row).toMatchObject({ state: 'failed', failure: { name: 'unexpected', where: 'account' } });
  });

  it('gives the request back when the database is away, and keeps its hands off one it has lost', async () => {
    const request = await add();
    const away = () => {
      throw new ChainBusy();
    };
    await expect(run(request, away)).rejects.toThrow(ChainBusy);
    const given = await requestsOf(platform.core.db).findOne({ _id: request._id });
    expect(given).toMatchObject({ state: 'sweeping', not_before: NOW, failures: 0 });
    expect(given).not.toHaveProperty('lease');
    const lost = () => {
      throw new LeaseLost();
    };
    await expect(run(request, lost)).rejects.toThrow(LeaseLost);
    expect(await requestsOf(platform.core.db).findOne({ _id: request._id })).toHaveProperty('lease');
    expect(lines).toEqual([]);
  });

  describe('waits for scheduled messages', () => {
    const times = { settleMs: 500 };
    it.each<
      [
        what: string,
        dates: (number | null)[],
        more: Partial<ErasureRequest>,
        settleMs: number,
        wake: number,
        until: number,
      ]
    >([
      ['the last of them', [null, 5_000, 9_000, 7_000], {}, times.settleMs, 9_000, 9_000],
      ['those of this moment', [0], {}, times.settleMs, 500, 0],
      ['one that is late', [-9_000], {}, times.settleMs, 500, -9_000],
      ['one that is late, and not in a tight loop', [-9_000], {}, 0, 100, -9_000],
      ['no longer than the longest pause', [25 * MINUTE], {}, times.settleMs, 20 * MINUTE, 25 * MINUTE],
      [
        'no longer than the deadline',
        [40 * MINUTE],
        { due_at: at(10 * MINUTE) },
        times.settleMs,
        10 * MINUTE,
        40 * MINUTE,
      ],
      ['all the same behind the deadline', [5_000], { due_at: NOW }, times.settleMs, 5_000, 5_000],
    ])('%s', async (_what, dates, more, settleMs, wake, until) => {
      const request = await add({ ...more, scan: { done: NOW, failed: 1 } });
      const lastScheduled = async () => dates.map((ms) => (ms === null ? null : at(ms)));
      const deps = { times: { ...depsFor(() => bound()).times, settleMs } };
      const { outcome, row } = await run(request, { lastScheduled, scan: 'needed' }, { deps });
      expect(outcome).toEqual(later(wake));
      expect(row).toMatchObject({ state: 'waiting', wait: 'scheduled', wait_until: at(until), scan: {} });
      expect(row.scan).toEqual({});
    });

    it('and once more after the last of them', async () => {
      const request = await add({ wait: 'scheduled', wait_until: NOW, scan: { done: NOW } });
      const { outcome, row } = await run(request, { scan: 'none' });
      expect(outcome).toEqual(later(500));
      expect(row).toMatchObject({ state: 'waiting', wait: 'settling', scan: { done: NOW } });
      expect(row).not.toHaveProperty('wait_until');
      const settled = await add({ wait: 'settling' });
      expect((await run(settled, {})).outcome).toEqual({ outcome: 'completed' });
      const soon = await add({ wait: 'scheduled', due_at: at(100) });
      expect((await run(soon, {})).outcome).toEqual(later(100));
    });
  });

  describe('waits for a scan', () => {
    it('when it is needed, once everything that is known is changed', async () => {
      const request = await add();
      const { outcome, row } = await run(request, { scan: 'needed', targets: [target([1, 2])] });
      expect(outcome).toEqual({ outcome: 'parked' });
      expect(asked).toEqual([{ account: 'acc_1', due: at(DUE_MS) }]);
      expect(row).toMatchObject({ state: 'scanning', erased: { calls: 2 }, scan: { since: NOW } });
      expect([row.failure, lines, recorded]).toEqual([undefined, [], []]);
    });

    it('also with records that refuse their change: the status says so', async () => {
      const refused = [refusal('msg_1'), refusal('msg_2')];
      const readRoots = async () => ({ keys: {}, refused });
      const request = await add();
      const { row } = await run(request, { scan: 'needed', readRoots });
      const where = 'calls.from (_id msg_1, and 1 more)';
      const records = refused.map(({ id, where: place }) => ({ name: 'refused', where: place, id }));
      expect(row.failure).toEqual({ name: 'refused', where, count: 2, records, at: NOW });
      expect(row.refused).toEqual([{ name: 'calls', why: 'refused', where: 'calls.from', ids: ['msg_1', 'msg_2'] }]);
      const facts = { reference: request.reference, failure: 'refused', where, records: 2 };
      expect(lines).toEqual([['records refuse their change', facts]]);
    });

    it('and does not sweep again what it swept before, but looks whether anything is left', async () => {
      const quiet = target([], { find: () => Promise.reject(new Error('swept')) });
      const scanned = { scan: { done: NOW } } as const;
      const none = { isUnreadable: async () => true };
      const read = target([], none);
      expect((await run(await add(scanned), { scan: 'needed', targets: [quiet, read] })).outcome).toEqual({
        outcome: 'completed',
      });
      // Without a scan what cannot be read is a failure.
      const { row } = await run(await add(scanned), { scan: 'off', targets: [target([], none)] });
      expect(row).toMatchObject({ state: 'failed', failure: { name: 'unsupported_type' } });
      const left = target(['msg_1']);
      const done = await run(await add(scanned), { scan: 'needed', targets: [left] });
      expect([done.outcome, left.changed, done.row.erased]).toEqual([
        { outcome: 'completed' },
        ['msg_1'],
        { calls: 1 },
      ]);
    });

    it.each<[what: string, more: Partial<ErasureRequest>]>([
      ['was announced', { announced: [{ target: 'calls.from', name: 'calls', ids: ['msg_1'] }] }],
      ['refused its change', { refused: [{ name: 'calls', why: 'refused', where: 'calls.from', ids: ['msg_1'] }] }],
    ])('but sweeps when something %s before', async (_what, more) => {
      const calls = target(['msg_1', 'msg_2']);
      const { row } = await run(await add({ scan: { done: NOW }, ...more }), { scan: 'needed', targets: [calls] });
      expect(calls.changed.sort()).toEqual(['msg_1', 'msg_2']);
      expect(row).toMatchObject({ state: 'completed', erased: { calls: 2 } });
    });

    it('whose failures are the request’s', async () => {
      const failures = [{ name: 'unmapped_number' as const, where: 'x.y' }];
      const { outcome, row } = await run(await add({ scan: { done: NOW, failures, failed: 3 } }), { scan: 'needed' });
      expect(outcome).toEqual(later(1_000));
      const failure = { name: 'unmapped_number', where: 'x.y (2 more)', count: 3, records: failures };
      expect(row).toMatchObject({ state: 'failed', failure: { ...failure, at: NOW }, scan: {}, announced: [] });
      expect(lines).toEqual([['erasure failed', expect.objectContaining({ records: 3, error: undefined })]]);
    });

    it.each([
      [500, 500],
      [0, 100],
    ])('that has seen a message still to be sent: waits for it (%i ms to settle)', async (settleMs, wake) => {
      const deps = { times: { ...depsFor(() => bound()).times, settleMs } };
      const request = await add({ scan: { done: NOW, scheduled: true } });
      const { outcome, row } = await run(request, { scan: 'needed' }, { deps });
      expect(outcome).toEqual(later(wake));
      expect(row).toMatchObject({ state: 'waiting', wait: 'scheduled', scan: {} });
      expect((await run(await add({ scan: { done: NOW, scheduled: true } }), { scan: 'off' })).outcome).toEqual({
        outcome: 'completed',
      });
    });
  });

  it('goes round records that refused their change before, and fails with them', async () => {
    const refused = [{ name: 'calls', why: 'refused' as const, where: 'calls.from', ids: ['msg_1'] }];
    const change = (some: readonly unknown[]): Promise<void> =>
      some.includes('msg_1') ? Promise.reject(new ErasureFailure('refused', 'calls.from')) : Promise.resolve();
    const calls = () => {
      const found = ['msg_1', 'msg_2'];
      const tried: unknown[] = [];
      return {
        tried,
        target: target([], {
          find: async (_limit, except = []) => found.filter((id) => !except.includes(id)),
          change: async (some) => {
            tried.push(...some);
            await change(some);
            found.splice(found.indexOf('msg_2'), 1);
          },
          remains: async () => false,
        }),
      };
    };
    const [round, again] = [calls(), calls()];
    const one = await run(await add({ refused }), { targets: [round.target] });
    expect([round.tried, one.row.failure?.count, one.row.erased]).toEqual([['msg_2'], 1, { calls: 1 }]);
    expect(one.row).not.toHaveProperty('refused');
    // After a wait all of them are tried again.
    await run(await add({ refused, wait: 'settling' }), { targets: [again.target] });
    expect(again.tried).toContain('msg_1');
  });

  it.each<[left: object, again: boolean]>([
    [{ where: 'calls.url', tries: 2, fault: 'EPERM' }, true],
    [{ where: 'calls.url', tries: 3 }, false],
  ])('is not over while a file is left: %p', async (left, again) => {
    const removeFiles = async () => ({ ...(left as { where: string; tries: number }), again: at(7_000) });
    const { outcome, row } = await run(await add(), { removeFiles, targets: [target([1])] });
    if (again) {
      expect(outcome).toEqual(later(7_000));
      expect(row).toMatchObject({ state: 'verifying', file_left: left, erased: { calls: 1 } });
    } else expect(row).toMatchObject({ state: 'failed', failure: { name: 'file_not_removed', where: 'calls.url' } });
    expect(recorded).toEqual([]);
  });

  it('is told how long files may take, and when to stop', async () => {
    let given: AbortSignal | undefined;
    const stop = new AbortController();
    const removeFiles = async (signal: AbortSignal) => {
      given = signal;
      return null;
    };
    await run(await add(), { removeFiles }, { signal: stop.signal });
    stop.abort();
    expect(given?.aborted).toBe(true);
  });

  it('stops between batches, with what refused, and between two looks', async () => {
    const stop = new AbortController();
    const change = async () => stop.abort();
    const some = target(
      Array.from({ length: 30 }, (_, index) => index),
      { change },
    );
    const { outcome, row } = await run(await add(), { targets: [some] }, { signal: stop.signal });
    expect(outcome).toEqual(later(0));
    expect(row).toMatchObject({ state: 'sweeping', erased: { calls: 10 }, announced: [] });
    let looks = 0;
    const late = new AbortController();
    const remains = async () => {
      looks += 1;
      if (looks === 1) late.abort();
      return true;
    };
    const seen = target([1], { remains, find: async () => (looks === 0 ? [] : [1]) });
    const turned = await run(await add(), { targets: [seen] }, { signal: late.signal });
    expect([turned.outcome, turned.row.state]).toEqual([later(0), 'sweeping']);
  });

  it('is bound again when the same was asked again before the end', async () => {
    const request = await add();
    const ledger = requestsOf(platform.core.db);
    const bounds: (boolean | undefined)[] = [];
    const roots: unknown[] = [];
    let asks = 0;
    const bind = (row: ErasureRequest) => {
      bounds.push(row.keep_suppression);
      return bound({
        readRoots: async (stored) => {
          roots.push(stored);
          return { keys: {}, refused: [] };
        },
        targets: [target(asks === 0 ? [1] : [2])],
        record: async (erased) => {
          recorded.push(erased);
          asks += 1;
          if (asks > 1) return;
          const asked_again = new mongoose.mongo.ObjectId();
          await ledger.updateOne({ _id: request._id }, { $set: { asked_again, keep_suppression: false } });
        },
      });
    };
    const { outcome, row } = await run(request, bind);
    expect(outcome).toEqual({ outcome: 'completed' });
    expect([bounds, roots, recorded]).toEqual([
      [true, false],
      [{}, {}],
      [{ calls: 1 }, { calls: 2 }],
    ]);
    expect(row).toMatchObject({ state: 'completed', erased: { calls: 2 }, keep_suppression: false });
  });

  it('tries its end once more when a list lets no second row be without a number', async () => {
    let settled = 0;
    const duplicate = Object.assign(new mongoose.mongo.MongoServerError({ message: 'E11000' }), { code: 11_000 });
    const ledger = createLedgerWrites(platform.core.db, async () => {
      settled += 1;
      if (settled === 1) throw duplicate;
    });
    expect((await run(await add(), {}, { deps: { ledger } })).outcome).toEqual({ outcome: 'completed' });
    const broken = createLedgerWrites(platform.core.db, () => Promise.reject(new RangeError('no')));
    expect((await run(await add(), {}, { deps: { ledger: broken } })).row).toMatchObject({
      state: 'failed',
      failure: { name: 'unexpected' },
    });
  });

  it('follows what is known by the records it finds, over as many steps as there are', async () => {
    const request = await add();
    const batches: (readonly Announced[])[] = [];
    const notes = target(['n1'], { key: 'notes<calls', name: 'notes' });
    const words = target(['w1'], { key: 'words<notes', name: 'words' });
    const { outcome, row } = await run(request, {
      targets: [target(['msg_1'])],
      readRoots: async () => ({ keys: { lists: 'sealed0' }, refused: [] }),
      readKeys: async (batch) => {
        batches.push(batch);
        const keys: Record<string, string> = {};
        if (batch.some(({ name }) => name === 'calls')) keys.notes = 'sealed1';
        if (batch.some(({ name }) => name === 'notes')) keys.words = 'sealed2';
        return { keys, refused: [] };
      },
      children: (stored) => [...(stored.notes ? [notes] : []), ...(stored.words ? [words] : [])],
    });
    expect(outcome).toEqual({ outcome: 'completed' });
    expect(row.erased).toEqual({ calls: 1, notes: 1, words: 1 });
    expect(batches.flat().map(({ target: key }) => key)).toEqual(
      expect.arrayContaining(['calls.from', 'notes<calls', 'words<notes']),
    );
    expect(recorded).toEqual([{ calls: 1, notes: 1, words: 1 }]);
  });
});
