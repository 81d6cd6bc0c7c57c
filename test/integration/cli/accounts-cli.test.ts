import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { type Database, openDatabase } from '../../../src/base/db/connection.ts';
import { type Accounts, createAccounts } from '../../../src/ledger/accounts/accounts.ts';
import { createKeys, type Keys, readWholeKey } from '../../../src/ledger/accounts/keys.ts';
import { runCli } from '../../support/cli.ts';
import { LIMITS } from '../../support/limits.ts';
import { engines, TEST_KEYS } from '../../support/platform.ts';
import { waitFor } from '../../support/wait-for.ts';

const name = `t-accounts-cli-${process.pid}-${randomBytes(3).toString('hex')}`;
let database: Database;
let accounts: Accounts;
let keys: Keys;

const open = () =>
  openDatabase({ uri: engines().mongodbUri, database: name, poolSize: 5, serverSelectionMs: LIMITS.answerMs });

beforeAll(() => {
  database = open();
  accounts = createAccounts(database.connection);
  keys = createKeys(database.connection);
});

beforeEach(async () => {
  for (const collection of ['lethe_accounts', 'lethe_keys']) await database.db.collection(collection).deleteMany({});
});

afterAll(async () => {
  await database.db.dropDatabase();
  await database.close();
});

const NOW = new Date('2026-03-01T10:00:00Z');
const { LETHE_TOKEN_KEYS } = TEST_KEYS;
const env = { MONGODB_URI: engines().mongodbUri, MONGODB_DATABASE: name, LETHE_TOKEN_KEYS };
const run = (...args: string[]) => runCli(args, env, NOW);

async function makeAccount(...options: string[]): Promise<string> {
  const { out } = await run('account', 'create', '--name', 'Acme', ...options);
  return out[0] ?? '';
}

