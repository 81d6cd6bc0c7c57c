import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKey, parseKeyRing } from '../../../../src/base/keys/key-ring.ts';
import { createTokens } from '../../../../src/base/keys/token.ts';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { type AlarmDependencies, reportDueSoon, reportOverdue } from '../../../../src/ledger/requests/alarms.ts';
import { type ErasureRequest, REQUEST_CALL, requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { countDue, relayRequests } from '../../../../src/ledger/requests/relay.ts';
import { renewTokens, SEALED_REQUESTS } from '../../../../src/ledger/requests/renew.ts';
import { boundClocks } from '../../../../src/ledger/work/clocks.ts';
import { unfinishedRows } from '../../../../src/ledger/work/relay.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { requestDrafts } from '../../../support/request-rows.ts';

const NOW = new Date('2026-03-01T10:00:00Z');
const HOUR_MS = 3_600_000;
const later = (ms: number) => new Date(NOW.getTime() + ms);
const hours = (count: number) => later(count * HOUR_MS);

describe('rounds over the requests of all accounts', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('rounds');
  });
  afterAll(() => platform?.close());
  const rows = () => requestsOf(platform.core.db);
  beforeEach(() => rows().deleteMany({}));

  const draft = requestDrafts({ now: NOW, deadlineMs: 24 * HOUR_MS });
  const add = async (more: Partial<ErasureRequest> = {}): Promise<ErasureRequest> => {
    const request = draft(more);
    await rows().insertOne(request);
    return request;
  };
  const finished = async (more: Partial<ErasureRequest>) => {
    const request = await add(more);
    await rows().updateOne({ _id: request._id }, { $unset: { unfinished: '' } });
    return rows().findOne({ _id: request._id });
  };
  const read = ({ _id }: { _id: ErasureRequest['_id'] }) => rows().findOne({ _id });

  describe('raise alarms', () => {
    const lines: unknown[] = [];
    const noted: unknown[] = [];
    const deps = (now: Date): AlarmDependencies => ({
      ...{ db: platform.core.db, times: { alarmsMs: [4 * HOUR_MS, HOUR_MS] }, now: () => now },
      logger: {
        error: (message: string, facts?: object) => void lines.push(['error', message, facts]),
        warn: (message: string, facts?: object) => void lines.push(['warn', message, facts]),
      },
      note: async (account, item) => {
        noted.push([account, item]);
        return account === 'acc_heard' ? { $push: { news: { id: `msg${noted.length}`, ...item } } } : {};
      },
    });
    beforeEach(() => {
      lines.length = 0;
      noted.length = 0;
    });

    it('for what is past its deadline, once, with word to those who listen', async () => {
      const failure = { name: 'refused' as const, where: 'a.b', at: NOW };
      const over = await add({ account_id: 'acc_heard', due_at: later(-1), state: 'failed', failure });
      const others = [
        await add({ due_at: NOW }),
        await add({ due_at: later(-1), overdue: true }),
        await finished({ due_at: later(-1) }),
      ];
      for (const _round of [1, 2]) await reportOverdue(deps(NOW));
      expect(lines).toEqual([['error', 'request is overdue', { reference: over.reference, due_at: over.due_at }]]);
      expect(noted).toEqual([['acc_heard', { type: 'erasure.overdue', at: NOW }]]);
      const news = [{ id: 'msg1', type: 'erasure.overdue', at: NOW }];
      expect(await read(over)).toEqual({ ...over, overdue: true, news });
      for (const other of others) expect(await read(other as ErasureRequest)).toEqual(other);
    });

    it('for what is due soon: the nearest alarm first, each once', async () => {
      const failure = { name: 'refused' as const, where: 'a.b', at: NOW };
      const failing = await add({ account_id: 'acc_heard', due_at: later(4 * HOUR_MS - 1), state: 'failed', failure });
      const near = await add({ due_at: NOW });
      const others = [
        await add({ due_at: hours(4) }),
        await add({ due_at: later(-1) }),
        await add({ due_at: hours(2), overdue: true }),
        await add({ due_at: hours(2), alarmed: 4 }),
        await add({ due_at: later(1), alarmed: 1 }),
        await finished({ due_at: hours(2) }),
      ];
      for (const _round of [1, 2]) await reportDueSoon(deps(NOW));
      const line = ({ reference, account_id: account, due_at, state }: ErasureRequest, more: object) => [
        ...['warn', 'request is due soon'],
        { reference, account, due_at, state, ...more },
      ];
      expect(lines).toEqual([line(near, { hours: 1 }), line(failing, { hours: 4, failure: 'refused', where: 'a.b' })]);
      expect(noted).toEqual([
        ['acc_1', { type: 'erasure.due_soon', hours: 1, at: NOW }],
        ['acc_heard', { type: 'erasure.due_soon', hours: 4, at: NOW }],
      ]);
      expect(await read(near)).toEqual({ ...near, alarmed: 1 });
      const news = [{ id: 'msg2', type: 'erasure.due_soon', hours: 4, at: NOW }];
      expect(await read(failing)).toEqual({ ...failing, alarmed: 4, news });
      for (const other of others) expect(await read(other as ErasureRequest)).toEqual(other);
      // Nearer by now.
      await reportDueSoon(deps(hours(3)));
      expect(await read(failing)).toMatchObject({ alarmed: 1 });
    });

    it('once, whoever looks at the same time', async () => {
      await add({ due_at: later(-1) });
      await Promise.all([1, 2, 3].map(() => reportOverdue(deps(NOW))));
      expect(lines).toHaveLength(1);
    });
  });

  it('put right what a clock far ahead has written', async () => {
    const [leaseMs, latest] = [1_000, later(2_000)];
    const lease = (until: Date) => ({ lease: { owner: 'o', until }, look_at: until });
    const ahead = await add({ state: 'sweeping', ...lease(later(2_001)) });
    const sooner = await add({ state: 'sweeping', ...lease(later(2_001)), look_at: later(5) });
    const written = await add({ look_at: later(2_001) });
    const others = [
      await add({ state: 'sweeping', ...lease(latest) }),
      await add({ look_at: latest }),
      await add({ look_at: later(9_000), grace_until: later(9_000) }),
      await add({ look_at: later(9_000), state: 'waiting' }),
      await add({ ...lease(later(1_000)), look_at: later(9_000) }),
      await finished({ look_at: later(9_000) }),
    ];
    const collections = [rows(), platform.core.db.collection('elsewhere')] as Parameters<typeof boundClocks>[0];
    expect(await boundClocks(collections, leaseMs, NOW)).toBe(3);
    expect(await read(ahead)).toEqual({ ...ahead, ...lease(latest) });
    expect(await read(sooner)).toEqual({ ...sooner, ...lease(latest), look_at: later(5) });
    expect(await read(written)).toEqual({ ...written, look_at: latest });
    for (const other of others) expect(await read(other as ErasureRequest)).toEqual(other);
    expect(await boundClocks(collections, leaseMs, NOW)).toBe(0);
  });

  describe('give what is due a job', () => {
    const GRACE_MS = 5_000;
    const ABANDONED_MS = 10_000;
    const relay = async (alive: readonly string[] = [], at = NOW) => {
      const added: unknown[] = [];
      const told: unknown[] = [];
      const logger = {
        ...{ error: () => {}, warn: () => {}, debug: () => {}, child: () => logger },
        info: (message: string, facts?: object) => void told.push([message, facts]),
      };
      const deps = {
        ...{ db: platform.core.db, now: () => NOW, logger, note: async () => ({}) },
        times: { graceMs: GRACE_MS, abandonedMs: ABANDONED_MS, alarmsMs: [] },
        producer: {
          add: async (...job: unknown[]) => void added.push(job),
          isAlive: async (name: string, id: string) => name === 'erase' && alive.includes(id),
        },
      };
      const count = await relayRequests(deps, at);
      expect(count).toBe(added.length);
      return { added, told };
    };
    const jobOf = ({ account_id: account, reference, generation }: ErasureRequest, delayMs = 0) => [
      // With a quarter of its time left.
      ...['erase', { account, reference, urgent_at: hours(18).getTime() }],
      { id: `${reference}-g${generation + 1}`, delayMs },
    ];

    it('unless it has one that is alive', async () => {
      const lost = await add({ look_at: NOW, generation: 3 });
      const alive = await add({ look_at: later(-1) });
      const waits = await add({ look_at: NOW, not_before: later(700) });
      const others = [await add({ look_at: later(1) }), await finished({ look_at: NOW })];
      const { added, told } = await relay([`${alive.reference}-g1`]);
      expect(added).toEqual(expect.arrayContaining([jobOf(lost), jobOf(waits, 700)]));
      expect(added).toHaveLength(2);
      expect(told).toContainEqual(['request queued again', { reference: lost.reference, generation: 4 }]);
      expect(await read(lost)).toEqual({ ...lost, look_at: later(GRACE_MS), generation: 4 });
      expect(await read(alive)).toEqual({ ...alive, look_at: later(GRACE_MS) });
      expect(await read(waits)).toEqual({ ...waits, look_at: later(700 + GRACE_MS), generation: 2 });
      for (const other of others) expect(await read(other as ErasureRequest)).toEqual(other);
    });

    it('and take it away from a worker that hangs, alive as its job may be', async () => {
      const leased = (ms: number) => ({ look_at: later(-1), lease: { owner: 'o', until: later(-ms) } });
      const hangs = await add(leased(ABANDONED_MS + 1));
      const late = await add(leased(ABANDONED_MS));
      const dead = await add(leased(1));
      const { added } = await relay([`${hangs.reference}-g1`, `${late.reference}-g1`]);
      expect(added).toEqual(expect.arrayContaining([jobOf(hangs), jobOf(dead)]));
      expect(added).toHaveLength(2);
      const { lease: _, ...freed } = hangs;
      const moved = { look_at: later(GRACE_MS), generation: 2 };
      expect(await read(hangs)).toEqual({ ...freed, ...moved });
      expect(await read(late)).toEqual({ ...late, look_at: later(GRACE_MS) });
      expect(await read(dead)).toEqual({ ...dead, ...moved });
    });

    it('before its time, for who asks, and never twice', async () => {
      const row = await add({ look_at: later(50), lease: { owner: 'o', until: NOW } });
      expect((await relay([], later(49))).added).toEqual([]);
      const known = unfinishedRows(rows(), ['reference']);
      const [first] = await known.due(later(50), 5);
      expect(first).toEqual({
        ...{ _id: row._id, account_id: 'acc_1', look_at: later(50), generation: 1, reference: row.reference },
        ...{ lease: row.lease, not_before: row.not_before },
      });
      expect(await known.due(later(50), 0 + 1)).toHaveLength(1);
      if (!first) throw new Error('nothing is due');
      // Its lease was renewed meanwhile.
      await rows().updateOne({ _id: row._id }, { $set: { 'lease.until': later(1) } });
      expect(await known.moveOn(first, hours(1), true)).toBe(false);
      expect(await known.moveOn(first, hours(1), false)).toBe(true);
      expect(await known.moveOn(first, hours(1), false)).toBe(false);
      await known.keep(first, hours(2));
      expect(await read(row)).toMatchObject({ look_at: hours(1), generation: 2 });
      for (const other of [{ account_id: 'acc_2' }, { generation: 9 }, { look_at: hours(9) }])
        expect(await known.moveOn({ ...(await read(row)), ...other } as ErasureRequest, hours(3), false)).toBe(false);
    });

    it('and count what could be gone on with', async () => {
      await add({ not_before: NOW });
      await add({ not_before: later(1) });
      await finished({ not_before: NOW });
      expect(await countDue(platform.core.db, NOW)).toBe(1);
      const facts = { account_id: 'a', reference: 'r', generation: 2 };
      expect([REQUEST_CALL.keyOf(facts), REQUEST_CALL.payloadOf(facts), REQUEST_CALL.factsOf(facts)]).toEqual([
        ...['r', { account: 'a', reference: 'r' }, { reference: 'r' }],
      ]);
    });
  });

  describe('make tokens anew', () => {
    let account: Account;
    const number = phoneNumber(447700900321);
    const ring = () => {
      const parsed = parseKeyRing(`${generateKey(NOW)},${platform.env.LETHE_TOKEN_KEYS}`);
      if (!parsed.ok) throw new Error(parsed.reason);
      return createTokens(parsed.ring);
    };
    beforeAll(async () => {
      ({ account } = await platform.account());
    });
    const open = async (more: Partial<ErasureRequest> = {}) => {
      const token = more.token ?? platform.core.tokens.current(account._id, number);
      const request = await add({ account_id: account._id, token });
      const sealed = platform.core.seal.close(number, request.reference);
      await rows().updateOne({ _id: request._id }, { $set: { sealed, ...more } });
      return { ...request, sealed, ...more };
    };
    const renew = (tokens = ring()) => renewTokens({ ...platform.core, tokens }, NOW);

    it('of open requests about a whole number, and of its suppression', async () => {
      const tokens = ring();
      const request = await open();
      const list = platform.core.db.collection('blacklist');
      await list.insertOne({ account_id: account.records_id, number, token: request.token });
      expect(await renew(tokens)).toBe(1);
      const token = tokens.current(account._id, number);
      expect(await read(request)).toEqual({ ...request, token });
      expect(await list.findOne({ account_id: account.records_id })).toMatchObject({ number, token });
      expect(await renew(tokens)).toBe(0);
      await list.deleteMany({});
    });

    it.each<[what: string, more: Partial<ErasureRequest>]>([
      ['another contract', { profile: 'contact' }],
      ['the past', { selector: { by: 'number', before: NOW } }],
      [
        'late records',
        {
          selector: {
            by: 'number',
            late: { before: NOW, undated: true, suppressed: true, reference: 'r', records: [] },
          },
        },
      ],
      ['a number that is sealed with a key that is gone', { sealed: 'gone.AAAA' }],
      ['an account that is not there', { account_id: 'acc_none' }],
    ])('but not of one about %s', async (_what, more) => {
      const request = await open(more);
      expect(await renew()).toBe(0);
      expect(await read(request)).toEqual(request);
    });

    it('and not of one that is finished, or whose number was asked for again under the new key', async () => {
      const tokens = ring();
      const [request, again] = [await open(), await open({ token: tokens.current(account._id, number) })];
      expect(await renew(tokens)).toBe(0);
      expect(await read(request)).toEqual(request);
      await rows().deleteOne({ _id: again._id });
      await rows().updateOne({ _id: request._id }, { $unset: { unfinished: '' } });
      expect(await renew(tokens)).toBe(0);
    });

    it('find every sealed text of a request, bound to what it was sealed for', () => {
      const late = { target: 't', name: 'n', sealed: 'sealed6' };
      const row = {
        ...{
          reference: 'r',
          sealed: 'sealed1',
          sealed_writings: 'sealed2',
          references: { notes: ['sealed3', 'sealed4'] },
        },
        announced: [
          { target: 't', name: 'n', ids: [1] },
          { target: 't', name: 'n', sealed: 'sealed5' },
        ],
        refused: [{ name: 'n', why: 'refused', where: 'n.x', sealed: 'sealed7' }],
        selector: { by: 'number', late: { records: [late] } },
        suppressed_before: { was: 'absent', row: 'sealed8' },
      } as unknown as ErasureRequest;
      expect(SEALED_REQUESTS.sealedIn(row)).toEqual([
        { path: 'sealed', text: 'sealed1', context: 'r' },
        { path: 'sealed_writings', text: 'sealed2', context: 'writings:r' },
        { path: 'references.notes.0', text: 'sealed3', context: 'references:notes:r' },
        { path: 'references.notes.1', text: 'sealed4', context: 'references:notes:r' },
        { path: 'announced.1.sealed', text: 'sealed5', context: 'announced:r' },
        { path: 'refused.0.sealed', text: 'sealed7', context: 'announced:r' },
        { path: 'selector.late.records.0.sealed', text: 'sealed6', context: 'announced:r' },
        { path: 'suppressed_before.row', text: 'sealed8', context: 'suppressed:r' },
      ]);
      expect(SEALED_REQUESTS.filter).toEqual({ unfinished: true, due_at: { $gt: new Date(0) } });
      const bare = { reference: 'r', selector: { by: 'age', before: NOW }, suppressed_before: { was: 'listed' } };
      expect(SEALED_REQUESTS.sealedIn(bare as unknown as ErasureRequest)).toEqual([]);
    });
  });
});
