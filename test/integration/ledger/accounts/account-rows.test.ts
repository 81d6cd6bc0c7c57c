import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { inTransaction } from '../../../../src/base/db/transaction.ts';
import {
  eachAccountId,
  eachAccountWithRetention,
  noteRetentionLook,
  readAccount,
  readAccounts,
  readAutomaticAccounts,
  readRecordsIds,
  readSubAccountIds,
  takeTurn,
  writeSettings,
} from '../../../../src/ledger/accounts/account-rows.ts';
import { ACCOUNTS, type Account, type AccountWithRetention } from '../../../../src/ledger/accounts/accounts.ts';
import { auditKey } from '../../../../src/ledger/accounts/audited.ts';
import { joinFinds } from '../../../../src/ledger/accounts/join-finds.ts';
import { type ApiKey, KEYS, readWholeKey, scopesOf } from '../../../../src/ledger/accounts/keys.ts';
import { assertOneTenant, entriesOfOneTenant } from '../../../../src/ledger/accounts/one-tenant.ts';
import type { AuditEvent } from '../../../../src/ledger/audit/entry.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { waitFor } from '../../../support/wait-for.ts';

const NOW = new Date('2026-03-01T10:00:00Z');
const later = (ms: number) => new Date(NOW.getTime() + ms);

