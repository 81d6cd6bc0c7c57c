import { spawn } from 'node:child_process';
import { appendFile, cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from '@jest/globals';
import { waitFor } from '../support/wait-for.ts';
import { createCleanup } from './support.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = ['src', 'api', 'workers', 'cli', 'local', 'package.json', 'tsconfig.json'];

const cleanup = createCleanup();
afterEach(() => cleanup.run());

/** `npm run dev` on a copy of the source, which can be broken. */
async function startDev() {
  const folder = await cleanup.folder();
  for (const name of COPIED) await cp(join(ROOT, name), join(folder, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const database = `dev_${Date.now()}_${process.pid}`;
  const child = spawn('npm', ['run', 'dev'], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '', PORT: '0', MONGODB_DATABASE: database, QUEUE_PREFIX: database },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  // The pipes close when the last process that writes to them is gone: API and worker too.
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  /** Ctrl-C: the terminal's signal, to everybody in front of it. */
  const interrupt = () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGINT');
    return ended;
  };
  cleanup.add({ stop: interrupt });
  await waitFor('the guide', () => output.includes('their logs follow'));
  const api = /^Lethe runs at (\S+)$/m.exec(output)?.[1];
  const count = (text: string) => output.split(text).length - 1;
  return { folder, interrupt, count, isUp: async () => (await fetch(`${api}/healthz`)).ok };
}

it('npm run dev: a change starts API and worker again, one that does not parse is waited out, Ctrl-C ends all', async () => {
  const { folder, interrupt, count, isUp } = await startDev();
  expect(await isUp()).toBe(true);
  const bothAgain = (times: number) => () =>
    count('"message":"api listening"') >= times && count('"message":"worker started"') >= times;
  await waitFor('both to run', bothAgain(1));

  await appendFile(join(folder, 'src/core.ts'), '\n// changed\n');
  await waitFor('both to run again', bothAgain(2));
  expect(await isUp()).toBe(true);

  const file = join(folder, 'src/base/log.ts');
  const text = await readFile(file, 'utf8');
  await writeFile(file, `${text}\nconst = ;\n`);
  await waitFor('both to fail', () => count('Transform failed') >= 2);
  await expect(isUp()).rejects.toThrow();
  await writeFile(file, text);
  await waitFor('both to run once more', bothAgain(3));
  expect(await isUp()).toBe(true);

  await interrupt();
  await expect(isUp()).rejects.toThrow();
  expect(count('stopped; the data stays')).toBe(1);
});
