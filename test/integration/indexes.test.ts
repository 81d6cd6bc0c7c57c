import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AUDIT, AUDIT_HEADS } from '../../src/ledger/audit/entry.ts';
import { FILES } from '../../src/ledger/recordings/outbox.ts';
import { REQUESTS } from '../../src/ledger/requests/ledger.ts';
import { openPlatform, type Platform } from '../support/platform.ts';

describe('a database that is prepared', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('prepared');
  });
  afterAll(() => platform?.close());

  const names = async () => {
    const all = await platform.core.db.listCollections({}, { nameOnly: true }).toArray();
    return all.map(({ name }) => name);
  };
  /** A transaction over several shards can make no collection. */
  const WRITTEN_IN_TRANSACTIONS = [REQUESTS, AUDIT, AUDIT_HEADS, FILES, 'lethe_accounts', 'blacklist'];

  it('has every collection that transactions write to, before the first of them', async () => {
    expect(await names()).toEqual(expect.arrayContaining(WRITTEN_IN_TRANSACTIONS));
  });

  it('is prepared by several processes at once, from nothing and again', async () => {
    const { db, prepare } = platform.core;
    await db.dropDatabase();
    await Promise.all(Array.from({ length: 4 }, prepare));
    await prepare();
    expect(await names()).toEqual(expect.arrayContaining(WRITTEN_IN_TRANSACTIONS));
    const requests = await db.collection(REQUESTS).indexes();
    expect(requests.map(({ name }) => name)).toContain('one_unfinished');
  });
});
