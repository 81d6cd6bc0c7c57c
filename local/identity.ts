import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * A process by pid and start time, so that a later one with the same pid is not taken for it. The start time is in the
 * system's own unit (boot id and clock ticks since boot on Linux, a date elsewhere), and compared as text only.
 */
export interface Identity {
  readonly pid: number;
  readonly started: string;
}

/** Identifies a running process. Null when there is none, or only a zombie that nobody has reaped yet. */
export async function identify(pid: number): Promise<Identity | null> {
  const started = process.platform === 'linux' ? await linuxStart(pid) : await psStart(pid);
  return started === null ? null : { pid, started };
}

/** True while exactly this process runs: a recycled pid is not it. */
export async function isAlive(identity: Identity): Promise<boolean> {
  return (await identify(identity.pid))?.started === identity.started;
}

/** The identity of the calling process. */
export async function self(): Promise<Identity> {
  return (await identify(process.pid)) ?? { pid: process.pid, started: 'unknown' };
}

async function linuxStart(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in parentheses and may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    return `${await bootId()}:${fields[19]}`;
  } catch {
    return null;
  }
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => '')).trim();
}

async function psStart(pid: number): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
    const [state = '', ...date] = stdout.trim().split(/\s+/);
    return state === '' || state.startsWith('Z') ? null : date.join(' ');
  } catch {
    return null;
  }
}
