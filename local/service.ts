import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Identity, isAlive } from './identity.ts';
import { type Lock, type LockRecord, takeLock } from './lock.ts';
import { becomesTrue, type Child, type ChildOptions, endProcess, startChild } from './process.ts';

/** A running server, with what is needed to use it and to end it. */
export interface Service {
  readonly name: string;
  /** What was chosen, for people: `redis-server 7.0.15 (Debian package, private copy)`. */
  readonly detail: string;
  readonly url: string;
  readonly port: number;
  /** The server's own processes, in the order they were started. */
  readonly pids: number[];
  /** Ends exactly these processes, the last one first, and resolves when they are gone. Calling it again is harmless. */
  stop(): Promise<void>;
}

export interface ServiceOptions {
  /** Absolute; what is in it survives a restart. */
  readonly dataDir: string;
  /** True: every acknowledged write survives a crash. False: throw-away settings for tests. */
  readonly durable: boolean;
  /** A fixed port; else a free one is found. */
  readonly port?: number;
  readonly print: (line: string) => void;
  /** Redis only: one node that is a whole cluster by itself, once it is given its slots. For tests. */
  readonly cluster?: boolean;
}

/** What the lock file of a service's folder notes. */
interface Note {
  readonly processes: readonly (Identity & { readonly signal: NodeJS.Signals })[];
  /** Folders outside the data folder, to remove when the service has ended. */
  readonly scratch: readonly string[];
}

/** What a service's own start-up code gets to work with. */
export interface Launch {
  /** Starts one process of the service; it is stopped, noted and watched from here on. */
  start(options: ChildOptions): Promise<Child>;
  /** Stops a process that did not work out, so that another can take its place. */
  discard(child: Child): Promise<void>;
  /** Has a folder removed at the end; by the next start when this one is killed. */
  addScratch(folder: string): Promise<void>;
  /** Waits until `isReady`; throws with the end of the log when the process ends first or the time (ms) is over. */
  waitFor(child: Child, log: string, isReady: () => Promise<boolean>, within: number): Promise<void>;
}

/**
 * How long a server may take to start, in milliseconds, with the log of a crash to replay. One that ends meanwhile is
 * noticed at once: only a slow machine waits.
 */
export const START_MS = 300_000;

/** How long a killed owner's processes get to end by themselves, in milliseconds: their guard ends them. */
const ORPHAN_GRACE = 15_000;

/**
 * Runs a service in a folder that only one instance may use at a time.
 *
 * Processes of a killed owner are ended first. When one process of the service ends unasked, the others are stopped and
 * that is printed: with half a service clients would hang.
 *
 * @throws Error when a live instance uses the folder, or what `launch` throws; nothing is left running then.
 */
export async function runService(
  options: { name: string; folder: string; print: (line: string) => void },
  launch: (tools: Launch) => Promise<{ detail: string; url: string; port: number }>,
): Promise<Service> {
  const lock = await occupy(options.name, options.folder);
  const running: Child[] = [];
  const scratch: string[] = [];
  const signals = new Map<Child, NodeJS.Signals>();
  let stopping: Promise<void> | null = null;
  const stop = () => {
    stopping ??= stopAll(running, scratch, lock);
    return stopping;
  };
  const note = () =>
    lock.write({
      processes: running.map((child) => ({
        pid: child.pid,
        started: child.started,
        signal: signals.get(child) ?? 'SIGTERM',
      })),
      scratch,
    });
  const tools: Launch = {
    start: async (childOptions) => {
      const child = await startChild(childOptions);
      running.push(child);
      signals.set(child, childOptions.stopSignal);
      await note();
      return child;
    },
    discard: async (child) => {
      await child.stop();
      running.splice(running.indexOf(child), 1);
      await note();
    },
    addScratch: async (folder) => {
      scratch.push(folder);
      await note();
    },
    waitFor: waitForChild,
  };
  try {
    const { detail, url, port } = await launch(tools);
    for (const child of running) {
      child.exited.then(({ code }) => {
        if (stopping) return;
        options.print(`${options.name}: process ${child.pid} ended unasked (code ${code}); the rest is stopped`);
        stop().catch(() => {});
      });
    }
    return { name: options.name, detail, url, port, pids: running.map(({ pid }) => pid), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Removes a service's folder and all its data. What a killed owner left running there is ended first.
 * @throws Error when a live instance uses the folder
 */
export async function removeServiceData(name: string, folder: string): Promise<void> {
  // The lock's file goes with the folder: nobody can start in it before that.
  await occupy(name, folder);
  await rm(folder, { recursive: true, force: true });
}

/** @throws Error when a live instance has the folder */
async function occupy(name: string, folder: string): Promise<Lock<Note>> {
  await mkdir(folder, { recursive: true });
  const taken = await takeLock<Note>(join(folder, 'running.json'), { processes: [], scratch: [] }, isInUse);
  if ('lock' in taken) return taken.lock;
  throw new Error(
    `${name}: the data folder ${folder} is in use by process ${taken.held.owner.pid}; ` +
      'stop that one first, or choose another folder',
  );
}

async function stopAll(running: Child[], scratch: string[], lock: Lock<Note>): Promise<void> {
  for (const child of [...running].reverse()) await child.stop();
  for (const folder of scratch) await rm(folder, { recursive: true, force: true });
  await lock.release();
}

/** Decides whether a lock record stands for a live instance; if not, ends what is left of it. */
async function isInUse({ owner, note }: LockRecord<Note>): Promise<boolean> {
  const ownerLives = await isAlive(owner);
  const left = async () => {
    const states = await Promise.all(note.processes.map(isAlive));
    return note.processes.filter((_, index) => states[index]);
  };
  const alive = await left();
  // The owner is alive and still starting, or everything it started runs.
  if (ownerLives && alive.length === note.processes.length) return true;
  await becomesTrue(async () => (await left()).length === 0, ORPHAN_GRACE);
  for (const orphan of (await left()).reverse()) await endProcess(orphan, orphan.signal, 10_000);
  for (const folder of note.scratch) await rm(folder, { recursive: true, force: true });
  return false;
}

async function waitForChild(child: Child, log: string, isReady: () => Promise<boolean>, within: number): Promise<void> {
  let code: number | undefined;
  child.exited.then((exit) => {
    code = exit.code;
  });
  const ready = await becomesTrue(async () => code !== undefined || (await isReady()), within);
  if (ready && code === undefined) return;
  const tail = (await readFile(log, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-6).join('\n');
  const what = code === undefined ? `was not ready within ${within / 1000} s` : `ended with code ${code}`;
  throw new Error(`process ${child.pid} ${what}; the end of ${log}:\n${tail}`);
}
