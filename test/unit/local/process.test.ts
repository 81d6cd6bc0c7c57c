import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { identify, isAlive, self } from '../../../local/identity.ts';
import { ownerIsAlive, readLock, takeLock } from '../../../local/lock.ts';
import { findCommand, findFreePort, isPortFree, runCommand, startChild } from '../../../local/process.ts';
import { LIMITS } from '../../support/limits.ts';
import { waitFor } from '../../support/wait-for.ts';

let folder: string;
let log: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-process-'));
  log = join(folder, 'log');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const start = (script: string, grace: number = LIMITS.answerMs) =>
  startChild({ command: ['/bin/sh', '-c', script], log, stopSignal: 'SIGTERM', grace });
const logged = async (text: string) => (await readFile(log, 'utf8')).includes(text);

describe('a child', () => {
  it('is known by the pid of the program itself, writes to its log, and reports its exit code', async () => {
    const child = await start('echo "$$ says hello"; exit 7');
    expect(await child.exited).toEqual({ code: 7 });
    expect(await readFile(log, 'utf8')).toBe(`${child.pid} says hello\n`);
    expect(await isAlive(child)).toBe(false);
    await child.stop();
  });

  it('gets the stop signal and the time to act on it', async () => {
    const child = await start('trap "echo bye; exit 3" TERM; echo ready; while :; do sleep 0.02; done');
    await waitFor('it to be ready', () => logged('ready'));
    await child.stop();
    expect(await child.exited).toEqual({ code: 3 });
    expect(await logged('bye')).toBe(true);
  });

  it('is forced when it does not act on it', async () => {
    const child = await start('trap "" TERM; echo ready; while :; do sleep 0.02; done', 100);
    await waitFor('it to be ready', () => logged('ready'));
    await child.stop();
    expect(await child.exited).toEqual({ code: 137 });
    expect(await identify(child.pid)).toBeNull();
  });

  it('reports a program that cannot be started as one that ended', async () => {
    const child = await startChild({ command: [join(folder, 'nothing')], log, stopSignal: 'SIGTERM', grace: 100 });
    expect(await child.exited).toEqual({ code: 127 });
    expect(await logged('not found')).toBe(true);
  });
});

describe('an identity', () => {
  it('tells a process from another one with its pid', async () => {
    const own = await self();
    expect(own.pid).toBe(process.pid);
    expect(await isAlive(own)).toBe(true);
    expect(await isAlive({ ...own, started: 'earlier' })).toBe(false);
  });
});

describe('a lock', () => {
  it('has one holder, who alone can write to it and release it', async () => {
    const path = join(folder, 'lock');
    const first = await takeLock<string>(path, 'one', ownerIsAlive);
    if (!('lock' in first)) throw new Error('it was free');
    await first.lock.write('two');
    const second = await takeLock(path, 'three', ownerIsAlive);
    expect(second).toEqual({ held: { owner: await self(), id: expect.any(String), note: 'two' } });

    const stolen = await takeLock<string>(path, 'four', async () => false);
    if (!('lock' in stolen)) throw new Error('nobody held it');
    await first.lock.write('five');
    await first.lock.release();
    expect(await readLock(path)).toMatchObject({ note: 'four' });
    await stolen.lock.release();
    expect(await readLock(path)).toBeNull();
  });

  it('goes to exactly one of many who find it stale', async () => {
    const path = join(folder, 'lock');
    await takeLock(path, 'stale', ownerIsAlive);
    const isHeld = async ({ note }: { note: string }) => note !== 'stale';
    const taken = await Promise.all(Array.from({ length: 10 }, (_, n) => takeLock(path, `fresh ${n}`, isHeld)));
    expect(taken.filter((result) => 'lock' in result)).toHaveLength(1);
  });
});

describe('small things', () => {
  it('finds commands and free ports', async () => {
    expect(await findCommand('sh', { PATH: '/bin' })).toBe('/bin/sh');
    expect(await findCommand('no-such-command', { PATH: '/bin' })).toBeNull();
    const port = await findFreePort();
    // Else a connection that leaves from there could take it while its server is down.
    expect(port).toBeLessThan(32_768);
    const server = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    expect(await isPortFree(port)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
    expect(await isPortFree(port)).toBe(true);
  });

  it('fails a command with the end of what it said', async () => {
    await expect(runCommand('sh', ['-c', 'echo what happened >&2; exit 1'])).rejects.toThrow('sh: what happened');
  });
});