describe('lethe account', () => {
  it('prints the new id alone on standard output', async () => {
    const { code, out, err } = await run('account', 'create', '--name', ' Acme Ltd ');
    expect(code).toBe(0);
    expect(out).toEqual([expect.stringMatching(/^acc_[A-Za-z0-9]{12}$/)]);
    expect(err).toEqual([`Account created. A key for it: node cli/lethe.mjs key create --account ${out[0]}`]);
    expect(await accounts.find(out[0] ?? '')).toMatchObject({
      name: 'Acme Ltd',
      records_id: out[0],
      time_zone: 'Europe/London',
    });
  });

  it.each([
    ['string', '1001', '1001'],
    ['int', '1001', 1001],
    ['objectid', '65f0c0ffee65f0c0ffee65f0', new mongoose.mongo.ObjectId('65f0c0ffee65f0c0ffee65f0')],
  ])('keeps a records id as %s', async (type, text, value) => {
    const id = await makeAccount('--records-id', text, '--records-id-type', type, '--time-zone', 'Asia/Tokyo');
    expect(await accounts.find(id)).toMatchObject({ records_id: value, time_zone: 'Asia/Tokyo' });
  });

  it('keeps the countries whose national writings its records hold', async () => {
    const id = await makeAccount('--countries', 'us,CA');
    expect(await accounts.find(id)).toMatchObject({ countries: ['US', 'CA'] });
    expect((await run('account', 'set', '--account', id, '--countries', 'GB')).code).toBe(0);
    expect(await accounts.find(id)).toMatchObject({ countries: ['GB'] });
    expect((await run('account', 'set', '--account', id, '--countries', 'default')).code).toBe(0);
    expect(await accounts.find(id)).not.toHaveProperty('countries');
    expect((await run('account', 'set', '--account', id, '--countries', 'UK')).code).toBe(2);
  });

  it('refuses a second account with the same records', async () => {
    const first = await run('account', 'create', '--name', 'One', '--records-id', '4711');
    expect(first.err).toHaveLength(1);
    const again = await run('account', 'create', '--name', 'Two', '--records-id', '4711');
    expect(again.code).toBe(2);
    expect(again.err.join()).toContain(first.out[0]);
    expect(await accounts.list()).toHaveLength(1);
    const other = await run('account', 'create', '--name', 'Three', '--records-id', '4711', '--records-id-type', 'int');
    expect(other.err).toHaveLength(1);
  });

  it('lists accounts with the type of their records id', async () => {
    expect(await run('account', 'list')).toEqual({
      code: 0,
      out: [],
      err: ['No accounts yet. Make one with: node cli/lethe.mjs account create --name NAME'],
    });
    const id = await makeAccount('--records-id', '7', '--records-id-type', 'int');
    const { out } = await run('account', 'list');
    expect(out).toHaveLength(2);
    expect(out[1]?.split(/ {2,}/)).toEqual([
      ...[id, '7', 'int', 'Europe/London', '2026-03-01T10:00:00Z', '-', 'live', 'Acme'],
    ]);
    const [json = ''] = (await run('account', 'list', '--json')).out;
    expect(JSON.parse(json)).toMatchObject({ id, records_id: '7', records_id_type: 'int', disabled_at: null });
  });

  it('shows one account, renames it, and disables it until it is enabled', async () => {
    const id = await makeAccount();
    const { key, whole } = (await keys.create({ account: id, now: NOW })) ?? {};
    const show = async () => JSON.parse((await run('account', 'show', id, '--json')).out[0] ?? '');
    const enter = () => keys.authenticate(key?._id ?? '', whole?.split('.')[1] ?? '');
    expect((await run('account', 'rename', id, '--name', ' Acme 2 ')).code).toBe(0);
    expect(await show()).toMatchObject({ name: 'Acme 2', live_keys: 1, disabled_at: null, retention_months: 'off' });
    expect((await run('account', 'show', id)).out.join('\n')).toMatch(/^name +Acme 2$/m);
    expect((await run('account', 'disable', id)).code).toBe(0);
    expect(await enter()).toBeNull();
    expect((await show()).disabled_at).toBe(NOW.toISOString());
    expect((await run('account', 'list')).out[1]).toContain('disabled');
    expect((await run('account', 'enable', id)).code).toBe(0);
    expect((await enter())?.account._id).toBe(id);
    const nobody = { code: 1, out: [], err: ['lethe: no account has this id'] };
    for (const act of [['show'], ['disable'], ['enable'], ['rename', '--name', 'x']])
      expect(await run('account', ...act, 'acc_000000000000')).toEqual(nobody);
    expect((await run('account', 'rename', id, '--name', ' ')).code).toBe(2);
  });

  it('makes nothing when the usage is wrong', async () => {
    expect((await run('account', 'create', '--name', 'A', '--time-zone', 'Mars')).code).toBe(2);
    expect(await accounts.list()).toEqual([]);
  });

  it('fails with one line while the database is away', async () => {
    const { code, out, err } = await runCli(['account', 'list'], {
      MONGODB_URI: 'mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200',
      MONGODB_DATABASE: name,
    });
    expect(out).toEqual([]);
    expect({ code, err }).toEqual({
      code: 1,
      err: ['lethe: MongoDB cannot be reached, or has no primary: see MONGODB_URI'],
    });
  });
});

