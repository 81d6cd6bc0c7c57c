import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Core, createCore } from '../../src/core.ts';
import { AUDIT, AUDIT_HEADS } from '../../src/ledger/audit/entry.ts';
import { FILES } from '../../src/ledger/recordings/outbox.ts';
import { REQUESTS } from '../../src/ledger/requests/ledger.ts';
import { openPlatform, type Platform } from '../support/platform.ts';
import { openProcesses, type Processes } from '../support/processes.ts';
import { type Refusal, type StrictCommand, type StrictMongo, startStrictMongo } from '../support/strict-mongo.ts';
import { waitFor } from '../support/wait-for.ts';
import { call } from '../support/wire.ts';

const UNAUTHORIZED: Refusal = { code: 13, codeName: 'Unauthorized' };
const NUMBER = '447700900123';

/**
 * A database nobody has opened before. One that is dropped and made again would not do: a connection of the local engine
 * may remember for a moment what was dropped by another.
 */
function openNothing(platform: Platform, uri = platform.config.MONGODB_URI) {
  const database = `${platform.config.MONGODB_DATABASE}-nothing`;
  const core = createCore({ ...platform.config, MONGODB_URI: uri, MONGODB_DATABASE: database }, { poolSize: 4 });
  const close = async () => {
    await platform.core.db.client.db(database).dropDatabase();
    await core.close();
  };
  return { core, close };
}

async function namesIn({ db }: Core): Promise<string[]> {
  const all = await db.listCollections({}, { nameOnly: true }).toArray();
  return all.map(({ name }) => name);
}

describe('a database that is prepared', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('prepared');
  });
  afterAll(() => platform?.close());

  /** A transaction over several shards can make no collection. */
  const WRITTEN_IN_TRANSACTIONS = [REQUESTS, AUDIT, AUDIT_HEADS, FILES, 'lethe_accounts', 'blacklist'];

  it('has every collection that transactions write to, before the first of them', async () => {
    expect(await namesIn(platform.core)).toEqual(expect.arrayContaining(WRITTEN_IN_TRANSACTIONS));
  });

  it('is prepared by several processes at once, from nothing and again', async () => {
    const nothing = openNothing(platform);
    await Promise.all(Array.from({ length: 4 }, nothing.core.prepare));
    await nothing.core.prepare();
    expect(await namesIn(nothing.core)).toEqual(expect.arrayContaining(WRITTEN_IN_TRANSACTIONS));
    const requests = await nothing.core.db.collection(REQUESTS).indexes();
    expect(requests.map(({ name }) => name)).toContain('one_unfinished');
    await nothing.close();
  });

  it('is rid of indexes that former versions have left', async () => {
    const requests = platform.core.db.collection(REQUESTS);
    await requests.createIndex({ account_id: 1, created_at: -1 }, { name: 'by_day' });
    await platform.core.prepare();
    expect((await requests.indexes()).map(({ name }) => name)).not.toContain('by_day');
  });
});

