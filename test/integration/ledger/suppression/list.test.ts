import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type mongoose from 'mongoose';
import { inTransaction } from '../../../../src/base/db/transaction.ts';
import { parseDataMap } from '../../../../src/engine/map/load.ts';
import type { DataMap } from '../../../../src/engine/map/schema.ts';
import { numberSubject } from '../../../../src/engine/subject.ts';
import { byToken, SUPPRESSION_REASON, suppressionEntry } from '../../../../src/ledger/suppression/list.ts';
import { createSuppressedRows } from '../../../../src/ledger/suppression/suppressed.ts';
import { createSuppressions } from '../../../../src/ledger/suppression/suppression.ts';
import { SUPPRESSION_LIST } from '../../../support/map-file.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';

const NUMBER = phoneNumber(447700900381);
const OTHER = phoneNumber(447700900382);
const NOW = new Date('2026-03-01T10:00:00Z');
const EARLIER = new Date('2026-02-01T10:00:00Z');
const token = (id: string, fill: string) => `${id}.${fill.repeat(43)}`;
const [CURRENT, OLD, STRANGE] = [token('new', 'a'), token('old', 'b'), token('new', 'c')];

type Row = Record<string, unknown>;
type Session = mongoose.mongo.ClientSession;

class RolledBack extends Error {}

