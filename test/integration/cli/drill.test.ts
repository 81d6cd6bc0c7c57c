import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_DATA_MAP } from '../../../src/engine/map/default-map.ts';
import { type CliResult, runCli } from '../../support/cli.ts';
import { writeMap } from '../../support/map-file.ts';
import { closeServer, openPlatform, type Platform } from '../../support/platform.ts';
import { openProcesses, type TestProcess } from '../../support/processes.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { snapshotDatabase } from '../../support/snapshot.ts';
import { waitFor } from '../../support/wait-for.ts';

/** What an erasure finds: `all` where it reads the records themselves, too. */
const FOUND: 'indexed' | 'all' = 'all';

let platform: Platform;
let env: NodeJS.ProcessEnv;

const drill = (args: string[] = [], more: NodeJS.ProcessEnv = {}): Promise<CliResult> =>
  runCli(['drill', '--shapes', FOUND, ...args], { ...env, ...more });

/** What the platform holds, without Lethe's own: a drill's request stays in the ledger like any other. */
const records = async () =>
  Object.fromEntries(Object.entries(await snapshotDatabase(platform)).filter(([name]) => !name.startsWith('lethe_')));

/** A slow machine shows how far it has come. */
const withoutProgress = (err: readonly string[]) =>
  err.filter((line) => !line.endsWith(' records') && !line.endsWith('%)'));

const drills = () => platform.core.db.collection('lethe_drills').countDocuments();
const marked = () => platform.core.db.collection('contacts').countDocuments({ _lethe_drill: { $exists: true } });

beforeAll(async () => {
  platform = await openPlatform('drill');
  await indexPlatform(platform.core.db);
  const { account, key } = await platform.account();
  const { url } = await platform.startApi();
  await platform.startWorker();
  env = { ...platform.env, LETHE_URL: `${url}/`, LETHE_KEY: key };
  const counts = { contacts: 2, lists: 1, sent: 3, received: 3, calls: 2 };
  await insertRecords(platform.core.db, account.records_id, '447700900123', counts);
});

afterAll(() => platform.close());

describe('lethe drill', () => {
  it('leaves nothing of the made-up person, and everything of others', async () => {
    const before = await records();
    const { code, out, err } = await drill();
    expect({ code, out, err: withoutProgress(err) }).toEqual({
      code: 0,
      out: [],
      err: [
        expect.stringMatching(/^\d{3} records of a made-up person put into 13 collections\.$/),
        'The request is completed. Searching the whole database.',
        expect.stringMatching(/^Nothing of \d{3} records is left\.$/),
      ],
    });
    expect(await records()).toEqual(before);
    expect(await drills()).toBe(0);
  });

  it('says where and in which shape something is left, exits with 1, and cleans up all the same', async () => {
    const archive = { ...DEFAULT_DATA_MAP.collections[1], collection: 'archive' };
    // A map that the API does not know.
    const map = await writeMap({ ...DEFAULT_DATA_MAP, collections: [...DEFAULT_DATA_MAP.collections, archive] });
    const before = await records();
    const { code, out, err } = await drill([], { DATA_MAP: map.file });
    await map.remove();
    expect(code).toBe(1);
    expect(out).toContain('left  archive  number, written +447#########: number (number)');
    expect(out).toContain('left  archive  number, Int64, national: number (number)');
    expect(out).toContain('left  archive  number, written +447#########: name (words)');
    expect(out.every((line) => line.startsWith('left  archive  '))).toBe(true);
    expect(err.at(-1)).toMatch(/^lethe: the API said "removed", and \d+ traces of \d+ records are left$/);
    expect([...out, ...err].join('\n')).not.toMatch(/7700|900\d{3}/);
    expect(await records()).toEqual(before);
  });

  it('says which collection takes no such record, unless it is left out', async () => {
    const { db, accounts } = platform.core;
    const [account] = await accounts.list();
    await db.collection('verifications').insertOne({ account_id: account?.records_id });
    await db.collection('verifications').createIndex({ account_id: 1 }, { unique: true, name: 'one' });
    const { code, out, err } = await drill();
    expect(out).toEqual(['not drilled  verifications: a unique index refuses its records']);
    expect({ code, last: err.at(-1) }).toEqual({ code: 1, last: expect.stringMatching(/^lethe: not every entry/) });
    expect((await drill(['--skip', 'verifications'])).code).toBe(0);
    await db.collection('verifications').drop();
    await indexPlatform(db);
  });

  it.each([
    [{ LETHE_KEY: '' }, [], 2, /^lethe: give a key/],
    [{ LETHE_URL: '' }, [], 2, /^lethe: give the API's address/],
    [{ LETHE_URL: 'localhost' }, [], 2, /^lethe: the address must begin with http/],
    [{}, ['--timeout', '0'], 2, /^lethe: --timeout must be/],
    [{ LETHE_KEY: 'nothing' }, [], 1, /^lethe: the key is none of this database$/],
    [{ LETHE_URL: 'http://127.0.0.1:9' }, [], 1, /^lethe: the API cannot be reached at this address$/],
    [{ NUMBER_PREFIXES: '39' }, [], 1, /^lethe: no made-up numbers are known/],
  ])('puts nothing anywhere for good with %j %j', async (more, args, code, message) => {
    const before = await records();
    const result = await drill(args, more);
    expect({ code: result.code, last: result.err.at(-1) }).toEqual({ code, last: expect.stringMatching(message) });
    expect(await records()).toEqual(before);
    expect(await drills()).toBe(0);
  });
});

describe('a drill that is ended before its end', () => {
  let busy: Server;
  const processes = openProcesses();
  let child: TestProcess;

  beforeAll(async () => {
    // An API whose requests never come to an end.
    busy = createServer((_, response) =>
      response.end(JSON.stringify({ reference: 'x'.repeat(15), state: 'sweeping' })),
    );
    busy.listen(0, '127.0.0.1');
    await once(busy, 'listening');
  });

  afterAll(async () => {
    await processes.endAll();
    await closeServer(busy);
  });

  beforeEach(async () => {
    const url = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`;
    child = processes.lethe(['drill', '--shapes', FOUND], { ...env, LETHE_URL: url });
    await waitFor('the made-up person to be there', () => child.output().includes('put into'));
  });

  it('cleans up when it is asked to stop', async () => {
    expect(await marked()).toBeGreaterThan(0);
    child.signal('SIGTERM');
    expect(await child.exited()).toEqual({ code: 1, signal: null });
    expect(child.output()).toContain('lethe: stopped; what the drill had put there is removed');
    expect(await marked()).toBe(0);
    expect(await drills()).toBe(0);
  });

  it('is cleaned up by the next one when it was killed', async () => {
    await child.kill();
    expect(await marked()).toBeGreaterThan(0);
    // Nobody knows yet that it is dead.
    await platform.core.db.collection('lethe_drills').updateMany({}, { $set: { until: new Date(0) } });
    const { code, err } = await drill();
    expect(err[0]).toMatch(/^An earlier drill was killed: its \d+ records are removed\.$/);
    expect(code).toBe(0);
    expect(await marked()).toBe(0);
    expect(await drills()).toBe(0);
  });
});
