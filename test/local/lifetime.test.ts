import { type ChildProcess, spawn } from 'node:child_process';
import { chown, mkdir, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openCacheFolder } from '../../local/cache.ts';
import { chooseUser } from '../../local/privileges.ts';
import { firstLine, runCommand } from '../../local/process.ts';
import { startRedis, startServices } from '../../local/services.ts';
import { waitFor } from '../support/wait-for.ts';
import { areGone, createCleanup } from './support.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

interface Started {
  readonly mongodbUri: string;
  readonly redisUrl: string;
  readonly pids: number[];
}

const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const PROGRAM = fileURLToPath(new URL('./start.ts', import.meta.url));

/** Starts both services under a parent of their own. */
async function startParent(
  dataDir: string,
  { prefix = [], env = {} }: { prefix?: readonly string[]; env?: NodeJS.ProcessEnv } = {},
): Promise<{ parent: ChildProcess; started: Started }> {
  const [command = '', ...args] = [...prefix, process.execPath, '--import', LOADER, PROGRAM, dataDir];
  const parent = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  cleanup.add({
    stop: async () => {
      parent.kill('SIGKILL');
    },
  });
  return { parent, started: JSON.parse(await firstLine(parent.stdout as NodeJS.ReadableStream)) as Started };
}

async function ended(parent: ChildProcess): Promise<void> {
  await waitFor('the parent to end', () => parent.exitCode !== null || parent.signalCode !== null);
}

async function countDocuments(url: string): Promise<number> {
  return (await cleanup.connect(url)).db('d').collection('c').countDocuments({});
}

describe('services and the process that started them', () => {
  it('end together, even when that process is killed, and the next start finds their data', async () => {
    const dataDir = await cleanup.folder();
    const { parent, started } = await startParent(dataDir);
    expect(started.pids.length).toBeGreaterThanOrEqual(2);
    const client = await cleanup.connect(started.mongodbUri);
    await client.db('d').collection('c').insertOne({ n: 1 });
    await client.close();
    parent.kill('SIGKILL');
    await ended(parent);
    // At once, while the guards may still be ending what was left.
    const again = await startParent(dataDir);
    expect(await areGone(started.pids)).toBe(true);
    expect(await countDocuments(again.started.mongodbUri)).toBe(1);
    again.parent.kill('SIGTERM');
    await ended(again.parent);
    expect(await areGone(again.started.pids)).toBe(true);
  });

  it('do not get the signals of the terminal: they are in other process groups', async () => {
    const service = cleanup.add(await startRedis({ dataDir: await cleanup.folder(), durable: false, print: () => {} }));
    const groups = await runCommand('ps', ['-o', 'pgid=', '-p', `${process.pid},${service.pids[0]}`]);
    const [own, other] = groups.trim().split(/\s+/);
    expect(own).not.toBe(other);
  });

  it('run as an ordinary user in folders of its own', async () => {
    const folder = await cleanup.folder();
    const dataDir = join(folder, 'data');
    const cache = join(folder, 'cache', 'lethe');
    await mkdir(dataDir);
    await mkdir(cache, { recursive: true });
    const { prefix, uid } = await ordinaryUser([folder, dataDir, join(folder, 'cache'), cache]);
    const own = await openCacheFolder();
    // What is fetched already need not be fetched again.
    for (const name of await readdir(own)) {
      if (/^(redis|documentdb)-[^.]+$/.test(name)) await runCommand('cp', ['-a', join(own, name), cache]);
    }
    await runCommand('chown', ['-R', String(uid), cache]);
    const { parent, started } = await startParent(dataDir, {
      prefix,
      env: { HOME: '/nonexistent', XDG_CACHE_HOME: join(folder, 'cache') },
    });
    const owners = await runCommand('ps', ['-o', 'uid=', '-p', started.pids.join(',')]);
    expect(new Set(owners.trim().split(/\s+/).map(Number))).toEqual(new Set([uid]));
    expect(await countDocuments(started.mongodbUri)).toBe(0);
    parent.kill('SIGTERM');
    await ended(parent);
    expect(await areGone(started.pids)).toBe(true);
  });
});

/** How to run as somebody who is not root; when these tests run as root, with the folders given over. */
async function ordinaryUser(folders: string[]): Promise<{ prefix: readonly string[]; uid: number }> {
  const user = await chooseUser([PROGRAM]);
  if (!user) return { prefix: [], uid: userInfo().uid };
  for (const folder of folders) await chown(folder, user.uid, user.gid);
  return user;
}

describe('startServices', () => {
  it('starts nothing for an address that is given', async () => {
    const given = { MONGODB_URI: 'mongodb://127.0.0.1:1/?replicaSet=x', REDIS_URL: 'redis://127.0.0.1:1' };
    const dataDir = await cleanup.folder();
    const services = cleanup.add(await startServices({ dataDir, durable: false, print: () => {}, env: given }));
    expect(services).toMatchObject({ mongodbUri: given.MONGODB_URI, redisUrl: given.REDIS_URL, started: [] });
    expect(await readdir(dataDir)).toEqual([]);

    const half = cleanup.add(
      await startServices({ dataDir, durable: false, print: () => {}, env: { MONGODB_URI: given.MONGODB_URI } }),
    );
    expect(half.mongodbUri).toBe(given.MONGODB_URI);
    expect(half.started.map(({ name }) => name)).toEqual(['redis']);
    expect(half.redisUrl).toBe(half.started[0]?.url);
  });
});
