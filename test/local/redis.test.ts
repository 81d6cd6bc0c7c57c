import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { startRedis } from '../../local/services.ts';
import { endRedis } from '../support/end-redis.ts';
import { areGone, createCleanup, killAll } from './support.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

async function withClient<T>(url: string, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await endRedis(client);
  }
}

describe('a local Redis', () => {
  it('says what it chose, serves, and is gone after stop', async () => {
    const lines: string[] = [];
    const service = cleanup.add(
      await startRedis({ dataDir: await cleanup.folder(), durable: false, print: (line) => lines.push(line) }),
    );
    expect(lines.at(-1)).toBe(`redis: ${service.detail}`);
    expect(service.detail).toMatch(/^(redis|valkey)-server \d+\.\d+/);
    expect(service.url).toBe(`redis://127.0.0.1:${service.port}`);
    await withClient(service.url, async (client) => {
      expect(await client.set('k', 'v')).toBe('OK');
      expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    });
    expect(service.pids).toHaveLength(1);
    expect(await areGone(service.pids)).toBe(false);
    await service.stop();
    expect(await areGone(service.pids)).toBe(true);
    await service.stop();
  });

  it('keeps acknowledged data over a stop and over SIGKILL when durable', async () => {
    const dataDir = await cleanup.folder();
    const options = { dataDir, durable: true, print: () => {} };
    const first = cleanup.add(await startRedis(options));
    await withClient(first.url, (client) => client.set('stopped', '1'));
    await first.stop();

    const second = cleanup.add(await startRedis({ ...options, port: first.port }));
    expect(second.port).toBe(first.port);
    await withClient(second.url, async (client) => {
      expect(await client.get('stopped')).toBe('1');
      await client.set('killed', '2');
    });
    killAll(second.pids);

    const third = cleanup.add(await startRedis(options));
    await withClient(third.url, async (client) => {
      expect(await client.mget('stopped', 'killed')).toEqual(['1', '2']);
    });
  });

  it('writes no data at all when not durable', async () => {
    const dataDir = await cleanup.folder();
    const service = cleanup.add(await startRedis({ dataDir, durable: false, print: () => {} }));
    await withClient(service.url, (client) => client.set('k', 'v'));
    await service.stop();
    expect((await readdir(join(dataDir, 'redis'))).filter((name) => /aof|rdb|appendonly/.test(name))).toEqual([]);
  });

  it('refuses a second start in the same folder, and a port that is taken', async () => {
    const dataDir = await cleanup.folder();
    const first = cleanup.add(await startRedis({ dataDir, durable: false, print: () => {} }));
    await expect(startRedis({ dataDir, durable: false, print: () => {} })).rejects.toThrow(/in use by process \d+/);
    const other = await cleanup.folder();
    await expect(startRedis({ dataDir: other, durable: false, port: first.port, print: () => {} })).rejects.toThrow(
      `port ${first.port} is taken`,
    );
    await withClient(first.url, async (client) => expect(await client.ping()).toBe('PONG'));
    await expect(access(join(other, 'redis', 'running.json'))).rejects.toThrow('ENOENT');
  });
});
