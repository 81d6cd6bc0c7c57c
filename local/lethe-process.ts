import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Child, startChild } from './process.ts';

const CLI = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
const TSX = import.meta.resolve('tsx');
const GRACE_MS = 25_000;

/**
 * Runs a command of the command line to its end.
 * @returns its standard output
 * @throws Error with what it wrote to standard error
 */
export async function runLethe(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', TSX, CLI, ...args], { env });
    return stdout.trim();
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(stderr?.trim() || `lethe ${args[0]} failed`);
  }
}

/** A process of Lethe that goes on until it is stopped, with its log in a file. */
export interface LetheProcess {
  readonly name: string;
  readonly child: Child;
  readonly log: string;
}

/** Starts the API or a worker, which ends with this process at the latest. */
export async function startLethe(
  name: 'api' | 'worker',
  logFolder: string,
  env: NodeJS.ProcessEnv,
): Promise<LetheProcess> {
  const log = join(logFolder, `${name}.log`);
  const command = [process.execPath, '--import', TSX, CLI, name];
  const child = await startChild({ command, env, log, stopSignal: 'SIGTERM', grace: GRACE_MS });
  return { name, child, log };
}

/** The last lines of a process's log, for an error message. */
export async function tailLog(file: string, lines = 5): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-lines).join('\n');
}
