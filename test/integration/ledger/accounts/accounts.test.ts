import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { type Database, openDatabase } from '../../../../src/base/db/connection.ts';
import { assertAccount } from '../../../../src/engine/subject.ts';
import { type Accounts, createAccounts } from '../../../../src/ledger/accounts/accounts.ts';
import { createKeys, type Keys, readWholeKey } from '../../../../src/ledger/accounts/keys.ts';
import { ACCOUNT_SCOPES } from '../../../../src/ledger/accounts/scopes.ts';
import { LIMITS } from '../../../support/limits.ts';
import { engines } from '../../../support/platform.ts';

const NOW = new Date('2026-03-01T10:00:00Z');

let database: Database;
let accounts: Accounts;
let keys: Keys;

beforeAll(() => {
  const name = `t-accounts-${process.pid}-${randomBytes(3).toString('hex')}`;
  database = openDatabase({
    uri: engines().mongodbUri,
    database: name,
    poolSize: 5,
    serverSelectionMs: LIMITS.answerMs,
  });
  accounts = createAccounts(database.connection);
  keys = createKeys(database.connection);
});

beforeEach(async () => {
  for (const name of ['lethe_accounts', 'lethe_keys']) await database.db.collection(name).deleteMany({});
});

afterAll(async () => {
  await database.db.dropDatabase();
  await database.close();
});

async function makeKey(label = '') {
  const account = await accounts.create({ name: 'Acme', now: NOW });
  const made = await keys.create({ account: account._id, label, now: NOW });
  const parts = readWholeKey(made?.whole ?? '');
  if (!made || !parts) throw new Error('no key was made');
  return { account, ...made, ...parts };
}

describe('accounts', () => {
  it('are their own records id, in London, unless told otherwise', async () => {
    const account = await accounts.create({ name: 'Acme', now: NOW });
    expect(account).toEqual({
      _id: expect.stringMatching(/^acc_[A-Za-z0-9]{12}$/),
      name: 'Acme',
      records_id: account._id,
      time_zone: 'Europe/London',
      created_at: NOW,
    });
    expect(await accounts.find(account._id)).toEqual(account);
  });

  it.each([
    ['a string', '1001'],
    ['a whole number', 1001],
    ['zero', 0],
    ['a large whole number', Number.MAX_SAFE_INTEGER],
    ['an ObjectId', new mongoose.mongo.ObjectId('65f0c0ffee65f0c0ffee65f0')],
  ])('keep a records id that is %s as it is', async (_what, recordsId) => {
    const { _id } = await accounts.create({ name: 'Acme', recordsId, now: NOW });
    const found = await accounts.find(_id);
    expect(found?.records_id).toEqual(recordsId);
    expect(() => assertAccount(found?.records_id)).not.toThrow();
    // The same value that a query for the platform's records is made of.
    await database.db.collection('records').insertOne({ owner: recordsId });
    expect(await database.db.collection('records').countDocuments({ owner: found?.records_id })).toBe(1);
    await database.db.collection('records').drop();
  });

  it('are listed oldest first', async () => {
    const second = await accounts.create({ name: 'B', now: new Date(NOW.getTime() + 1) });
    const first = await accounts.create({ name: 'A', now: NOW });
    expect((await accounts.list()).map(({ _id }) => _id)).toEqual([first._id, second._id]);
  });

  it('have a time zone that exists', async () => {
    await expect(accounts.create({ name: 'Acme', timeZone: 'Mars/Olympus', now: NOW })).rejects.toThrow(TypeError);
    const account = await accounts.create({ name: 'Acme', timeZone: 'Australia/Lord_Howe', now: NOW });
    expect(account.time_zone).toBe('Australia/Lord_Howe');
    expect(await accounts.list()).toHaveLength(1);
  });

  it('are not found by another id, nor by an operator', async () => {
    await accounts.create({ name: 'Acme', now: NOW });
    expect(await accounts.find('acc_000000000000')).toBeNull();
    const injected = { $ne: null } as unknown as string;
    expect(await accounts.find(injected).catch(() => null)).toBeNull();
  });
});