describe('lethe key', () => {
  it('prints the whole key alone on standard output, and it works', async () => {
    const account = await makeAccount();
    const { code, out, err } = await run('key', 'create', '--account', account, '--label', 'send path');
    expect(code).toBe(0);
    expect(out).toHaveLength(1);
    const parts = readWholeKey(out[0] ?? '');
    expect(err.join('\n')).toContain('only time the whole key is shown');
    expect(err.join('\n')).not.toContain(parts?.secret);
    const caller = await keys.authenticate(parts?.id ?? '', parts?.secret ?? '');
    expect(caller?.account._id).toBe(account);
  });

  it('lists keys without their secrets, revoked ones as such', async () => {
    const account = await makeAccount();
    const [first, second] = await Promise.all([
      run('key', 'create', '--account', account, '--label', 'one'),
      run('key', 'create', '--account', account),
    ]);
    const [one, two] = [first, second].map(({ out }) => readWholeKey(out[0] ?? ''));
    expect((await run('key', 'revoke', one?.id ?? '')).code).toBe(0);
    const { out } = await run('key', 'list', '--account', account);
    const rows = out.slice(1).map((line) => line.split(/ {2,}/));
    const at = '2026-03-01T10:00:00Z';
    expect(rows).toHaveLength(2);
    expect(rows).toEqual(
      expect.arrayContaining([
        [one?.id, at, '-', '-', at, 'one'],
        [two?.id, at, '-', '-', '-', '-'],
      ]),
    );
    for (const key of [one, two]) expect(out.join('\n')).not.toContain(key?.secret);
  });

  it('says when a key was last used, to the minute, and refuses it when its time is over', async () => {
    const account = await makeAccount();
    const made = await run('key', 'create', '--account', account, '--expires', '2026-03-02');
    const { id = '', secret = '' } = readWholeKey(made.out[0] ?? '') ?? {};
    const used = async () => JSON.parse((await run('key', 'list', '--account', account, '--json')).out[0] ?? '');
    const enter = (seconds: number) => keys.authenticate(id, secret, new Date(NOW.getTime() + seconds * 1_000));
    expect(await used()).toEqual({
      ...{ id, label: '', created_at: NOW.toISOString(), expires_at: '2026-03-02T00:00:00.000Z' },
    });
    const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000).toISOString();
    await enter(1);
    await waitFor('its use', async () => (await used()).last_used_at);
    // Within a minute nothing is written: neither by this process nor by one that has just begun.
    await enter(59);
    const other = open();
    await createKeys(other.connection).authenticate(id, secret, new Date(NOW.getTime() + 60_000));
    expect((await used()).last_used_at).toBe(at(1));
    await enter(62);
    await waitFor('the later use', async () => (await used()).last_used_at === at(62));
    await other.close();
    expect(await enter(13 * 3_600)).not.toBeNull();
    expect(await enter(14 * 3_600)).toBeNull();
    const past = await run('key', 'create', '--account', account, '--expires', '2026-03-01T10:00:00Z');
    expect({ code: past.code, err: past.err }).toEqual({ code: 2, err: ['lethe: --expires must lie in the future'] });
    expect((await run('key', 'create', '--account', account, '--expires', 'soon')).code).toBe(2);
  });

  it('revokes by the whole key, too, and once only', async () => {
    const account = await makeAccount();
    const whole = (await run('key', 'create', '--account', account)).out[0] ?? '';
    const parts = readWholeKey(whole);
    const { code, out, err } = await run('key', 'revoke', whole);
    expect({ code, out, err }).toEqual({ code: 0, out: [], err: ['Key revoked.'] });
    expect(await keys.authenticate(parts?.id ?? '', parts?.secret ?? '')).toBeNull();
    expect(await run('key', 'revoke', whole)).toEqual({ code: 1, out: [], err: ['lethe: no live key has this id'] });
    const entries = await database.db.collection('lethe_audit').find({ account_id: account }).toArray();
    expect(entries.map(({ actor, reason }) => [actor, reason])).toEqual([
      ['cli', 'key created: look, forget, redact, access, audit, settings'],
      ['cli', 'key revoked'],
    ]);
  });

  it('knows accounts that are not there', async () => {
    const nobody = { code: 1, out: [], err: ['lethe: no account has this id'] };
    expect(await run('key', 'create', '--account', 'acc_000000000000')).toEqual(nobody);
    expect(await run('key', 'list', '--account', 'acc_000000000000')).toEqual(nobody);
    const account = await makeAccount();
    expect((await run('key', 'list', '--account', account)).err[0]).toMatch(/^No keys yet/);
  });
});
