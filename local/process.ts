import { execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { constants as osConstants } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Identity, identify, isAlive } from './identity.ts';

interface Exit {
  /** The exit code, or 128 plus the signal's number, as a shell counts. */
  readonly code: number;
}

/** A server process that cannot outlive the one that started it. */
export interface Child extends Identity {
  readonly exited: Promise<Exit>;
  /** Asks the process to end, forces it after the grace period (milliseconds), and resolves when it is gone. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly command: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** The file its stdout and stderr go to, appended; null for this process's own. */
  readonly log: string | null;
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  /** Milliseconds between the stop signal and SIGKILL. */
  readonly grace: number;
}

/**
 * The guard: a shell between this process and the server. It says the server's pid, waits for the server, and holds the
 * read end of a pipe whose write end only this process has. When this process dies, even by SIGKILL, the pipe closes and
 * the guard ends the server: first by the stop signal, then by force.
 */
const GUARD = `
signal=$1 tenths=$2; shift 2
exec 3<&0 </dev/null
"$@" 3<&- 4>&- &
child=$!
echo "$child" >&4
exec 4>&-
(
  read -r _ <&3
  kill -s "$signal" "$child" || exit 0
  while [ "$tenths" -gt 0 ] && kill -0 "$child"; do sleep 0.1; tenths=$((tenths - 1)); done
  kill -s KILL "$child"
) 2>/dev/null >/dev/null &
watch=$!
exec 3<&-
wait "$child"
code=$?
kill "$watch" 2>/dev/null
exit "$code"
`;

/**
 * Starts a server in its own process group, so that the terminal's Ctrl-C reaches only the process that orders the
 * shutdown, and behind a guard, so that it does not outlive that process.
 *
 * @throws Error when the command could not be started at all.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const signal = options.stopSignal.slice(3);
  const log = options.log === null ? null : await open(options.log, 'a');
  const output = log?.fd ?? 'inherit';
  try {
    const guard = spawn(
      '/bin/sh',
      ['-c', GUARD, 'guard', signal, String(Math.ceil(options.grace / 100)), ...options.command],
      {
        detached: true,
        env: options.env ?? process.env,
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        stdio: ['pipe', output, output, 'ignore', 'pipe'],
      },
    );
    const exited = new Promise<Exit>((resolve) => {
      guard.once('exit', (code, by) => resolve({ code: code ?? 128 + (by ? osConstants.signals[by] : 0) }));
      guard.once('error', () => resolve({ code: 127 }));
    });
    const channel = guard.stdio[4] as NodeJS.ReadableStream;
    const pid = Number(await firstLine(channel));
    const identity = Number.isInteger(pid) && pid > 0 ? await identify(pid) : null;
    // Nothing here keeps the event loop running: a forgotten stop() must not turn into a process that never ends.
    guard.unref();
    (guard.stdin as unknown as { unref(): void } | null)?.unref();
    return {
      pid,
      started: identity?.started ?? 'gone',
      exited,
      stop: async () => {
        guard.ref();
        await endProcess({ pid, started: identity?.started ?? 'gone' }, options.stopSignal, options.grace);
        guard.stdin?.destroy();
        await exited;
      },
    };
  } finally {
    await log?.close();
  }
}

/** Ends one process: the signal, then SIGKILL after the grace period (milliseconds). Resolves when it is gone. */
export async function endProcess(target: Identity, signal: NodeJS.Signals, grace: number): Promise<void> {
  if (!(await isAlive(target))) return;
  sendSignal(target.pid, signal);
  if (await becomesTrue(async () => !(await isAlive(target)), grace)) return;
  sendSignal(target.pid, 'SIGKILL');
  await becomesTrue(async () => !(await isAlive(target)), 10_000);
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Polls a condition until it holds (true) or the time, in milliseconds, is over (false). */
export async function becomesTrue(condition: () => Promise<boolean>, within: number): Promise<boolean> {
  const end = Date.now() + within;
  for (let pause = 5; ; pause = Math.min(pause * 2, 100)) {
    if (await condition()) return true;
    if (Date.now() > end) return false;
    await delay(pause);
  }
}

/** Runs a command to its end. Resolves with its output; rejects with what it wrote to stderr, shortened. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string; timeout?: number } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { ...options, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const reason = (stderr || stdout || error.message).trim().split('\n').slice(-4).join('\n');
      reject(new Error(`${command}: ${reason}`));
    });
  });
}

/** The full path of a command on the PATH, or null. */
export async function findCommand(name: string, env: NodeJS.ProcessEnv = process.env): Promise<string | null> {
  // Servers often live in sbin, which an ordinary user's PATH leaves out.
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin'].filter(
    (folder) => folder !== '',
  );
  for (const folder of folders) {
    const path = join(folder, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return null;
}

/**
 * Below what systems hand out as the other end of connections (Linux from 32768, RFC 6335 from 49152): while a server is
 * down, no connection of whatever program takes its port.
 */
const PORTS = { from: 20_000, to: 32_000 } as const;
const PORT_TRIES = 100;

/**
 * A port of the loopback address that nobody listens on. Another program may take it before it is used.
 * @throws Error when none is found
 */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES; tries += 1) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (await isPortFree(port)) return port;
  }
  throw new Error('no TCP port is free');
}

/** True when the port can be listened on. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** The first line a stream brings; what came so far when it ends before that. */
export async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  return new Promise((resolve) => {
    const done = () => resolve(text.split('\n')[0] ?? '');
    stream.on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) done();
    });
    stream.once('end', done);
    stream.once('error', done);
  });
}
