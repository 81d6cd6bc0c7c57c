import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Database, openDatabase } from '../../../../src/base/db/connection.ts';
import { type Accounts, createAccounts } from '../../../../src/ledger/accounts/accounts.ts';
import { runCli } from '../../../support/cli.ts';
import { LIMITS } from '../../../support/limits.ts';
import { engines } from '../../../support/platform.ts';

const name = `t-products-${process.pid}-${randomBytes(3).toString('hex')}`;
let database: Database;
let accounts: Accounts;

beforeAll(() => {
  database = openDatabase({
    uri: engines().mongodbUri,
    database: name,
    poolSize: 5,
    serverSelectionMs: LIMITS.answerMs,
  });
  accounts = createAccounts(database.connection);
});
afterAll(async () => {
  await database.db.dropDatabase();
  await database.close();
});

const run = (...args: string[]) => runCli(args, { MONGODB_URI: engines().mongodbUri, MONGODB_DATABASE: name });
const productsOf = async (id: string) => (await accounts.find(id))?.products;
const create = async (...options: string[]) => (await run('account', 'create', '--name', 'A', ...options)).out[0] ?? '';

describe('the products an account may redact', () => {
  const lists: [string, string[] | undefined][] = [
    ['sms,voice', ['sms', 'voice']],
    ['number-insight, verify-sdk,verify-sdk', ['number-insight', 'verify-sdk']],
    ['none', []],
    ['all', undefined],
  ];
  it.each(lists)('%s, at creation and later', async (text, products) => {
    expect(await productsOf(await create('--products', text))).toEqual(products);
    const id = await create('--products', 'messages');
    const { code, out, err } = await run('account', 'set', '--account', id, '--products', text);
    expect({ code, out, err }).toEqual({
      code: 0,
      out: [],
      err: ['Products set. They count from the next request on.'],
    });
    expect(await productsOf(id)).toEqual(products);
  });

  it('are all of them when nothing is said, and stay so when something else is set', async () => {
    const id = await create();
    expect((await run('account', 'set', '--account', id, '--retention-months', '6')).code).toBe(0);
    expect(await accounts.find(id)).not.toHaveProperty('products');
  });

  it.each(['', 'SMS', 'sms;voice', 'sms,', 'fax'])('%j is no list: usage, and nothing is written', async (text) => {
    const id = await create('--products', 'sms');
    expect((await run('account', 'set', '--account', id, '--products', text)).code).toBe(2);
    expect((await run('account', 'set', '--account', id, '--retention-months', '6', '--products', text)).code).toBe(2);
    expect(await accounts.find(id)).toMatchObject({ products: ['sms'] });
    expect(await accounts.find(id)).not.toHaveProperty('retention_months');
    expect((await run('account', 'create', '--name', 'B', '--products', text)).code).toBe(2);
  });

  it('nothing to set is usage, an unknown account a failure', async () => {
    const id = await create();
    expect((await run('account', 'set', '--account', id)).code).toBe(2);
    expect(await run('account', 'set', '--account', 'acc_000000000000', '--products', 'sms')).toEqual({
      code: 1,
      out: [],
      err: ['lethe: there is no such account'],
    });
  });
});
