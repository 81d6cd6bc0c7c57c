import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { inTransaction } from '../../../../src/base/db/transaction.ts';
import { createChains, type Head } from '../../../../src/ledger/audit/chain.ts';
import {
  AUDIT,
  AUDIT_HEADS,
  type AuditEntry,
  type AuditEvent,
  type AuditSeal,
  createAuditSeal,
} from '../../../../src/ledger/audit/entry.ts';
import { createHeadKeeper, readKeptHeads } from '../../../../src/ledger/audit/outside.ts';
import { eachAuditEntry, readAuditPage } from '../../../../src/ledger/audit/read.ts';
import {
  type AuditChain,
  type AuditWatch,
  eachAuditedAccount,
  hasChain,
  verifyAudit,
} from '../../../../src/ledger/audit/verify.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';

const AT = new Date('2026-03-01T10:00:00Z');
const later = (ms: number) => new Date(AT.getTime() + ms);

/** Each chain is one of several in the same collections: what is read and written is an account's own. */
describe('chains of the audit', () => {
  let platform: Platform;
  let seal: AuditSeal;
  let folder: string;
  beforeAll(async () => {
    platform = await openPlatform('chains');
    seal = createAuditSeal(platform.config.LETHE_TOKEN_KEYS);
    folder = await mkdtemp(join(tmpdir(), 'lethe-chains-'));
  });
  afterAll(async () => {
    await platform?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const entries = () => platform.core.db.collection<AuditEntry>(AUDIT);
  const heads = () => platform.core.db.collection<Head>(AUDIT_HEADS);
  const event = (account: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
    ...{ account, actor: 'key', action: 'data.erasure', reason: 'test', at: AT, counts: { calls: 1 } },
    ...more,
  });
  const append = (account: string, more: Partial<AuditEvent> = {}) => platform.core.audit.append(event(account, more));
  const rowsOf = (account: string) => entries().find({ account_id: account }).sort({ seq: 1 }).toArray();
  const placesOf = async (account: string) => (await rowsOf(account)).map(({ seq, reference }) => [seq, reference]);
  const many = async (account: string, count: number) => {
    for (let number = 1; number <= count; number += 1) await append(account, { reference: `r${number}` });
    return rowsOf(account);
  };
  const faultsOf = async (account?: string, watch: AuditWatch = {}) => {
    const faults = [];
    for await (const fault of verifyAudit(platform.core.db, seal, account, watch)) faults.push(fault);
    return faults;
  };
  /** An entry as somebody with the key writes it, at whatever place. */
  const made = (account: string, seq: number, more: Partial<AuditEntry> = {}): AuditEntry => {
    const { account: account_id, ...rest } = event(account);
    const body = { ...rest, account_id, seq, previous: '', ...more };
    return { _id: new mongoose.mongo.ObjectId(), ...body, mac: seal.mac(body) };
  };

  it('hold what they were told, and nothing else', async () => {
    await append('acc_whole', { reference: 'r', token: 't', once: 'o' });
    const [row] = await rowsOf('acc_whole');
    expect(row).toEqual({
      ...{ _id: expect.anything(), account_id: 'acc_whole', seq: 1, previous: '', mac: row?.mac },
      ...{ actor: 'key', action: 'data.erasure', reason: 'test', at: AT, counts: { calls: 1 } },
      ...{ reference: 'r', token: 't', once: 'o' },
    });
    expect(await heads().findOne({ _id: 'acc_whole' })).toEqual({ _id: 'acc_whole', seq: 1, mac: row?.mac });
  });

  it('take an event once, each for itself', async () => {
    for (const account of ['acc_once1', 'acc_once2', 'acc_once1'])
      await append(account, { once: 'the same', reference: account });
    expect(await placesOf('acc_once1')).toEqual([[1, 'acc_once1']]);
    expect(await placesOf('acc_once2')).toEqual([[1, 'acc_once2']]);
    // Beside others, in one write.
    await Promise.all(['a', 'the same', 'b', 'b'].map((once) => append('acc_once1', { once, reference: once })));
    expect((await placesOf('acc_once1')).slice(1)).toEqual([
      [2, 'a'],
      [3, 'b'],
    ]);
  });

  it('keep nothing of a transaction that fails', async () => {
    const { db, audit } = platform.core;
    const [first] = await many('acc_failed', 1);
    const failing = (work: (session: mongoose.mongo.ClientSession) => Promise<unknown>) =>
      expect(
        inTransaction(db, async (session) => {
          await work(session);
          throw new RangeError('no');
        }),
      ).rejects.toThrow('no');
    await failing((session) => audit.appendWithin(event('acc_failed'), session));
    await failing((session) => audit.appendWithin(event('acc_never'), session));
    await failing(async (session) => (await audit.beginWithin(event('acc_failed'), session))({ calls: 2 }));
    expect(await rowsOf('acc_failed')).toEqual([first]);
    expect(await heads().findOne({ _id: 'acc_failed' })).toMatchObject({ seq: 1, mac: first?.mac });
    expect([await rowsOf('acc_never'), await heads().findOne({ _id: 'acc_never' })]).toEqual([[], null]);
  });

  it('are appended to several times in one transaction, the first times, too', async () => {
    const { db, audit } = platform.core;
    await many('acc_bystander', 4);
    const before = await rowsOf('acc_bystander');
    await inTransaction(db, async (session) => {
      await audit.appendWithin([], session);
      await audit.appendWithin([event('acc_several', { reference: 'a' }), event('acc_several')], session);
      await audit.appendWithin(event('acc_several', { reference: 'c' }), session);
      const write = await audit.beginWithin(event('acc_several', { reference: 'd' }), session);
      await write({ calls: 7 });
    });
    expect(await placesOf('acc_several')).toEqual([
      [1, 'a'],
      [2, undefined],
      [3, 'c'],
      [4, 'd'],
    ]);
    expect((await rowsOf('acc_several')).at(-1)?.counts).toEqual({ calls: 7 });
    expect(await faultsOf('acc_several')).toEqual([]);
    expect(await rowsOf('acc_bystander')).toEqual(before);
    const mixed = inTransaction(db, (session) =>
      audit.appendWithin([event('acc_several'), event('acc_bystander')], session),
    );
    await expect(mixed).rejects.toThrow('events of one account');
  });

  it('go on behind their entries when the head is lost', async () => {
    await many('acc_headless', 3);
    await heads().deleteOne({ _id: 'acc_headless' });
    await append('acc_headless', { reference: 'r4' });
    expect((await placesOf('acc_headless')).at(-1)).toEqual([4, 'r4']);
    expect(await faultsOf('acc_headless')).toEqual([]);
  });

  it('have a tip that moves up, and never back', async () => {
    const chains = createChains(platform.core.db, seal);
    const [one, two, three] = await many('acc_tip', 3);
    const head = () => heads().findOne({ _id: 'acc_tip' }, { projection: { _id: 0 } });
    const end = { seq: 3, mac: three?.mac };
    await chains.moveHead('acc_tip', { seq: 2, mac: String(two?.mac) });
    expect(await head()).toEqual(end);
    await heads().updateOne({ _id: 'acc_tip' }, { $set: { seq: 1, mac: String(one?.mac) } });
    expect(await chains.tip('acc_tip')).toEqual(end);
    expect(await head()).toEqual(end);
    await chains.moveHead('acc_tip', { seq: 3, mac: 'another' });
    expect(await head()).toEqual({ seq: 3, mac: 'another' });
    expect(await chains.tip('acc_nothing')).toEqual({ seq: 0, mac: '' });
  });

  it.each([
    ['without a key', (previous: string) => ({ ...made('acc_alien1', 2, { previous }), mac: 'token1.forged' })],
    ['behind another', () => made('acc_alien2', 2, { previous: 'token1.other' })],
  ])('link nothing behind an entry written %s, which keeps its place', async (_how, write) => {
    const account = write('').account_id;
    const [first] = await many(account, 1);
    await entries().insertOne(write(String(first?.mac)));
    await append(account, { reference: 'next' });
    const rows = await rowsOf(account);
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(rows[2]?.previous).toBe(first?.mac);
  });

  it('leave out what stands beyond a gap', async () => {
    const [first] = await many('acc_gap', 1);
    await entries().insertOne(made('acc_gap', 3));
    const chains = createChains(platform.core.db, seal);
    expect(await chains.tip('acc_gap')).toEqual({ seq: 1, mac: first?.mac });
  });

  describe('are verified', () => {
    it.each([
      // A place that was told within reach of the one that is told now.
      [17, 1, 'out of order'],
      [18, 1, 'changed'],
      [1, 17, 'out of order'],
      [1, 18, 'changed'],
      [2, 1, 'out of order'],
    ])('an entry of place %i stands at %i: %s', async (was, is, fault) => {
      const account = `acc_place${was}_${is}`;
      await entries().insertOne({ ...made(account, was), seq: is });
      const gap = is === 1 ? [] : [{ account, seq: 1, through: is - 1, fault: 'missing' }];
      expect(await faultsOf(account)).toEqual([...gap, { account, seq: is, fault }]);
    });

    it('from their beginning: the first entry has none before it', async () => {
      await entries().insertOne(made('acc_begun', 1, { previous: 'token1.x' }));
      expect(await faultsOf('acc_begun')).toEqual([{ account: 'acc_begun', seq: 1, fault: 'out of order' }]);
    });

    it('and behind a bad entry the next link is not judged, the one after it is', async () => {
      const rows = await many('acc_link', 4);
      await entries().updateOne({ account_id: 'acc_link', seq: 2 }, { $set: { mac: 'token1.forged' } });
      expect(await faultsOf('acc_link')).toEqual([{ account: 'acc_link', seq: 2, fault: 'changed' }]);
      const { _id, mac: _, ...fourth } = rows[3] as AuditEntry;
      const other = { ...fourth, previous: 'token1.x' };
      await entries().updateOne({ _id }, { $set: { ...other, mac: seal.mac(other) } });
      expect((await faultsOf('acc_link'))[1]).toEqual({ account: 'acc_link', seq: 4, fault: 'out of order' });
    });

    it('as they end, with how many, also when a time or a mac is none', async () => {
      const rows = await many('acc_end', 3);
      const chains: AuditChain[] = [];
      const watch = { onChain: (chain: AuditChain) => void chains.push(chain) };
      await faultsOf('acc_end', watch);
      const end = { account: 'acc_end', entries: 3, first: 1, last: 3 };
      expect(chains).toEqual([{ ...end, mac: rows[2]?.mac, at: AT }]);
      await entries().deleteOne({ account_id: 'acc_end', seq: 1 });
      await entries().updateOne({ account_id: 'acc_end', seq: 3 }, { $set: { at: 'soon' as never, mac: 5 as never } });
      await faultsOf('acc_end', watch);
      expect(chains[1]).toEqual({ ...end, entries: 2, first: 2, mac: '5' });
      await faultsOf('acc_nobody', watch);
      expect(chains).toHaveLength(2);
    });

    it('as they were kept outside, those that are gone, too', async () => {
      const [, second] = await many('acc_kept', 2);
      const kept = new Map([
        ['acc_kept', new Map([[2, String(second?.mac)]])],
        [
          'acc_vanished',
          new Map([
            [4, 'a'],
            [2, 'b'],
          ]),
        ],
      ]);
      expect(await faultsOf('acc_kept', { kept })).toEqual([]);
      const all = (await faultsOf(undefined, { kept })).filter(({ account }) => kept.has(account));
      expect(all).toEqual([{ account: 'acc_vanished', seq: 1, through: 4, fault: 'missing' }]);
      kept.get('acc_kept')?.set(1, 'token1.other');
      kept.get('acc_kept')?.set(3, 'token1.cut');
      expect(await faultsOf('acc_kept', { kept })).toEqual([
        { account: 'acc_kept', seq: 1, fault: 'not what was kept outside' },
        { account: 'acc_kept', seq: 3, fault: 'missing' },
      ]);
    });

    it('with word of how many were read, and no further than they are wanted', async () => {
      const forged = (account: string) =>
        Array.from({ length: 600 }, (_, index) => ({ ...made(account, index + 1), mac: 'gone.x' }));
      await entries().insertMany([...forged('acc_long'), ...forged('acc_longer')]);
      const read: number[] = [];
      await faultsOf('acc_long', { onRead: (count) => void read.push(count) });
      expect(read).toEqual([500]);
      const stop = new AbortController();
      const seen: string[] = [];
      for await (const { account, seq } of verifyAudit(platform.core.db, seal, undefined, { signal: stop.signal })) {
        if (!account.startsWith('acc_long')) continue;
        seen.push(`${account} ${seq}`);
        if (seen.length === 2) stop.abort();
      }
      expect(seen).toEqual(['acc_long 1', 'acc_long 2']);
      expect(
        await faultsOf(undefined, { signal: AbortSignal.abort(), kept: new Map([['x', new Map([[1, 'a']])]]) }),
      ).toEqual([]);
      await entries().deleteMany({ account_id: /^acc_long/ });
    });

    it('if there is anything of them: an entry or a head', async () => {
      const { db } = platform.core;
      await entries().insertOne(made('acc_entry', 1));
      await heads().insertOne({ _id: 'acc_headonly', seq: 2, mac: 'x' });
      const there = await Promise.all(['acc_entry', 'acc_headonly', 'acc_none'].map((one) => hasChain(db, one)));
      expect(there).toEqual([true, true, false]);
      const accounts = [];
      for await (const account of eachAuditedAccount(db)) accounts.push(account);
      expect(accounts).toEqual([...accounts].sort());
      expect(new Set(accounts).size).toBe(accounts.length);
      expect(accounts).toEqual(expect.arrayContaining(['acc_entry', 'acc_headonly', 'acc_tip']));
      expect(accounts).not.toContain('acc_none');
    });
  });

  describe('are read by pages', () => {
    const accounts = Array.from({ length: 10 }, (_, index) => `acc_page${index}`);
    let all: AuditEntry[];
    beforeAll(async () => {
      // Three of one moment beside others, in every account in turn.
      for (const [index, ms] of [0, 1_000, 1_000, 1_000, 2_000].entries())
        await entries().insertMany(
          accounts.map((account, place) =>
            made(account, index + 1, {
              at: later(ms),
              actor: place % 2 === 0 ? 'even' : 'odd',
              reference: `r${index}`,
              action: index === 0 ? 'data.late' : 'data.report',
            }),
          ),
        );
      all = await entries()
        .find({ account_id: { $in: accounts } })
        .sort({ at: -1, _id: -1 })
        .toArray();
    });

    const pages = async (limit: number, query: Parameters<typeof readAuditPage>[2] = {}, of = accounts) => {
      const found: AuditEntry[] = [];
      let after: Parameters<typeof readAuditPage>[3]['after'];
      do {
        const page = await readAuditPage(platform.core.db, of, query, { limit, after });
        found.push(...page.entries);
        after = page.next ?? undefined;
      } while (after);
      return found.map(({ _id }) => String(_id));
    };
    const idsOf = (some: AuditEntry[]) => some.map(({ _id }) => String(_id));

    it.each([3, 7, 50, 60])(
      'of %i, over all accounts: each entry once, newest first, by ids within one moment',
      async (limit) => {
        expect(await pages(limit)).toEqual(idsOf(all));
      },
    );

    it.each<[what: string, query: Parameters<typeof readAuditPage>[2], is: (entry: AuditEntry) => boolean]>([
      ['an action', { action: 'data.late' }, ({ action }) => action === 'data.late'],
      ['an actor', { actor: 'odd' }, ({ actor }) => actor === 'odd'],
      ['a reference', { reference: 'r2' }, ({ reference }) => reference === 'r2'],
      [
        'an actor and a reference',
        { actor: 'odd', reference: 'r2' },
        ({ actor, reference }) => actor === 'odd' && reference === 'r2',
      ],
      ['a first moment', { from: later(1_000) }, ({ at }) => at >= later(1_000)],
      ['a moment it ends before', { to: later(1_000) }, ({ at }) => at < later(1_000)],
      ['a window', { from: later(1_000), to: later(2_000) }, ({ at }) => at >= later(1_000) && at < later(2_000)],
    ])('of what has %s', async (_what, query, is) => {
      expect(await pages(4, query)).toEqual(idsOf(all.filter(is)));
      const streamed: AuditEntry[] = [];
      for await (const entry of eachAuditEntry(platform.core.db, 'acc_page3', query)) streamed.push(entry);
      const own = all.filter((entry) => entry.account_id === 'acc_page3' && is(entry));
      expect(idsOf(streamed)).toEqual(idsOf(own.sort((one, other) => one.seq - other.seq)));
    });

    it('of no account are empty', async () => {
      expect(await readAuditPage(platform.core.db, [], {}, { limit: 2 })).toEqual({ entries: [], next: null });
    });
  });

  it('have their ends kept outside, each once, and the first word counts', async () => {
    const { db } = platform.core;
    await heads().deleteMany({});
    await heads().insertMany([
      { _id: 'acc_out1', seq: 1, mac: 'm1' },
      { _id: 'acc_out2', seq: 5, mac: 'm5' },
      // Of an earlier version.
      { _id: 'acc_out3', seq: 4 },
    ]);
    const file = join(folder, 'heads.jsonl');
    const keep = createHeadKeeper(db, file, () => AT);
    const at = AT.toISOString();
    const linesOf = async () => (await readFile(file, 'utf8')).split('\n').slice(0, -1).sort();
    const written = [
      JSON.stringify({ at, account: 'acc_out1', entry: 1, mac: 'm1' }),
      JSON.stringify({ at, account: 'acc_out2', entry: 5, mac: 'm5' }),
    ];
    expect(await keep()).toBe(2);
    expect(await linesOf()).toEqual(written);
    expect(await keep()).toBe(0);
    await heads().updateOne({ _id: 'acc_out1' }, { $set: { seq: 2, mac: 'm2' } });
    expect(await keep()).toBe(1);
    expect(await linesOf()).toContain(JSON.stringify({ at, account: 'acc_out1', entry: 2, mac: 'm2' }));

    const line = (account: string, entry: number, mac: string) => `${JSON.stringify({ account, entry, mac })}\n`;
    await appendFile(file, line('acc_out1', 2, 'forged') + line('acc_out1', 1, 'forged') + line('acc_out2', 0, 'x'));
    await appendFile(file, '{"account":"acc_out');
    expect(await createHeadKeeper(db, file, () => AT)()).toBe(0);
    const kept = (entriesKept: [number, string][]) => new Map(entriesKept);
    expect(await readKeptHeads(file)).toEqual(
      new Map([
        [
          'acc_out1',
          kept([
            [1, 'm1'],
            [2, 'm2'],
          ]),
        ],
        ['acc_out2', kept([[5, 'm5']])],
      ]),
    );
    expect([...(await readKeptHeads(file, new Set(['acc_out2']))).keys()]).toEqual(['acc_out2']);
    await expect(readKeptHeads(join(folder, 'none'))).rejects.toThrow('ENOENT');
  });
});
