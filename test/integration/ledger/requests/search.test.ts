import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { createDayTotals } from '../../../../src/ledger/requests/day-totals.ts';
import { type ErasureRequest, requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { FIGURES, monthWindow, readMonth, settleMonths } from '../../../../src/ledger/requests/month-figures.ts';
import { createRequestSearch, type FindRequests } from '../../../../src/ledger/requests/status.ts';
import { scansOf } from '../../../../src/ledger/scan/ledger.ts';
import { readProgress } from '../../../../src/ledger/scan/progress.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { requestDrafts } from '../../../support/request-rows.ts';

const DAY = { from: new Date('2026-03-01T00:00:00Z'), to: new Date('2026-03-02T00:00:00Z') };
const NOW = new Date('2026-03-02T12:00:00Z');
const at = (seconds: number) => new Date(DAY.from.getTime() + seconds * 1_000);
const account = { _id: 'acc_1' } as Account;

describe('requests that are looked for', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('search');
  });
  afterAll(() => platform?.close());
  const rows = () => requestsOf(platform.core.db);
  beforeEach(() => rows().deleteMany({}));

  const drafts = requestDrafts({ now: new Date(0), deadlineMs: 3_600_000, batch: 'b' });
  const draft = (created: Date, more: Partial<ErasureRequest> = {}) => drafts(more, { now: created });
  const add = async (...some: ErasureRequest[]) => {
    await rows().insertMany(some);
    return some;
  };
  const done = (created: Date, seconds: number, more: Partial<ErasureRequest> = {}): ErasureRequest => {
    const { unfinished: _, ...row } = draft(created, {
      ...{ state: 'completed', completed_at: new Date(created.getTime() + seconds * 1_000), ...more },
    });
    return row as ErasureRequest;
  };

  describe('by a day', () => {
    const search = (find: FindRequests, limit: number, skip: number, more: object = {}) =>
      find({ account, profile: 'forget', window: DAY, limit, skip, ...more }, NOW);
    const allOf = async (find: FindRequests, limit: number, more: object = {}) => {
      const found: string[] = [];
      for (let skip = 0; ; skip += limit) {
        const { requests, total } = await search(find, limit, skip, more);
        expect(total).toBe(requests.length === 0 && skip > 0 ? found.length : 17);
        found.push(...requests.map(({ reference }) => reference));
        if (requests.length < limit) return found;
      }
    };

    /** Seventeen within the day, three of them of one moment, beside others that are near. */
    const many = async () => {
      const within = await add(
        draft(DAY.from),
        ...Array.from({ length: 13 }, (_, index) => draft(at(3_600 * (index + 1)))),
        ...Array.from({ length: 3 }, () => draft(at(86_399))),
      );
      await add(
        draft(new Date(DAY.from.getTime() - 1)),
        draft(DAY.to),
        draft(at(60), { account_id: 'acc_2' }),
        draft(at(60), { profile: 'contact' }),
      );
      const newest = (one: ErasureRequest, other: ErasureRequest) =>
        other.created_at.getTime() - one.created_at.getTime() ||
        (other._id.toHexString() < one._id.toHexString() ? -1 : 1);
      return [...within].sort(newest).map(({ reference }) => reference);
    };

    it.each([1, 3, 4, 17, 18])(
      'pages of %i hold each once, newest first, at first and when the day is known',
      async (limit) => {
        const expected = await many();
        const find = createRequestSearch(platform.core.db);
        expect(await allOf(find, limit)).toEqual(expected);
        expect(await allOf(find, limit)).toEqual(expected);
      },
    );

    it('a busy day is looked through from its end', async () => {
      // All of them in its first hours: parts near the end hold none.
      const early = await add(...Array.from({ length: 17 }, (_, index) => draft(at(index))));
      const find = createRequestSearch(platform.core.db);
      const expected = early.map(({ reference }) => reference).reverse();
      expect(await allOf(find, 2)).toEqual(expected);
      expect(await allOf(find, 2)).toEqual(expected);
      // Those of the future are not beyond the day's end.
      const known = await find({ account, profile: 'forget', window: DAY, limit: 2, skip: 0 }, at(60));
      expect(known.requests.map(({ reference }) => reference)).toEqual(expected.slice(0, 2));
    });

    it('nothing is there on a day without any, and beyond the last page', async () => {
      const find = createRequestSearch(platform.core.db);
      expect(await search(find, 5, 0)).toEqual({ requests: [], total: 0, progress: new Map() });
      await add(draft(at(1)), draft(at(2)));
      expect(await search(find, 5, 5)).toMatchObject({ requests: [], total: 2 });
      expect(await search(find, 2, 0)).toMatchObject({ total: 2 });
      expect(await search(find, 1, 1)).toMatchObject({ total: 2 });
    });

    it('a reference is one, of its account and contract, with or without the day', async () => {
      const [one] = await add(
        draft(at(1), { sealed: 's', sealed_writings: 'w', lease: { owner: 'o', until: NOW }, announced: [] }),
        draft(at(2)),
      );
      if (!one) throw new Error('no request');
      const { reference } = one;
      const { sealed: _, sealed_writings: __, lease: ___, announced: ____, ...shown } = one;
      const find = createRequestSearch(platform.core.db);
      const by = (more: object) => find({ account, profile: 'forget', reference, limit: 1, skip: 0, ...more }, NOW);
      expect(await by({})).toEqual({ requests: [shown], total: 1, progress: new Map() });
      expect(await by({ window: DAY })).toEqual({ requests: [shown], total: 1, progress: new Map() });
      for (const none of [
        { account: { _id: 'acc_2' } },
        { profile: 'contact' },
        { reference: 'x' },
        { window: { from: DAY.to, to: NOW } },
      ])
        expect(await by(none)).toEqual({ requests: [], total: 0, progress: new Map() });
      await expect(by({ reference: undefined })).rejects.toThrow('a day or a reference');
    });
  });

  describe('are counted', () => {
    const filter = { account_id: 'acc_1', profile: 'forget' } as const;
    const SETTLED = 120;

    it('once when they are settled, and the last ones each time', async () => {
      const totals = createDayTotals(platform.core.db);
      const now = at(1_000);
      expect(totals.lastCount(filter, DAY)).toBe(0);
      await add(draft(at(0)), draft(at(1_000 - SETTLED - 1)), draft(at(1_000 - SETTLED)), draft(at(999)));
      expect(await totals.count(filter, DAY, now)).toBe(4);
      // Two of them are settled.
      expect(totals.lastCount(filter, DAY)).toBe(2);
      expect(totals.lastCount({ ...filter, profile: 'contact' }, DAY)).toBe(0);
      expect(totals.lastCount(filter, { from: DAY.from, to: at(9) })).toBe(0);
      // What is settled is not counted anew, so that its going is not seen for a time.
      await rows().deleteOne({ created_at: at(0) });
      await rows().deleteOne({ created_at: at(999) });
      expect(await totals.count(filter, DAY, now)).toBe(3);
      expect(await totals.count(filter, DAY, at(1_000 + 599))).toBe(3);
      expect(totals.lastCount(filter, DAY)).toBe(3);
      expect(await totals.count(filter, DAY, at(1_000 + 600))).toBe(2);
      expect(totals.lastCount(filter, DAY)).toBe(2);
    });

    it('up to the end of their day, and not those of others', async () => {
      const totals = createDayTotals(platform.core.db);
      await add(
        draft(at(5)),
        draft(DAY.to),
        draft(at(5), { account_id: 'acc_2' }),
        draft(at(5), { profile: 'contact' }),
      );
      expect(await totals.count(filter, DAY, NOW)).toBe(1);
      expect(totals.lastCount(filter, DAY)).toBe(1);
      // A clock before the day: nothing of it is settled.
      expect(await totals.count(filter, DAY, new Date('2026-02-27T00:00:00Z'))).toBe(1);
    });
  });

  it('of those that wait for a scan, how far it is', async () => {
    const scan = (account_id: string, more: object) => ({
      ...{ _id: new mongoose.mongo.ObjectId(), account_id, read: 500, not_before: NOW, ...more },
    });
    await scansOf(platform.core.db).insertMany([
      scan('acc_1', { size: 90 }),
      scan('acc_2', { lease: { owner: 'o', until: NOW }, size: 9_000 }),
      scan('acc_3', {}),
    ] as never);
    const waits = (account_id: string, scanned: object = { from: 400 }) =>
      ({ account_id, state: 'scanning', scan: scanned }) as ErasureRequest;
    const requests = [
      ...[
        waits('acc_1'),
        waits('acc_2'),
        waits('acc_3'),
        waits('acc_4'),
        waits('acc_1', {}),
        waits('acc_1', { from: 600 }),
      ],
      { ...waits('acc_1'), state: 'sweeping' } as ErasureRequest,
    ];
    const progress = await readProgress(platform.core.db, requests);
    expect(requests.map((request) => progress.get(request))).toEqual([
      { read: 100, of: 100, next: NOW },
      { read: 100, of: 9_000 },
      { read: 100, of: null, next: NOW },
      { read: 0, of: null },
      { read: 0, of: 90, next: NOW },
      { read: 0, of: 90, next: NOW },
      undefined,
    ]);
    expect(await readProgress(platform.core.db, requests.slice(1, 2))).toEqual(
      new Map([[requests[1], { read: 100, of: 9_000 }]]),
    );
    expect(await readProgress(platform.core.db, [])).toEqual(new Map());
    await scansOf(platform.core.db).deleteMany({});
  });

  describe('are summed up by the month', () => {
    const base = () => platform.core.db;
    const day = (number: number, seconds = 0) => new Date(Date.UTC(2026, 1, number, 0, 0, seconds));
    const over = new Date('2026-03-02T00:00:00Z');
    beforeEach(() => base().collection(FIGURES).deleteMany({}));

    it('has moments', () => {
      expect(monthWindow('2026-12')).toEqual({
        from: new Date('2026-12-01T00:00:00Z'),
        to: new Date('2027-01-01T00:00:00Z'),
      });
      for (const none of ['2026-13', '2026-00', '2026-1', 'x2026-01', '2026-01-01'])
        expect(monthWindow(none)).toBeNull();
    });

    it('by kind, day, cause and time', async () => {
      await add(
        // Tenths of a second, seconds from a minute on, tens of them from an hour on.
        done(day(1), 1.29),
        done(day(1), 59.99),
        done(day(1), 60.9),
        done(day(1), 3_599.9),
        done(day(2, 86_399), 3_600),
        done(day(28, 86_399), 3_619, { causes: { refused: 2, unexpected: 1 } }),
        draft(day(3), { due_at: new Date(over.getTime() - 1) }),
        draft(day(3), { due_at: over, causes: { refused: 1 } }),
        done(day(3), 5, { requested_by: 'schedule', profile: 'retention' }),
        done(day(3), 6, { requested_by: 'schedule', profile: 'interaction' }),
        done(day(3), 7, { profile: 'interaction' }),
        done(day(3), 8, { state: 'cancelled' }),
        // Not of the month, not of the account.
        done(new Date(day(1).getTime() - 1), 1),
        done(new Date('2026-03-01T00:00:00Z'), 1),
        done(day(1), 1, { account_id: 'acc_2' }),
      );
      const clock = { received: 1, completed: 1, overdue: 0, missed: 0, failed: {} };
      const figures = {
        kinds: {
          forget: {
            ...{ received: 9, completed: 6, overdue: 1, missed: 1, failed: { refused: 2, unexpected: 1 } },
            times: [
              [1.2, 1],
              [59.9, 1],
              [60, 1],
              [3_599, 1],
              [3_600, 1],
              [3_610, 1],
            ],
          },
          retention: { ...clock, times: [[5, 1]] },
          automatic: { ...clock, times: [[6, 1]] },
          interaction: { ...clock, times: [[7, 1]] },
        },
        days: {
          '01': { received: 4, completed: 4 },
          '02': { received: 1, completed: 1 },
          '03': { received: 4, completed: 1 },
          '28': { received: 1, completed: 1 },
        },
      };
      expect(await readMonth(base(), 'acc_1', '2026-02', over)).toEqual(figures);
      // One is unfinished: nothing is kept.
      expect(await base().collection(FIGURES).countDocuments()).toBe(0);
      await rows().updateMany({ unfinished: true }, { $unset: { unfinished: '' } });
      const kept = await readMonth(base(), 'acc_1', '2026-02', over);
      expect(await base().collection(FIGURES).find().toArray()).toEqual([{ _id: 'acc_1:2026-02', ...kept }]);
      await rows().deleteMany({});
      expect(await readMonth(base(), 'acc_1', '2026-02', over)).toMatchObject(kept);
      await expect(readMonth(base(), 'acc_1', '2026-2', over)).rejects.toThrow('not a month');
    });

    it.each([
      ['a day after its end', over, 1],
      ['a moment before', new Date(over.getTime() - 1), 0],
    ])('are kept %s', async (_when, now, kept) => {
      await add(done(day(1), 1), draft(new Date('2026-03-01T00:00:00Z')), draft(day(1), { account_id: 'acc_2' }));
      await readMonth(base(), 'acc_1', '2026-02', now);
      expect(await base().collection(FIGURES).countDocuments()).toBe(kept);
      await Promise.all([1, 2, 3].map(() => readMonth(base(), 'acc_1', '2026-01', now)));
    });

    it('before they may leave the ledger, month by month, up to one that is open', async () => {
      const month = (number: number) => new Date(Date.UTC(2026, number - 1, 1));
      const in_ = (number: number, more: Partial<ErasureRequest> = {}) =>
        done(new Date(Date.UTC(2026, number - 1, 15)), 1, more);
      const now = new Date('2026-12-31T00:00:00Z');
      const settle = (before: Date) => settleMonths(base(), 'acc_1', before, now);
      const kept = async () =>
        (await base().collection(FIGURES).find().sort({ _id: 1 }).toArray()).map(({ _id }) => String(_id));
      expect(await settle(month(4))).toEqual(month(4));
      const contacts = [5, 3, 4].map((number) => in_(number, { profile: 'contact' }));
      await add(in_(1, { account_id: 'acc_2' }), ...contacts, in_(5));
      expect(await settle(month(3))).toEqual(month(3));
      expect(await kept()).toEqual([]);
      expect(await settle(month(6))).toEqual(month(6));
      expect(await kept()).toEqual(['acc_1:2026-03', 'acc_1:2026-04', 'acc_1:2026-05']);
      await add(draft(new Date(Date.UTC(2026, 6, 1))), in_(8));
      expect(await settle(month(9))).toEqual(month(7));
      expect(await kept()).toEqual(['acc_1:2026-03', 'acc_1:2026-04', 'acc_1:2026-05', 'acc_1:2026-06']);
      // At the very moment of the oldest there is nothing to leave.
      expect(await settle(new Date(Date.UTC(2026, 2, 15)))).toEqual(new Date(Date.UTC(2026, 2, 15)));
    });
  });
});
