import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { waitFor } from './wait-for.ts';

/** How a process ended: a code, or the signal that killed it. */
interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A Lethe process under test: a real one, that takes real signals. */
export interface TestProcess {
  readonly name: string;
  readonly pid: number;
  /** Waits until it has ended by itself. @throws Error when it does not */
  exited(): Promise<Exit>;
  isRunning(): boolean;
  /** Everything it wrote so far, on both outputs. */
  output(): string;
  /** The lines of its log so far. */
  lines(): Record<string, unknown>[];
  signal(signal: NodeJS.Signals): void;
  /** Ends it as a crash does, and waits until it is gone. */
  kill(): Promise<Exit>;
  /** Waits until it has logged this message, or one of these. @returns the facts of the line */
  said(...messages: string[]): Promise<Record<string, unknown>>;
}

export interface Processes {
  /** `lethe worker`, once it takes jobs. */
  worker(env: NodeJS.ProcessEnv): Promise<TestProcess>;
  /** `lethe api` on a free port, once it listens. */
  api(env: NodeJS.ProcessEnv): Promise<TestProcess & { readonly url: string }>;
  /** `lethe …`, at once. */
  lethe(args: readonly string[], env: NodeJS.ProcessEnv): TestProcess;
  /** Ends every process that still runs, stopped ones too. @throws Error when one is left */
  endAll(): Promise<void>;
  /** What each process wrote, for a test that failed. */
  report(): string;
}

/** What Node is started with: the program that `npm test` has built, else the source, which takes several times as long to load. */
const PROGRAM: readonly string[] = process.env.LETHE_TEST_PROGRAM
  ? [process.env.LETHE_TEST_PROGRAM]
  : [
      '--import',
      pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href,
      fileURLToPath(new URL('../../cli/main.ts', import.meta.url)),
    ];
const TAIL = 4_000;

/**
 * Starts `lethe` processes and remembers them. Call `endAll` whatever comes of the test. Their log says at least what
 * `said` waits for, level `info`; an environment that asks for `debug` gets it.
 */
export function openProcesses(): Processes {
  const started: TestProcess[] = [];
  const lethe = (args: readonly string[], env: NodeJS.ProcessEnv): TestProcess => {
    const child = startLethe(`${args.join(' ')} #${started.length + 1}`, args, env);
    started.push(child);
    return child;
  };
  return {
    lethe,
    async worker(env) {
      const child = lethe(['worker'], env);
      await child.said('worker started');
      return child;
    },
    async api(env) {
      const child = lethe(['api'], { ...env, PORT: '0', HOST: '127.0.0.1' });
      const { port } = await child.said('api listening');
      return { ...child, url: `http://127.0.0.1:${String(port)}` };
    },
    async endAll() {
      await Promise.all(started.map((child) => child.kill()));
      const left = started.filter((child) => exists(child.pid));
      if (left.length > 0) throw new Error(`still running: ${left.map(({ name }) => name).join(', ')}`);
    },
    report: () =>
      started.map((child) => `--- ${child.name} (pid ${child.pid})\n${child.output().slice(-TAIL)}`).join('\n'),
  };
}

function startLethe(name: string, args: readonly string[], env: NodeJS.ProcessEnv): TestProcess {
  // A folder without a `.env`: only what the test says counts.
  const child = spawn(process.execPath, [...PROGRAM, ...args], {
    cwd: tmpdir(),
    env: { ...env, LOG_LEVEL: env.LOG_LEVEL === 'debug' ? 'debug' : 'info' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} could not be started`);
  let text = '';
  let exit: Exit | undefined;
  const collect = (chunk: Buffer) => {
    text += chunk.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  // `close`, not `exit`: by then everything it wrote has been read.
  child.once('close', (code, signal) => {
    exit = { code, signal };
  });
  const exited = () => waitFor(`${name} to end`, () => exit);
  return {
    name,
    pid,
    exited,
    isRunning: () => exit === undefined,
    output: () => text,
    lines: () => readLines(text),
    signal(signal) {
      if (!exit) child.kill(signal);
    },
    async kill() {
      if (!exit) child.kill('SIGKILL');
      return exited();
    },
    async said(...messages) {
      const wanted = messages.map((message) => `"${message}"`).join(' or ');
      // A process that has ended will say nothing more: no use in waiting on.
      await waitFor(`${name} to say ${wanted}`, () => findLine(text, messages) || exit);
      const line = findLine(text, messages);
      if (!line) throw new Error(`${name} ended without saying ${wanted}: ${JSON.stringify(exit)}`);
      return line;
    },
  };
}

function findLine(text: string, messages: readonly string[]): Record<string, unknown> | undefined {
  const lines = text.split('\n').filter((line) => messages.some((message) => line.includes(message)));
  return lines.flatMap(readLine).find((facts) => messages.includes(String(facts.message)));
}

function readLines(text: string): Record<string, unknown>[] {
  return text.split('\n').flatMap(readLine);
}

function readLine(line: string): Record<string, unknown>[] {
  try {
    return [JSON.parse(line) as Record<string, unknown>];
  } catch {
    // Not a log line, or not all of it yet.
    return [];
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
