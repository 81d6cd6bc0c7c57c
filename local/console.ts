import { execFile } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const FOLDER = fileURLToPath(new URL('../console', import.meta.url));

/**
 * Builds the console where its source is newer than what was built. What cannot be built is told, and stops nothing: the API
 * serves a page that says how to build it.
 */
export async function buildConsole(print: (line: string) => void): Promise<void> {
  if (!existsSync(FOLDER) || isFresh()) return;
  print('building the console …');
  try {
    const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js');
    await promisify(execFile)(process.execPath, [vite, 'build', FOLDER, '--logLevel', 'warn']);
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    print(`the console was not built: ${(stderr || message).trim().split('\n')[0]}`);
  }
}

function isFresh(): boolean {
  const built = join(FOLDER, 'dist/index.html');
  return existsSync(built) && statSync(built).mtimeMs > newestSource();
}

function newestSource(): number {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' });
  const sources = files.filter((name) => !/^(dist|node_modules)(\/|\\|$)/.test(name));
  return Math.max(0, ...sources.map((name) => statSync(join(FOLDER, name)).mtimeMs));
}
