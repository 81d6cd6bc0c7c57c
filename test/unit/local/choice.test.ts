import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chooseFirst, type Way } from '../../../local/choice.ts';
import { pickMongoWays, startMongoService } from '../../../local/mongo.ts';
import { findInstalledMongod } from '../../../local/mongod.ts';
import { findInstalledRedis } from '../../../local/redis.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-choice-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function installFake(name: string, output: string, exit = 0): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), `#!/bin/sh\necho '${output}'\nexit ${exit}\n`);
  await chmod(join(folder, name), 0o755);
}

describe('chooseFirst', () => {
  const way = (name: string, result: object | string, asked: string[]): Way<object> => ({
    name,
    find: async () => {
      asked.push(name);
      return result;
    },
  });

  it('takes the first way that is open and does not ask further', async () => {
    const asked: string[] = [];
    const engine = { detail: 'b' };
    const ways = [way('a', 'closed', asked), way('b', engine, asked), way('c', { detail: 'c' }, asked)];
    expect(await chooseFirst('Redis', ways)).toBe(engine);
    expect(asked).toEqual(['a', 'b']);
  });

  it('gives every reason and the three ways out when all are closed', async () => {
    const asked: string[] = [];
    const failing = chooseFirst('Redis', [way('a', 'not here', asked), way('b', 'not there', asked)]);
    await expect(failing).rejects.toThrow(
      /No Redis can be had here.*a: not here.*b: not there.*MONGODB_URI and REDIS_URL.*docker compose up.*install/s,
    );
  });
});

describe('the ways to a MongoDB', () => {
  const nothing = { mongod: false, documentdb: false };

  it('are tried in order: installed, downloaded, DocumentDB', () => {
    expect(pickMongoWays(undefined, nothing)).toEqual(['mongod', 'download', 'documentdb']);
    expect(pickMongoWays('', nothing)).toEqual(['mongod', 'download', 'documentdb']);
  });

  it('are one when LETHE_LOCAL_MONGO names it, whatever data there is', () => {
    expect(pickMongoWays('documentdb', nothing)).toEqual(['documentdb']);
    expect(pickMongoWays('mongod', { mongod: false, documentdb: true })).toEqual(['mongod']);
    expect(() => pickMongoWays('mysql', nothing)).toThrow('LETHE_LOCAL_MONGO is one of mongod, download, documentdb');
  });

  it('are those that can read the data that is there', () => {
    expect(pickMongoWays(undefined, { mongod: false, documentdb: true })).toEqual(['documentdb']);
    expect(pickMongoWays(undefined, { mongod: true, documentdb: false })).toEqual(['mongod', 'download']);
    expect(pickMongoWays(undefined, { mongod: true, documentdb: true })).toHaveLength(3);
  });

  it('end in one clear message, with nothing started, where none is open', async () => {
    const options = { dataDir: folder, durable: false, print: () => {} };
    const surroundings = {
      env: { PATH: folder, LETHE_LOCAL_MONGO: 'mongod' },
      openCache: async () => {
        throw new Error('the cache is not needed for this');
      },
    };
    await expect(startMongoService(options, surroundings)).rejects.toThrow(
      /No MongoDB can be had here.\n {2}mongod: no mongod on the PATH\nWays out:/,
    );
  });
});

describe('installed servers', () => {
  it('are found on the PATH, Redis before Valkey, and only if recent enough and able to run', async () => {
    const env = { PATH: folder };
    await installFake('valkey-server', 'Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64');
    expect(await findInstalledRedis(env)).toMatchObject({
      detail: `valkey-server 8.1.1 (${join(folder, 'valkey-server')})`,
    });
    await installFake('redis-server', 'Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64');
    expect(await findInstalledRedis(env)).toMatchObject({ detail: expect.stringMatching(/^redis-server 7\.0\.15/) });
    await rm(join(folder, 'valkey-server'));
    await installFake('redis-server', 'Redis server v=5.0.14 sha=00000000:0');
    expect(await findInstalledRedis(env)).toMatch(/5\.0\.14, older than 6\.2/);
    await installFake('redis-server', 'cannot load a library', 127);
    expect(await findInstalledRedis(env)).toMatch(/does not run/);
  });

  it('take a mongod that says its version', async () => {
    const env = { PATH: folder };
    await installFake('mongod', 'db version v8.0.4');
    expect(await findInstalledMongod(env)).toEqual({ program: join(folder, 'mongod'), version: '8.0.4' });
    await installFake('mongod', 'db version v4.0.28');
    expect(await findInstalledMongod(env)).toMatch(/older than/);
    await installFake('mongod', '', 132);
    expect(await findInstalledMongod(env)).toMatch(/does not run here/);
  });
});
