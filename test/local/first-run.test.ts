import { execFile, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitFor } from '../support/wait-for.ts';
import { createCleanup } from './support.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

const MAIN = fileURLToPath(new URL('../../local/main.ts', import.meta.url));
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const LAST_LINE = 'Ctrl-C stops everything';
/** Four starts with engines of their own. */
const LIMIT_MS = 900_000;

/** `npm start`, in a folder of its own, with what it printed. */
async function start(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ['--import', LOADER, MAIN, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const stop = () => {
    child.kill('SIGTERM');
    return ended;
  };
  cleanup.add({ stop: async () => void (await stop()) });
  await waitFor('the guide', () => output.includes(LAST_LINE) || child.exitCode !== null);
  const find = (pattern: RegExp) => pattern.exec(output)?.[1] ?? '';
  return {
    output: () => output,
    stop,
    ended,
    key: find(/^KEY=(.+)$/m),
    /** The number of the line that erases one. */
    number: find(/# erase it\n.*"number":(\d+)/),
    contact: find(/contacts\/\+(\d+)/),
    erase: find(/# erase it\n(.+)/),
    eraseContact: find(/(curl.* -X DELETE .*)/),
    command: find(/^(node --env-file.+)$/m),
    api: find(/^Lethe runs at (\S+)$/m),
    email: find(/^ {2}console .*\/console\/ +\((\S+), password/m),
    password: find(/^ {2}console .*, password (\S+)\)$/m),
  };
}

/** Runs a printed line as a person does who pastes it. */
async function paste(line: string, key: string): Promise<string> {
  // A terminal of its own: what the suite sets would win over the file of variables.
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', `KEY=${key}\n${line}`], { cwd: '/', env });
  return stdout;
}

describe('npm start', () => {
  it(
    'prints what works when it is pasted, after a restart too, and begins anew when asked to',
    async () => {
      const folder = await cleanup.folder();
      const first = await start(folder, []);
      for (const line of [`try it at  ${first.api}/docs`, 'mongodb://127.0.0.1:', 'redis://127.0.0.1:'])
        expect(first.output()).toContain(line);
      expect(await fetch(`${first.api}/docs`)).toMatchObject({ status: 200 });

      const { reference } = JSON.parse(await paste(first.erase, first.key)) as { reference: string };
      expect(JSON.parse(await paste(first.eraseContact, first.key))).toMatchObject({ erased: true });
      const bearer = { headers: { authorization: `Bearer ${first.key}` } };
      await waitFor('the number to be removed', async () => {
        const status = await fetch(`${first.api}/gdpr/status?reference=${reference}`, bearer);
        return ((await status.json()) as { state?: string }).state === 'completed';
      });
      const listed = await paste(`${first.command} --all --account ${accountOf(first.output())}`, first.key);
      expect(listed).toMatch(new RegExp(`^.*${reference}.*completed.*$`, 'm'));
      expect(await first.stop()).toBe(0);

      const second = await start(folder, []);
      expect(second.key).toBe(first.key);
      const { email, password } = second;
      const signIn = { method: 'POST', body: JSON.stringify({ email, password }) };
      expect(await fetch(`${second.api}/console/api/session`, signIn)).toMatchObject({ status: 200 });
      expect(second.number).toMatch(/^447700900\d{3}$/);
      expect(second.number).not.toBe(first.number);
      expect([first.number, first.contact]).not.toContain(second.contact);
      const sandbox = second.erase.replace(/}'$/, `,"sandbox":true}'`);
      expect(JSON.parse(await paste(sandbox, second.key)).would_erase.contacts).toBe(1);
      expect(await second.stop()).toBe(0);

      const fresh = await start(folder, ['--fresh']);
      expect(fresh.output()).toMatch(/^demo data: /m);
      expect({ number: fresh.number, contact: fresh.contact }).toEqual({
        number: first.number,
        contact: first.contact,
      });
      expect(fresh.key).not.toBe(first.key);
      expect(await paste(fresh.command, fresh.key)).not.toContain(reference);

      const beside = await start(folder, ['--fresh']);
      expect(await beside.ended).toBe(1);
      expect(beside.output()).toContain('already runs');
      expect(JSON.parse(await paste(sandbox.replace(second.api, fresh.api), fresh.key)).would_erase.contacts).toBe(1);
    },
    LIMIT_MS,
  );

  it('removes nothing from a server that it did not start', async () => {
    const env = { MONGODB_URI: 'mongodb://127.0.0.1:1/?replicaSet=x' };
    const refused = await start(await cleanup.folder(), ['--fresh'], env);
    expect(await refused.ended).toBe(1);
    expect(refused.output()).toContain('MONGODB_URI names a server of your own');
  });
});

function accountOf(output: string): string {
  return /accounts\/(acc_\w+)\//.exec(output)?.[1] ?? '';
}