describe('keys', () => {
  it('let their account in', async () => {
    const { id, secret, account } = await makeKey();
    expect(await keys.authenticate(id, secret)).toEqual({ keyId: id, account, scopes: [...ACCOUNT_SCOPES] });
  });

  it('are kept as a digest, without the secret', async () => {
    const { id, secret } = await makeKey('backup');
    const [row] = await database.db.collection('lethe_keys').find().toArray();
    expect(row).toMatchObject({ _id: id, label: 'backup', created_at: NOW });
    expect(JSON.stringify(row)).not.toContain(secret);
    expect(JSON.stringify(row)).not.toContain(Buffer.from(secret, 'base64url').toString('base64').slice(0, 20));
  });

  it('are not made for an account that is not there', async () => {
    expect(await keys.create({ account: 'acc_000000000000', now: NOW })).toBeNull();
    expect(await database.db.collection('lethe_keys').countDocuments()).toBe(0);
  });

  it('refuse a wrong secret, a wrong id, and another key’s secret', async () => {
    const one = await makeKey();
    const other = await makeKey();
    expect(await keys.authenticate(one.id, other.secret)).toBeNull();
    expect(await keys.authenticate(other.id, one.secret)).toBeNull();
    expect(await keys.authenticate(one.id, (one.secret.startsWith('A') ? 'B' : 'A') + one.secret.slice(1))).toBeNull();
    expect(await keys.authenticate('x'.repeat(16), one.secret)).toBeNull();
    expect(await keys.authenticate(one.id, '')).toBeNull();
  });

  it('are not found by an operator', async () => {
    const { secret } = await makeKey();
    for (const id of [{ $ne: null }, { $gt: '' }, ['a'], null, undefined])
      expect(await keys.authenticate(id as unknown as string, secret)).toBeNull();
  });

  it('let nobody in once their account is gone', async () => {
    const { id, secret } = await makeKey();
    await database.db.collection('lethe_accounts').deleteMany({});
    expect(await keys.authenticate(id, secret)).toBeNull();
  });

  it('let nobody in once revoked, and are revoked once', async () => {
    const { id, secret, account } = await makeKey();
    const kept = await keys.create({ account: account._id, now: NOW });
    const later = new Date(NOW.getTime() + 1_000);
    expect(await keys.revoke(id, later)).toMatchObject({ _id: id, account_id: account._id });
    expect(await keys.authenticate(id, secret)).toBeNull();
    expect(await keys.revoke(id, new Date())).toBeNull();
    expect(await keys.revoke('x'.repeat(16), later)).toBeNull();
    const listed = await keys.list(account._id);
    expect(listed.find((key) => key._id === id)?.revoked_at).toEqual(later);
    expect(listed.find((key) => key._id === kept?.key._id)?.revoked_at).toBeUndefined();
  });

  it('are listed for their account alone', async () => {
    const one = await makeKey('first');
    await makeKey('other');
    const second = await keys.create({ account: one.account._id, label: 'second', now: new Date() });
    expect((await keys.list(one.account._id)).map(({ _id, label }) => [_id, label])).toEqual([
      [one.id, 'first'],
      [second?.key._id, 'second'],
    ]);
  });
});

describe('readWholeKey', () => {
  const [id, secret] = ['A'.repeat(16), 'b'.repeat(43)];

  it('takes a key apart', () => {
    expect(readWholeKey(`${id}.${secret}`)).toEqual({ id, secret });
  });

  it.each([
    '',
    '.',
    id,
    `${id}.`,
    `.${secret}`,
    `${id}.${secret}x`,
    ` ${id}.${secret}`,
    `${id}.${secret}\n`,
    `${id}:${secret}`,
  ])('refuses %j', (text) => {
    expect(readWholeKey(text)).toBeNull();
  });
});
