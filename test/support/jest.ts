import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

/** What Node is given before jest's own arguments. */
export const JEST = [
  '--experimental-vm-modules',
  '--no-warnings',
  createRequire(import.meta.url).resolve('jest/bin/jest'),
];

/**
 * Runs jest for what it says on standard output; what it says besides is dropped.
 * @param longestMs after which it is killed, as if it had failed; undefined: it may take its time
 */
export function askJest(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  longestMs?: number,
): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [...JEST, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: longestMs,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...env, NODE_ENV: 'test' },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