describe('rows of accounts and keys', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('account-rows');
  });
  afterAll(() => platform?.close());
  beforeEach(async () => {
    for (const name of [ACCOUNTS, KEYS]) await platform.core.db.collection(name).deleteMany({});
  });

  const rows = () => platform.core.db.collection<Account>(ACCOUNTS);
  const keyRows = () => platform.core.db.collection<ApiKey>(KEYS);
  const create = (more: Partial<Parameters<Platform['core']['accounts']['create']>[0]> = {}) =>
    platform.core.accounts.create({ name: 'Acme', now: NOW, ...more });
  const collect = async <Item>(items: AsyncIterable<Item>) => {
    const all: Item[] = [];
    for await (const item of items) all.push(item);
    return all;
  };
  const read = (id: string) => rows().findOne({ _id: id });

  it('an account is made with what is said of it, below an agency that is one', async () => {
    const agency = await create();
    const sub = await create({ agency: agency._id, products: [], countries: ['GB'], recordsId: 7, timeZone: 'UTC' });
    expect(await read(sub._id)).toEqual({
      ...{ _id: sub._id, name: 'Acme', records_id: 7, time_zone: 'UTC', created_at: NOW },
      ...{ agency_id: agency._id, products: [], countries: ['GB'] },
    });
    await expect(create({ agency: sub._id })).rejects.toThrow('not an agency');
    await expect(create({ agency: 'acc_000000000000' })).rejects.toThrow('not an agency');
    expect(await platform.core.accounts.findByRecords(7)).toEqual([sub]);
    expect(await platform.core.accounts.findByRecords('7')).toEqual([]);
  });

  type Change = (accounts: Platform['core']['accounts'], id: string) => Promise<boolean>;
  it.each<[what: string, change: Change, set: object, back: Change]>([
    [
      'retention',
      (all, id) => all.setRetention(id, 6),
      { retention_months: 6 },
      (all, id) => all.setRetention(id, null),
    ],
    [
      'no retention',
      (all, id) => all.setRetention(id, 0),
      { retention_months: 0 },
      (all, id) => all.setRetention(id, null),
    ],
    [
      'products',
      (all, id) => all.setProducts(id, ['sms']),
      { products: ['sms'] },
      (all, id) => all.setProducts(id, null),
    ],
    ['scan', (all, id) => all.setScan(id, 'off'), { scan: 'off' }, (all, id) => all.setScan(id, 'on')],
    ['name', (all, id) => all.rename(id, 'Other'), { name: 'Other' }, (all, id) => all.rename(id, 'Acme')],
    ['disabled', (all, id) => all.setDisabled(id, NOW), { disabled_at: NOW }, (all, id) => all.setDisabled(id, null)],
    [
      'countries',
      (all, id) => all.setCountries(id, ['FR']),
      { countries: ['FR'] },
      (all, id) => all.setCountries(id, null),
    ],
  ])('%s: set and taken back, of one account', async (_what, change, set, back) => {
    const { accounts } = platform.core;
    const [account, other] = [await create(), await create()];
    expect(await change(accounts, account._id)).toBe(true);
    expect(await read(account._id)).toEqual({ ...account, ...set });
    expect(await back(accounts, account._id)).toBe(true);
    expect(await read(account._id)).toEqual(account);
    expect(await read(other._id)).toEqual(other);
    expect([await change(accounts, 'acc_000000000000'), await back(accounts, 'acc_000000000000')]).toEqual([
      false,
      false,
    ]);
  });

  it('what is no setting is refused', async () => {
    const { accounts } = platform.core;
    const account = await create();
    for (const months of [-1, 1_201]) await expect(accounts.setRetention(account._id, months)).rejects.toThrow();
    for (const name of ['', 'x'.repeat(201)]) await expect(accounts.rename(account._id, name)).rejects.toThrow();
    expect(await read(account._id)).toEqual(account);
    expect(await accounts.setRetention(account._id, 1_200)).toBe(true);
  });

  it('setting retention anew takes the note of the last look away', async () => {
    const account = await create();
    const { db, accounts } = platform.core;
    await accounts.setRetention(account._id, 6);
    const kept = (await read(account._id)) as AccountWithRetention;
    await noteRetentionLook(db, kept, 'look1');
    expect(await read(account._id)).toEqual({ ...kept, retention_look: 'look1' });
    await accounts.setRetention(account._id, 7);
    expect(await read(account._id)).toEqual({ ...kept, retention_months: 7 });
    // Of a setting that is no more, nothing is noted.
    await noteRetentionLook(db, kept, 'look2');
    expect(await read(account._id)).toEqual({ ...kept, retention_months: 7 });
  });

  it('rows are read one by one, by ids, by agency, by what is set', async () => {
    const { db } = platform.core;
    const [agency, plain] = [await create({ recordsId: 'r1' }), await create({ recordsId: 'r2' })];
    const sub = await create({ agency: agency._id, recordsId: 'r3' });
    await rows().updateOne({ _id: plain._id }, { $set: { redaction: { automatic: 'daily' }, retention_months: 0 } });
    await rows().updateOne({ _id: sub._id }, { $set: { redaction: { automatic: 'off' } } });
    const ids = async (some: Promise<Account[]>) => (await some).map(({ _id }) => _id);
    expect(await readAccount(db, agency._id)).toEqual(agency);
    expect(await readAccount(db, 'acc_none')).toBeNull();
    expect((await ids(readAccounts(db, [sub._id, agency._id, 'acc_none']))).sort()).toEqual(
      [agency._id, sub._id].sort(),
    );
    expect(await readAccounts(db, [])).toEqual([]);
    expect(await readSubAccountIds(db, agency._id)).toEqual([sub._id]);
    expect((await collect(eachAccountId(db))).sort()).toEqual([agency._id, plain._id, sub._id].sort());
    expect((await collect(eachAccountWithRetention(db))).map(({ _id }) => _id)).toEqual([plain._id]);
    expect(await ids(readAutomaticAccounts(db))).toEqual([plain._id]);
    expect((await readRecordsIds(db, 9)).sort()).toEqual(['r1', 'r2', 'r3']);
    expect(await readRecordsIds(db, 2)).toHaveLength(2);
  });

  it('settings are part of their transaction, and of one account', async () => {
    const { db } = platform.core;
    const [account, other] = [await create(), await create()];
    const failing = inTransaction(db, async (session) => {
      await writeSettings(db, account._id, { 'redaction.manual': true }, session);
      await takeTurn(db, account._id, session);
      const inside = await readAccount(db, account._id, session);
      expect(inside).toEqual({ ...account, redaction: { manual: true }, turns: 1 });
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await read(account._id)).toEqual(account);
    await inTransaction(db, async (session) => {
      await writeSettings(db, account._id, { 'redaction.manual': true }, session);
      await takeTurn(db, account._id, session);
    });
    expect(await read(account._id)).toEqual({ ...account, redaction: { manual: true }, turns: 1 });
    expect(await read(other._id)).toEqual(other);
  });

  it('looks that come side by side are one, each of its own account', async () => {
    const asked: string[] = [];
    const joined = joinFinds({
      find: async (id) => {
        asked.push(id);
        return { _id: id } as Account;
      },
    });
    const ids = ['acc_1', 'acc_2', 'acc_1', 'acc_1'];
    const found = await Promise.all(ids.map((id) => joined.find(id)));
    expect(found.map((account) => account?._id)).toEqual(ids);
    expect(asked.length).toBeLessThan(4);
    expect(await joined.find('acc_3')).toEqual({ _id: 'acc_3' });
  });

  it('a map without account fields is for one account', async () => {
    const { db, dataMap } = platform.core;
    const [first] = dataMap.collections;
    if (!first) throw new Error('no entry');
    const alone = {
      ...dataMap,
      collections: [...dataMap.collections, { ...first, name: 'all', owner: { kind: 'none' as const } }],
    };
    expect([entriesOfOneTenant(dataMap), entriesOfOneTenant(alone)]).toEqual([[], ['all']]);
    await create();
    await assertOneTenant(db, alone);
    await create();
    await expect(assertOneTenant(db, alone)).rejects.toThrow(/account: none \(all\)/);
    await assertOneTenant(db, dataMap);
    // Each has its own: the name says whose the records are.
    const [none, named] = [alone.collections.at(-1), { owner: { kind: 'none' as const }, name: 'own' }];
    for (const where of [{ collection: 'users_{account}' }, { database: 'tenant_{account}' }])
      await assertOneTenant(db, { ...dataMap, collections: [{ ...first, ...none, ...named, ...where }] });
  });

  describe('a key', () => {
    const make = async (more: object = {}) => {
      const account = await create();
      const made = await platform.core.keys.create({ account: account._id, label: 'l', now: NOW, ...more });
      const parts = readWholeKey(made?.whole ?? '');
      if (!made || !parts) throw new Error('no key was made');
      return { account, ...made, ...parts };
    };
    const stored = async (id: string) => {
      const { digest: _, ...row } = (await keyRows().findOne({ _id: id })) ?? ({} as ApiKey);
      return row;
    };

    it('stands in the ledger as it was made', async () => {
      const { account, id } = await make({ scopes: [], expiresAt: later(9) });
      const row = { _id: id, account_id: account._id, label: 'l', created_at: NOW };
      expect(await stored(id)).toEqual({ ...row, scopes: [], expires_at: later(9) });
      const plain = await make();
      expect(await stored(plain.id)).toEqual({ ...row, _id: plain.id, account_id: plain.account._id });
      expect(await platform.core.keys.revoke(plain.id, later(5))).toMatchObject({
        _id: plain.id,
        revoked_at: later(5),
      });
      expect(await stored(id)).toEqual({ ...row, scopes: [], expires_at: later(9) });
    });

    it('lets in until its time is over, or its account is disabled', async () => {
      const { keys, accounts } = platform.core;
      const { account, id, secret } = await make({ scopes: ['look'], expiresAt: later(1_000) });
      const enter = (now: Date) => keys.authenticate(id, secret, now);
      expect(await enter(later(999))).toEqual({ keyId: id, account, scopes: ['look'] });
      expect(await enter(later(1_000))).toBeNull();
      await accounts.setDisabled(account._id, NOW);
      expect(await enter(NOW)).toBeNull();
    });

    it('is noted as used, once a minute', async () => {
      const { keys } = platform.core;
      const [{ id, secret }, other] = [await make(), await make()];
      const use = (ms: number) => keys.authenticate(id, secret, later(ms));
      const used = async (ms: number) =>
        waitFor('the note', async () => (await stored(id)).last_used_at?.getTime() === later(ms).getTime());
      await use(0);
      await used(0);
      await use(59_999);
      await use(60_000);
      await used(60_000);
      // A clock that was put back: the later note stays.
      await use(10);
      await use(120_000);
      await used(120_000);
      expect(await stored(other.id)).not.toHaveProperty('last_used_at');
    });

    it('may do what it was made for, and nothing that is no scope', () => {
      expect(scopesOf({ scopes: ['forget', 'people' as never, 'look'] })).toEqual(['look', 'forget']);
      expect(scopesOf({ scopes: [] })).toEqual([]);
    });

    it('is told of in the audit', async () => {
      const events: AuditEvent[] = [];
      const audit = { append: async (event: AuditEvent) => void events.push(event) };
      const key = { _id: 'k', account_id: 'acc_1', scopes: ['look', 'audit'] } as unknown as ApiKey;
      await auditKey(audit, 'created', key, { actor: 'cli', at: NOW });
      await auditKey(audit, 'revoked', key, { actor: 'cli', at: NOW });
      const event = { account: 'acc_1', actor: 'cli', action: 'settings.change', reference: 'k', at: NOW, counts: {} };
      expect(events).toEqual([
        { ...event, reason: 'key created: look, audit' },
        { ...event, reason: 'key revoked' },
      ]);
    });
  });

  it('what is no row’s id is nobody’s', async () => {
    await create();
    expect(await readSubAccountIds(platform.core.db, new mongoose.mongo.ObjectId() as unknown as string)).toEqual([]);
  });
});
