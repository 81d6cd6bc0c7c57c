import { type ChildProcess, fork, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A Lethe process as it is run in production, with its log on a pipe. */
export interface Lethe {
  readonly pid: number;
  /** Resolves with the first log line from now on that says so. @throws Error when the process ends first */
  line(message: string): Promise<Record<string, unknown>>;
  /** Resolves after that many log lines from now on. @throws Error when the process ends first */
  lines(message: string, count: number): Promise<void>;
  stop(): Promise<void>;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The loader by its address: it is found whatever the child's working directory is. */
const LOADER = ['--import', import.meta.resolve('tsx')];

/** A measurement that fails or is interrupted leaves no process behind. */
function endWithParent(child: ChildProcess): Promise<void> {
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  return new Promise((resolve) =>
    child.once('exit', () => {
      process.removeListener('exit', kill);
      resolve();
    }),
  );
}

/** Starts `lethe api` or `lethe worker`. Warnings and errors in its log are shown: a measurement should have none. */
export function startLethe(command: 'api' | 'worker', env: NodeJS.ProcessEnv): Lethe {
  const child = spawn(process.execPath, [...LOADER, `${ROOT}cli/main.ts`, command], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const watchers = new Set<(message: string, text: string) => void>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    const [, level = '', message = ''] = /"level":"(\w+)","message":"([^"]*)"/.exec(text) ?? [];
    if (level === 'warn' || level === 'error') console.error(text);
    for (const watch of watchers) watch(message, text);
  });
  const ended = endWithParent(child);
  const collect = (wanted: string, count: number) =>
    new Promise<string>((resolve, reject) => {
      let seen = 0;
      const watch = (message: string, text: string) => {
        if (message !== wanted) return;
        seen += 1;
        if (seen < count) return;
        watchers.delete(watch);
        resolve(text);
      };
      watchers.add(watch);
      ended.then(() => reject(new Error(`lethe ${command} ended before it said: ${wanted}`)));
    });
  return {
    pid: child.pid ?? 0,
    line: async (message) => JSON.parse(await collect(message, 1)) as Record<string, unknown>,
    lines: async (message, count) => {
      await collect(message, count);
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** A process that does bare calls for comparison: told what to do by messages, it answers each with one. */
export interface Bare {
  ask<Answer>(question: object): Promise<Answer>;
  stop(): Promise<void>;
}

/** Starts a bare process from a file of this folder. */
export function startBare(file: string, env: NodeJS.ProcessEnv): Bare {
  const child: ChildProcess = fork(fileURLToPath(new URL(file, import.meta.url)), {
    cwd: ROOT,
    env,
    execArgv: LOADER,
  });
  const ended = endWithParent(child);
  return {
    ask: <Answer>(question: object) =>
      new Promise<Answer>((resolve, reject) => {
        child.once('message', (answer) => resolve(answer as Answer));
        ended.then(() => reject(new Error(`${file} ended unasked`)));
        child.send(question);
      }),
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