/** The whole list after each act: what is not meant stays as it is. */
describe('the suppression list', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('list');
  });
  afterAll(() => platform?.close());

  let lists = 0;
  /** A list of its own, with rows that nobody means. */
  const open = async (given: object = {}, { unique = false } = {}) => {
    lists += 1;
    const collection = `list${lists}`;
    const list = { ...SUPPRESSION_LIST, collection, ...given };
    const map: DataMap = parseDataMap(JSON.stringify({ version: 1, collections: [list] }), 'map.json');
    const { db } = platform.core;
    const rows = db.collection(collection);
    if (unique) await rows.createIndex({ account_id: 1, number: 1 }, { unique: true });
    const bystanders = [
      { account_id: 'acc_2', number: NUMBER, token: CURRENT, masked: 'm', reason: 'mine' },
      { account_id: 'acc_1', number: OTHER, token: STRANGE, masked: 'm', reason: 'mine' },
    ];
    await rows.insertMany(bystanders.map((row) => ({ ...row })));
    const subject = numberSubject(NUMBER, 'acc_1', CURRENT, NOW);
    const undone = async <Value>(work: (session: Session) => Promise<Value>): Promise<Value> => {
      const results: Value[] = [];
      const running = inTransaction(db, async (session) => {
        results.push(await work(session));
        throw new RolledBack();
      });
      await running.catch((error: unknown) => {
        if (!(error instanceof RolledBack)) throw error;
      });
      return results.at(-1) as Value;
    };
    return {
      ...{ map, subject, rows, suppressions: createSuppressions(db, map), shown: createSuppressedRows(db, map) },
      tokens: [CURRENT, OLD],
      put: async (row: Row) => (await rows.insertOne({ account_id: 'acc_1', ...row })).insertedId,
      /** The person's rows, without ids; the others must be there. */
      own: async (): Promise<Row[]> => {
        const all = await rows
          .find({}, { projection: { _id: 0 } })
          .sort({ _id: 1 })
          .toArray();
        expect(all).toEqual(expect.arrayContaining(bystanders));
        return all.filter(
          (row) => !bystanders.some((one) => one.account_id === row.account_id && one.number === row.number),
        );
      },
      /** As one transaction, which is first rolled back: what is written outside of its session would stay. */
      within: async <Value>(work: (session: Session) => Promise<Value>): Promise<Value> => {
        const before = await rows.find().toArray();
        await undone(work);
        expect(await rows.find().toArray()).toEqual(before);
        let result: Value;
        return inTransaction(db, async (session) => {
          result = await work(session);
        }).then(() => result);
      },
      /** In a transaction that has put these rows there, and is rolled back: what is read outside of its session misses them. */
      beside: <Value>(some: readonly Row[], work: (session: Session) => Promise<Value>): Promise<Value> =>
        undone(async (session) => {
          for (const row of some) await rows.insertOne({ account_id: 'acc_1', ...row }, { session });
          return work(session);
        }),
    };
  };
  const masked = '44********81';
  const fresh = {
    account_id: 'acc_1',
    number: NUMBER,
    masked,
    token: CURRENT,
    reason: SUPPRESSION_REASON,
    created_at: NOW,
  };

  it('puts a number on it once, also when it was there under an earlier token', async () => {
    const { suppressions, subject, tokens, own, within } = await open();
    for (const _time of [1, 2]) await within((session) => suppressions.add(subject, tokens, NOW, session));
    expect(await own()).toEqual([fresh]);
    const other = await open();
    await other.put({ token: OLD, reason: 'x' });
    await other.within((session) => other.suppressions.add(subject, tokens, NOW, session));
    expect(await other.own()).toEqual([{ account_id: 'acc_1', token: OLD, reason: 'x', number: NUMBER, masked }]);
  });

  it.each<[what: string, rows: Row[], has: boolean, hasToken: boolean]>([
    ['nothing', [], false, false],
    ['the number', [{ number: NUMBER }], true, false],
    ['the number, as the platform writes it', [{ number: Number(NUMBER) }], true, false],
    ['its token', [{ token: CURRENT }], true, true],
    ['an earlier token', [{ token: OLD }], true, true],
    ['another token', [{ token: STRANGE, number: '1' }], false, false],
  ])('knows of %s', async (_what, some, has, hasToken) => {
    const { suppressions, subject, tokens, put, beside } = await open();
    expect(await beside(some, (session) => suppressions.has(subject, tokens, session))).toBe(has);
    for (const row of some) await put({ ...row });
    expect(await suppressions.has(subject, tokens)).toBe(has);
    expect(await suppressions.hasToken(subject, tokens)).toBe(hasToken);
  });

  it('sees within a transaction what that has written', async () => {
    const { suppressions, subject, tokens, within } = await open();
    await within(async (session) => {
      await suppressions.add(subject, tokens, NOW, session);
      expect(await suppressions.has(subject, tokens, session)).toBe(true);
      expect(await suppressions.look(subject, tokens, String, session)).toEqual({ was: 'listed' });
      expect(await suppressions.claimPlatformRow(subject, tokens, session)).toBe(true);
    });
  });

  it('puts the current token in the place of earlier ones', async () => {
    const { suppressions, subject, tokens, put, own, within } = await open();
    await put({ token: OLD, number: NUMBER, reason: 'x' });
    await within((session) => suppressions.renewToken(subject, tokens, session));
    expect(await own()).toEqual([{ account_id: 'acc_1', token: CURRENT, number: NUMBER, reason: 'x' }]);
  });

  it('takes over a row of the platform’s own, and says when there is none', async () => {
    const { suppressions, subject, tokens, put, own, rows, within } = await open();
    const claim = () => within((session) => suppressions.claimPlatformRow(subject, tokens, session));
    expect(await claim()).toBe(false);
    // A suppression under a key that is no longer in use is none of the platform's rows.
    const lost = { account_id: 'acc_1', number: NUMBER, token: STRANGE };
    const id = await put(lost);
    expect(await claim()).toBe(false);
    expect(await own()).toEqual([lost]);
    await rows.deleteOne({ _id: id });
    await put({ number: NUMBER, token: 'the platform’s', reason: 'STOP' });
    expect(await claim()).toBe(true);
    const claimed = { account_id: 'acc_1', number: NUMBER, token: CURRENT, masked, reason: 'STOP' };
    expect(await own()).toEqual([claimed]);
    await put({ number: NUMBER, reason: 'again' });
    expect(await claim()).toBe(true);
    expect(await own()).toEqual([claimed, { account_id: 'acc_1', number: NUMBER, reason: 'again' }]);
  });

  it('takes a token whose number nobody knows, once', async () => {
    const { suppressions, own } = await open();
    const row = { account_id: 'acc_1', token: OLD, masked: '********', created_at: NOW };
    expect(await suppressions.addToken('acc_1', OLD, NOW)).toBe(true);
    expect(await suppressions.addToken('acc_1', OLD, EARLIER)).toBe(false);
    expect(await own()).toEqual([row]);
    await expect(suppressions.addToken('acc_1', 'none', NOW)).rejects.toThrow('a token is needed');
    await expect(suppressions.addToken('', OLD, NOW)).rejects.toThrow(TypeError);
    // Where no second row may be without a number.
    const strict = await open({ fields: [{ path: 'reason', category: 'note' }] }, { unique: true });
    await strict.put({ token: STRANGE });
    expect(await strict.suppressions.addToken('acc_1', OLD, NOW)).toBe(true);
    expect((await strict.own())[1]).toEqual({ ...row, number: OLD, reason: SUPPRESSION_REASON });
    // Nor one with this token in its place.
    await strict.put({ number: CURRENT });
    expect(await strict.suppressions.addToken('acc_1', CURRENT, NOW)).toBe(false);
  });

  describe('at the end of an erasure', () => {
    const FIELDS = {
      fields: [
        { path: 'name', category: 'name' },
        { path: 'reason', category: 'note' },
      ],
    };
    const KEEPS = { suppression: { keep_number: true } };
    const added = { number: NUMBER, masked, token: CURRENT, reason: 'x', name: 'Jo' };
    const kept = { account_id: 'acc_1', masked, token: CURRENT };
    it.each<[what: string, list: object, rows: Row[], keep: boolean, after: Row[]]>([
      ['a number that is to leave it is gone', {}, [added, { token: OLD }], false, []],
      ['a number that stays is its token', {}, [added], true, [{ ...kept, reason: 'x', name: 'Jo' }]],
      [
        'one that was taken off meanwhile is put on it again',
        {},
        [],
        true,
        [{ ...kept, reason: SUPPRESSION_REASON, created_at: NOW }],
      ],
      ['what else the map names goes', FIELDS, [added], true, [{ ...kept, reason: SUPPRESSION_REASON }]],
      [
        'a list that keeps numbers keeps it',
        KEEPS,
        [added],
        true,
        [{ ...kept, number: NUMBER, reason: 'x', name: 'Jo' }],
      ],
      ['a list that keeps numbers has it again', KEEPS, [], true, [fresh]],
      [
        'a list that keeps numbers loses what else the map names, in every row of the number',
        { ...KEEPS, ...FIELDS },
        [added, { number: NUMBER, reason: 'STOP', name: 'Jo' }],
        true,
        [
          { ...kept, number: NUMBER, reason: SUPPRESSION_REASON },
          { account_id: 'acc_1', number: NUMBER, reason: SUPPRESSION_REASON },
        ],
      ],
      ['a list that keeps numbers loses one that is to leave it', { ...KEEPS, ...FIELDS }, [added], false, []],
    ])('%s', async (_what, list, before, keep, after) => {
      const { suppressions, subject, tokens, put, own, within } = await open(list);
      expect(suppressions.keepsNumber).toBe('suppression' in list);
      for (const row of before) await put({ ...row });
      await within((session) => suppressions.settle([{ subject, tokens, keep }], session));
      expect(await own()).toEqual(after);
    });

    it('what the same transaction has put on it is there', async () => {
      const { suppressions, subject, tokens, rows, beside } = await open();
      const left = await beside([{ ...added, masked: 'm' }], async (session) => {
        await suppressions.settle([{ subject, tokens, keep: true }], session);
        return rows.findOne({ account_id: 'acc_1', token: CURRENT }, { projection: { _id: 0 }, session });
      });
      expect(left).toEqual({ ...kept, masked: 'm', reason: 'x', name: 'Jo' });
    });

    it('several end together, of whatever account, each as it should', async () => {
      const { suppressions, subject, tokens, put, own, within } = await open();
      const others = (['acc_2', 7] as const).map((account, index) => {
        const own = token('new', String(index));
        return { subject: { ...subject, account, token: own }, tokens: [own], keep: true };
      });
      await put({ ...added });
      const gone = token('old', 'd');
      await put({ number: '447700900383', token: gone });
      const leaves = { subject, tokens: [gone], keep: false };
      await within((session) => suppressions.settle([{ subject, tokens, keep: true }, leaves, ...others], session));
      const newly = { masked, reason: SUPPRESSION_REASON, created_at: NOW };
      expect(await own()).toEqual([
        { ...kept, reason: 'x', name: 'Jo' },
        ...others.map(({ subject: { account, token: its } }) => ({ account_id: account, token: its, ...newly })),
      ]);
    });

    it('the token stands in the number’s place where no second row may be without one: the second time', async () => {
      const { suppressions, subject, tokens, put, own, within } = await open(FIELDS, { unique: true });
      await put({ token: STRANGE, name: 'kept' });
      await put({ ...added });
      const settle = () => within((session) => suppressions.settle([{ subject, tokens, keep: true }], session));
      await expect(settle()).rejects.toMatchObject({ code: 11000 });
      expect(await own()).toContainEqual({ account_id: 'acc_1', ...added });
      await settle();
      expect((await own())[1]).toEqual({ ...kept, number: CURRENT, reason: SUPPRESSION_REASON });
      expect((await own())[0]).toEqual({ account_id: 'acc_1', token: STRANGE, name: 'kept' });
    });
  });

  describe('when a request is called off', () => {
    const seal = (text: string) => `sealed:${text}`;
    const unseal = (text: string) => text.slice('sealed:'.length);
    it.each<[was: string, rows: Row[]]>([
      ['absent', []],
      ['listed', [{ number: NUMBER, token: OLD, masked: 'm' }]],
      ['token', [{ number: CURRENT, token: CURRENT, masked: 'm' }]],
      ['tombstone', [{ token: OLD, masked: 'm', reason: 'x' }]],
    ])('is as it was: %s', async (was, before) => {
      const { suppressions, subject, tokens, put, own, within, beside } = await open();
      const undo = async (session: Session) => {
        const looked = await suppressions.look(subject, tokens, seal, session);
        await suppressions.add(subject, tokens, NOW, session);
        await suppressions.restore(subject, tokens, looked, unseal, session);
        return [looked.was, await suppressions.look(subject, tokens, seal, session)];
      };
      expect(await beside(before, undo)).toEqual([was, { was }]);
      for (const row of before) await put({ ...row });
      const looked = await within((session) => suppressions.look(subject, tokens, seal, session));
      expect(looked).toEqual({ was });
      await within((session) => suppressions.add(subject, tokens, NOW, session));
      await within((session) => suppressions.restore(subject, tokens, looked, unseal, session));
      const shown = await own();
      expect(shown.map(({ masked: _, ...row }) => row)).toEqual(
        before.map(({ masked: _, ...row }) => ({ account_id: 'acc_1', ...row })),
      );
    });

    it.each<[what: string, row: Row]>([
      ['no fields of Lethe’s', { number: NUMBER, reason: 'STOP' }],
      ['a field of that name', { number: NUMBER, token: 'theirs', reason: 'STOP' }],
      ['both of them', { number: NUMBER, token: 7, masked: 'theirs' }],
    ])('a row of the platform’s own is as it was: with %s', async (_what, row) => {
      const { suppressions, subject, tokens, put, own, within, beside } = await open();
      const standing = { was: 'absent', row: expect.stringMatching(/^sealed:/) };
      expect(await beside([row], (session) => suppressions.look(subject, tokens, seal, session))).toEqual(standing);
      await put({ ...row });
      const looked = await within((session) => suppressions.look(subject, tokens, seal, session));
      expect(looked).toEqual(standing);
      await within((session) => suppressions.claimPlatformRow(subject, tokens, session));
      await put({ token: OLD });
      await within((session) => suppressions.restore(subject, tokens, looked, unseal, session));
      expect(await own()).toEqual([{ account_id: 'acc_1', ...row }]);
    });
  });

  describe('is shown', () => {
    it('by pages, newest first: what Lethe keeps, of one account', async () => {
      const { shown, put, rows } = await open();
      await rows.deleteMany({ account_id: 'acc_1' });
      const ids = [];
      for (const more of [
        { created_at: NOW, reason: 'asked' },
        { reason: '' },
        { masked: `x${NUMBER}`, reason: NUMBER },
      ])
        ids.unshift(await put({ token: OLD, masked, ...more }));
      await put({ number: NUMBER, reason: 'STOP' });
      await put({ token: OLD });
      await put({ token: '', masked });
      const row = { id: expect.stringMatching(/^[\w-]{16}$/), masked, since: null, token: OLD };
      const all = [
        { ...row, masked: null, why: SUPPRESSION_REASON, at: ids[0] },
        { ...row, why: SUPPRESSION_REASON, at: ids[1] },
        { ...row, since: NOW, why: 'asked', at: ids[2] },
      ];
      expect(await shown.list('acc_1', { limit: 5 })).toEqual(all);
      expect(await shown.list('acc_1', { limit: 2 })).toEqual(all.slice(0, 2));
      expect(await shown.list('acc_1', { limit: 2, after: ids[1] })).toEqual(all.slice(2));
      expect(new Set((await shown.list('acc_1', { limit: 5 })).map(({ id }) => id)).size).toBe(3);
      expect(await shown.list('acc_2', { limit: 5 })).toHaveLength(1);
    });

    it('by number: Lethe’s row, else the platform’s own', async () => {
      const { shown, subject, tokens, put } = await open();
      expect(await shown.find(subject, tokens)).toBeNull();
      await put({ number: NUMBER, reason: 'x'.repeat(201), masked, token: 'theirs', created_at: 'soon' });
      const plain = { id: expect.any(String), masked: null, since: null, why: 'platform', token: null };
      expect(await shown.find(subject, tokens)).toEqual({ ...plain, at: expect.anything() });
      const at = await put({ token: OLD, masked, reason: 'r'.repeat(200) });
      expect(await shown.find(subject, tokens)).toEqual({ ...plain, masked, why: 'r'.repeat(200), token: OLD, at });
    });

    it('until it is lifted', async () => {
      const { shown, subject, tokens, put, own, within } = await open();
      await put({ token: OLD });
      await put({ token: CURRENT });
      const theirs = { number: NUMBER, reason: 'STOP' };
      await put({ ...theirs });
      expect(await within((session) => shown.remove(subject, tokens, session))).toBe(2);
      expect(await own()).toEqual([{ account_id: 'acc_1', ...theirs }]);
    });
  });

  it('is the one that the map names', async () => {
    const { map, subject } = await open();
    expect(suppressionEntry(map).record).toBe('suppression');
    expect(() => suppressionEntry({ ...map, collections: [] })).toThrow('no suppression list');
    for (const none of [[], ['none'], [CURRENT, ''], CURRENT, undefined])
      expect(() => byToken(suppressionEntry(map), subject, none as never)).toThrow('a token is needed');
  });
});
