import { chmod, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startMongoService } from '../../local/mongo.ts';
import type { ServiceOptions } from '../../local/services.ts';
import { waitFor } from '../support/wait-for.ts';
import { areGone, createCleanup, killAll, sendCommand } from './support.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

/** A PATH with a `mongod` on it. */
async function installMongod(): Promise<string> {
  const folder = await cleanup.folder();
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const program = fileURLToPath(new URL('./fake-mongod.ts', import.meta.url));
  const path = join(folder, 'mongod');
  await writeFile(path, `#!/bin/sh\nNODE_OPTIONS= exec '${process.execPath}' --import '${loader}' '${program}' "$@"\n`);
  await chmod(path, 0o755);
  return folder;
}

/** A server at a port; null when somebody else is there. */
function listenAt(port: number): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

describe('a mongod on the PATH', () => {
  it('becomes a replica set of one, keeps its port, and moves when that is taken', async () => {
    const dataDir = await cleanup.folder();
    const lines: string[] = [];
    const options: ServiceOptions = { dataDir, durable: true, print: (line) => lines.push(line) };
    const surroundings = {
      env: { PATH: await installMongod() },
      openCache: async () => {
        throw new Error('nothing has to be fetched');
      },
    };
    const first = cleanup.add(await startMongoService(options, surroundings));
    expect(first.detail).toMatch(/^mongod 8\.0\.4 \(.*\/mongod\)$/);
    expect(lines).toEqual([`mongodb: ${first.detail}`]);
    expect(first.url).toBe(`mongodb://127.0.0.1:${first.port}/?replicaSet=rs0`);
    expect(await sendCommand(first.port, { hello: 1, $db: 'admin' })).toMatchObject({ setName: 'rs0' });
    await cleanup.connect(first.url);
    await expect(startMongoService(options, surroundings)).rejects.toThrow('is in use by process');
    await first.stop();
    expect(await areGone(first.pids)).toBe(true);

    const second = cleanup.add(await startMongoService(options, surroundings));
    expect(second.port).toBe(first.port);
    killAll(second.pids);
    await waitFor('it to be gone', () => areGone(second.pids));
    // The last thread of a killed process takes the socket with it, a moment after the first.
    const blocker = await waitFor('its port to be free', () => listenAt(first.port));
    cleanup.add({ stop: () => new Promise((resolve) => blocker.close(() => resolve())) });
    const third = cleanup.add(await startMongoService(options, surroundings));
    expect(third.port).not.toBe(first.port);
    expect(await sendCommand(third.port, { hello: 1, $db: 'admin' })).toMatchObject({
      isWritablePrimary: true,
      me: `127.0.0.1:${third.port}`,
    });
  });
});
