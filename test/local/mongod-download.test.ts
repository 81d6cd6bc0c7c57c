import { createHash } from 'node:crypto';
import { access, chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { downloadMongod } from '../../local/mongod-download.ts';
import { runCommand } from '../../local/process.ts';
import { createCleanup } from './support.ts';

const cleanup = createCleanup();
let cache: string;
const before = { ...process.env };

beforeEach(async () => {
  cache = await cleanup.folder();
});
afterEach(async () => {
  process.env = { ...before };
  await cleanup.run();
});

/** A download host. The downloader reads its variables from the process's own environment. */
async function serve(answer: Parameters<typeof createServer>[1]): Promise<{ asked: string[] }> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer?.(request, response);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  cleanup.add({
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  });
  const { port } = server.address() as AddressInfo;
  Object.assign(process.env, {
    MONGOMS_DOWNLOAD_MIRROR: `http://127.0.0.1:${port}`,
    MONGOMS_USE_HTTP: 'true',
  });
  return { asked };
}

/** What the host would have: an archive, and beside it the archive's checksum. */
async function packMongod(script: string): Promise<Parameters<typeof createServer>[1]> {
  const folder = await cleanup.folder();
  await mkdir(join(folder, 'mongodb', 'bin'), { recursive: true });
  await writeFile(join(folder, 'mongodb', 'bin', 'mongod'), script);
  await chmod(join(folder, 'mongodb', 'bin', 'mongod'), 0o755);
  await runCommand('tar', ['-czf', 'mongodb.tgz', 'mongodb'], { cwd: folder });
  const archive = await readFile(join(folder, 'mongodb.tgz'));
  const checksum = createHash('md5').update(archive).digest('hex');
  return (request, response) => response.end(request.url?.endsWith('.md5') ? `${checksum}  mongodb.tgz` : archive);
}

describe('a mongod to download', () => {
  it('is fetched once into the cache, and run from there', async () => {
    const { asked } = await serve(await packMongod('#!/bin/sh\necho "db version v8.2.6"\n'));
    const lines: string[] = [];
    const first = await downloadMongod(cache, process.env, (line) => lines.push(line));
    expect(first).toEqual({ program: expect.stringContaining(cache), version: '8.2.6' });
    expect(lines).toEqual([expect.stringMatching(/^mongodb: fetching mongod from 127\.0\.0\.1/)]);
    expect(asked.some((path) => path.endsWith('.tgz'))).toBe(true);
    const count = asked.length;
    expect(await downloadMongod(cache, process.env, () => {})).toEqual(first);
    expect(asked).toHaveLength(count);
  });

  it('is nothing when it does not run here, and leaves nothing in the cache', async () => {
    await serve(await packMongod('#!/bin/sh\nexit 132\n'));
    expect(await downloadMongod(cache, process.env, () => {})).toBe('the downloaded mongod does not run here');
    expect(await readdir(cache)).toEqual([]);
  });

  it('is nothing when the host does not answer, which is not asked again for a while unless told to', async () => {
    const { asked } = await serve((request) => request.socket.destroy());
    expect(await downloadMongod(cache, process.env, () => {})).toMatch(/does not answer/);
    expect(await downloadMongod(cache, process.env, () => {})).toMatch(/did not answer within the last hour/);
    const count = asked.length;
    expect(count).toBeGreaterThan(0);
    const forced = { ...process.env, LETHE_LOCAL_MONGO: 'download' };
    expect(await downloadMongod(cache, forced, () => {})).toMatch(/does not answer/);
    expect(asked.length).toBeGreaterThan(count);
    await expect(access(join(cache, 'mongod'))).rejects.toThrow('ENOENT');
  });
});
