import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { closeServer, openPlatform, type Platform } from '../../support/platform.ts';
import { openProcesses, type Processes } from '../../support/processes.ts';

describe('a process that is started', () => {
  let platform: Platform;
  let processes: Processes;
  let folder: string;
  let taken: Server;
  beforeAll(async () => {
    platform = await openPlatform('start');
    processes = openProcesses();
    folder = await mkdtemp(join(tmpdir(), 'lethe-start-'));
    await writeFile(join(folder, 'file'), '');
    taken = createServer();
    await new Promise<void>((resolve) => {
      taken.listen(0, '127.0.0.1', resolve);
    });
  });
  afterAll(async () => {
    await processes?.endAll();
    await platform?.close();
    await closeServer(taken);
    await rm(folder, { recursive: true, force: true });
  });

  const portTaken = () => String((taken.address() as AddressInfo).port);
  it.each<[string, string, () => NodeJS.ProcessEnv]>([
    ['RECORDINGS_DIR is a folder that does not exist', 'api', () => ({ RECORDINGS_DIR: join(folder, 'nope') })],
    ['RECORDINGS_DIR is a folder that does not exist', 'worker', () => ({ RECORDINGS_DIR: join(folder, 'nope') })],
    ['RECORDINGS_DIR is no folder', 'worker', () => ({ RECORDINGS_DIR: join(folder, 'file') })],
    ['REPORTS_DIR cannot be made', 'api', () => ({ REPORTS_DIR: join(folder, 'file', 'x') })],
    ['REPORTS_DIR cannot be made', 'worker', () => ({ REPORTS_DIR: '/proc/x' })],
    ['HOST must be an address of this host, or its name', 'api', () => ({ HOST: '192.0.2.1' })],
    ['PORT: another process listens on', 'api', () => ({ PORT: portTaken() })],
    ['WORKER_PORT: another process listens on', 'worker', () => ({ WORKER_PORT: portTaken() })],
  ])('says %s (%s), and ends', async (message, command, env) => {
    const child = processes.lethe([command], { ...platform.env, PORT: '0', ...env() });
    expect(await child.exited()).toMatchObject({ code: 1 });
    expect(child.output()).toContain(`lethe: ${message}`);
    expect(child.output()).not.toContain(folder);
  });

  it.each(['api', 'worker'])('names variables that resemble its own: %s', async (command) => {
    const child = processes.lethe([command], { ...platform.env, PORT: '0', RETENTION_MONTH: '0' });
    expect(await child.said('a variable of the environment is read by nothing')).toMatchObject({
      level: 'warn',
      variable: 'RETENTION_MONTH',
      meant: 'RETENTION_MONTHS',
    });
  });
});
