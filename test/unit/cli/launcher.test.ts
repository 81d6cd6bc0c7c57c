import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitFor } from '../../support/wait-for.ts';

const LAUNCHER = fileURLToPath(new URL('../../../cli/lethe.mjs', import.meta.url));

/** What stands in for the program: it says its pid and each signal, and goes on for longer than a look at the parent takes. */
const STOPS_SLOWLY = `
const parent = process.ppid;
const alive = setInterval(() => {}, 60_000);
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => {
  console.log(signal);
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    setTimeout(() => clearInterval(alive), 1_500);
  }, 10);
});
console.log('pid', process.pid);
`;
const TAKES_NO_SIGNALS = `
setInterval(() => {}, 60_000);
console.log('pid', process.pid);
`;

let folder: string;
let pid = 0;
beforeEach(() => {
  pid = 0;
  folder = mkdtempSync(join(tmpdir(), 'lethe-launcher-'));
  for (const name of ['cli', 'dist/cli']) mkdirSync(join(folder, name), { recursive: true });
  cpSync(LAUNCHER, join(folder, 'cli/lethe.mjs'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
});
afterEach(() => {
  if (pid > 0 && isAlive(pid)) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true });
});

/** Starts the launcher below a shell that stays, as npx does, and waits until the program runs. */
async function launch(program: string): Promise<{ shell: ChildProcess; output(): string; ended: Promise<void> }> {
  writeFileSync(join(folder, 'dist/cli/main.js'), program);
  const shell = spawn('/bin/sh', ['-c', '"$0" "$1"; exit $?', process.execPath, join(folder, 'cli/lethe.mjs')], {
    env: { PATH: process.env.PATH, npm_command: 'exec' },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  let text = '';
  shell.stdout?.setEncoding('utf8').on('data', (data: string) => {
    text += data;
  });
  // The pipe closes when the last process that holds it is gone, the program included.
  const ended = new Promise<void>((resolve) => shell.once('close', () => resolve()));
  pid = await waitFor('the program to run', () => Number(/^pid (\d+)$/m.exec(text)?.[1]) || null);
  return { shell, output: () => text.replace(/^pid.*\n/m, ''), ended };
}

function isAlive(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a program that npx started', () => {
  it('is told to stop when npx is ended, whose shell passes no signal on', async () => {
    const { shell, output, ended } = await launch(STOPS_SLOWLY);
    shell.kill('SIGTERM');
    await ended;
    expect(output()).toBe('SIGTERM\n');
  });

  it('is told once when a Ctrl-C reached everybody: a second signal would end it at once', async () => {
    const { shell, output, ended } = await launch(STOPS_SLOWLY);
    // The group is the terminal's: the shell, and the program below it. A shell that waits may outlive its own signal.
    process.kill(-(shell.pid ?? 0), 'SIGINT');
    shell.kill('SIGKILL');
    await ended;
    expect(output()).toBe('SIGINT\n');
  });

  it('ends at a signal that it does not handle', async () => {
    const { shell } = await launch(TAKES_NO_SIGNALS);
    const code = new Promise((resolve) => shell.once('exit', resolve));
    process.kill(pid, 'SIGINT');
    expect(await code).toBe(128 + 2);
  });
});