describe('indexes that are not there', () => {
  let platform: Platform;
  let strict: StrictMongo;
  let processes: Processes;
  let refuse: (command: StrictCommand) => Refusal | null;
  beforeEach(async () => {
    platform = await openPlatform('closed');
    processes = openProcesses();
    refuse = () => null;
    strict = await startStrictMongo(platform.config.MONGODB_URI, { refuse: (command) => refuse(command) });
  });
  afterEach(async () => {
    await processes?.endAll();
    await platform?.close();
    await strict?.close();
  });

  const throughProxy = () => ({ ...platform.env, MONGODB_URI: strict.uri });
  const dropIndexes = async () => {
    for (const name of [REQUESTS, AUDIT, 'blacklist']) await platform.core.db.collection(name).dropIndexes();
  };
  const without =
    (...commands: string[]) =>
    ({ name }: StrictCommand) =>
      commands.includes(name) ? UNAUTHORIZED : null;

  it('are built by a user who may not list collections', async () => {
    const nothing = openNothing(platform, strict.uri);
    refuse = without('listCollections');
    await nothing.core.prepare();
    const built = await nothing.core.db.collection(REQUESTS).indexes();
    expect(built.map(({ name }) => name)).toContain('one_unfinished');
    await nothing.close();
  });

  it('are looked for first: a user who may build none is enough once they are there', async () => {
    refuse = without('createIndexes', 'create', 'listCollections');
    const core = createCore({ ...platform.config, MONGODB_URI: strict.uri }, { poolSize: 2 });
    await core.prepare();
    await core.close();
    expect(strict.seen.map(({ name }) => name)).not.toContain('createIndexes');
  });

  it('are built alone where others are there', async () => {
    await platform.core.db.collection(REQUESTS).dropIndex('one_unfinished');
    const core = createCore({ ...platform.config, MONGODB_URI: strict.uri }, { poolSize: 2 });
    await core.prepare();
    await core.close();
    const built = strict.seen.filter(({ name }) => name === 'createIndexes');
    expect(built.map(({ document }) => (document.indexes as { name: string }[]).map(({ name }) => name))).toEqual([
      ['one_unfinished'],
    ]);
  });

  it.each([
    ['a user who may build none', { code: 13, codeName: 'Unauthorized' }],
    ['a shard key that does not fit', { code: 67, codeName: 'CannotCreateIndex' }],
    ['rows that are double', { code: 11000, codeName: 'DuplicateKey' }],
  ])('close the API in the shape of each contract, and say so: %s', async (_why, refusal: Refusal) => {
    const { account, key } = await platform.account();
    const records = platform.core.db.collection('sent_sms');
    await records.insertOne({ account_id: account.records_id, to: NUMBER, body: 'x' });
    await dropIndexes();
    refuse = ({ name }) => (name === 'createIndexes' ? refusal : null);
    const api = await processes.api(throughProxy());
    const ask = () => call(api.url, '/gdpr/forget', { key, body: { number: NUMBER } });
    const answers = await Promise.all([ask(), ask(), ask(), ask()]);
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
    expect(answers[0]?.body).toEqual({ error: expect.objectContaining({ code: 503 }) });
    expect(answers[0]?.headers['retry-after']).toMatch(/^\d+$/);
    const redact = { id: 'm1', product: 'sms', type: 'outbound' };
    const other = await call(api.url, '/v1/redact/transaction', { key, body: redact });
    expect([other.status, other.body.title]).toEqual([503, 'Service Unavailable']);
    expect(await platform.core.db.collection(REQUESTS).countDocuments({})).toBe(0);

    const ready = await call(api.url, '/readyz');
    expect(ready.status).toBe(503);
    expect(ready.body.checks).toContainEqual({
      name: 'indexes',
      ok: false,
      detail: expect.stringContaining('lethe_requests.one_unfinished'),
    });
    const line = await api.said('indexes are missing');
    expect(line).toMatchObject({
      level: 'error',
      missing: expect.arrayContaining(['lethe_requests.one_unfinished']),
      error: { code: refusal.code },
    });

    // Mended: it opens without a restart.
    refuse = () => null;
    await waitFor('the API to open', async () => (await ask()).status === 200);
    expect((await call(api.url, '/readyz')).status).toBe(200);
  });

  it('keep workers from work, and end a drain with their names', async () => {
    await dropIndexes();
    refuse = without('createIndexes');
    const worker = processes.lethe(['worker'], throughProxy());
    expect(await worker.said('indexes are missing')).toMatchObject({ level: 'error', error: { code: 13 } });
    const drain = processes.lethe(['worker', '--drain'], throughProxy());
    expect(await drain.exited()).toMatchObject({ code: 1 });
    expect(drain.output()).toContain('lethe_requests.one_unfinished');
    expect(worker.output()).not.toContain('worker started');
    refuse = () => null;
    await worker.said('worker started');
  });

  it('are not taken for others of their name', async () => {
    const requests = platform.core.db.collection(REQUESTS);
    await requests.dropIndex('one_unfinished');
    await requests.createIndex({ account_id: 1, token: 1, profile: 1 }, { name: 'one_unfinished' });
    await expect(platform.core.prepare()).rejects.toThrow('lethe_requests.one_unfinished');
  });
});
