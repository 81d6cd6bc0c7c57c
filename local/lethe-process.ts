import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Child, startChild } from './process.ts';

const CLI = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
const TSX = import.meta.resolve('tsx');
const GRACE_MS = 25_000;
/** Where what API and workers run comes from. */
const WATCHED = ['src', 'api', 'workers', 'cli'].map((name) =>
  fileURLToPath(new URL(`../${name}/**/*.ts`, import.meta.url)),
);

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

/** A process of Lethe that goes on until it is stopped. */
export interface LetheProcess {
  readonly name: string;
  readonly child: Child;
  /** The file its log goes to; null when that is the terminal. */
  readonly log: string | null;
}

export interface LetheProcessOptions {
  readonly logFolder: string;
  readonly env: NodeJS.ProcessEnv;
  /** True: it starts again whenever its source changes, outlives a source that does not run, and logs to the terminal. */
  readonly watch: boolean;
}

/** Starts the API or a worker, which ends with this process at the latest. */
export async function startLethe(
  name: 'api' | 'worker',
  { logFolder, env, watch }: LetheProcessOptions,
): Promise<LetheProcess> {
  const log = watch ? null : join(logFolder, `${name}.log`);
  const command = [process.execPath, ...(watch ? describeWatch() : ['--import', TSX]), CLI, name];
  const child = await startChild({ command, env, log, stopSignal: 'SIGTERM', grace: GRACE_MS });
  return { name, child, log };
}

/** tsx watches what was imported; the folders are named for what a fault kept from being imported. */
function describeWatch(): string[] {
  const program = createRequire(import.meta.url).resolve('tsx/cli');
  return [program, 'watch', '--clear-screen=false', ...WATCHED.flatMap((folder) => ['--include', folder])];
}

/** The last lines of a process's log, for an error message; empty when it went to the terminal. */
export async function tailLog(file: string | null, lines = 5): Promise<string> {
  if (file === null) return '';
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-lines).join('\n');
}
