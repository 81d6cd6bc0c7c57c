import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Database, openDatabase } from '../../../src/base/db/connection.ts';
import { type Accounts, createAccounts } from '../../../src/ledger/accounts/accounts.ts';
import { runCli } from '../../support/cli.ts';
import { LIMITS } from '../../support/limits.ts';
import { engines } from '../../support/platform.ts';

const name = `t-agency-cli-${process.pid}-${randomBytes(3).toString('hex')}`;

describe('lethe account create --agency', () => {
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

  const create = async (...args: string[]) => {
    const env = { MONGODB_URI: engines().mongodbUri, MONGODB_DATABASE: name };
    const { code, out, err } = await runCli(['account', 'create', '--name', 'Acme', ...args], env);
    return { code, id: out[0] ?? '', err };
  };

  it('makes a sub-account, and of an agency only', async () => {
    const agency = await create();
    const sub = await create('--agency', agency.id);
    expect(sub.code).toBe(0);
    expect(await accounts.find(sub.id)).toMatchObject({ agency_id: agency.id });
    expect(await accounts.find(agency.id)).not.toHaveProperty('agency_id');

    const before = (await accounts.list()).length;
    expect(await create('--agency', sub.id)).toMatchObject({
      code: 2,
      err: ['lethe: --agency is a sub-account: it cannot have its own'],
    });
    expect(await create('--agency', 'acc_AAAAAAAAAAAA')).toMatchObject({
      code: 2,
      err: ['lethe: --agency is no account: see lethe account list'],
    });
    expect(await accounts.list()).toHaveLength(before);
    await expect(accounts.create({ name: 'X', agency: sub.id, now: new Date() })).rejects.toThrow(TypeError);
  });
});
