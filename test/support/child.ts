import { spawn } from 'node:child_process';
import { waitFor } from './wait-for.ts';

/** A Lethe process of its own. */
export interface ChildProcess {
  readonly pid: number;
  /** Everything it has printed so far, on both outputs. */
  output(): string;
  /** The lines of its log so far. */
  lines(): Record<string, unknown>[];
  /** Asks it to stop, and waits until it has. @returns its exit code */
  stop(): Promise<number | null>;
}

/**
 * Starts a command of the command line in a process of its own, as an operator would: `startLethe(env, ['api'])`.
 * Its whole environment is `env`. It is killed with the test process at the latest.
 */
export function startLethe(env: NodeJS.ProcessEnv, args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(code));
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  void ended.then(() => process.removeListener('exit', kill));
  return {
    pid: child.pid ?? 0,
    output: () => output,
    lines: () => output.split('\n').flatMap(readLine),
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

function readLine(line: string): Record<string, unknown>[] {
  try {
    return [JSON.parse(line) as Record<string, unknown>];
  } catch {
    return [];
  }
}

/** The address of an API process, as soon as it says that it listens. */
export async function addressOf(api: ChildProcess): Promise<string> {
  const port = await waitFor('the API to listen', () => {
    const line = api.lines().find((one) => one.message === 'api listening');
    return typeof line?.port === 'number' && line.port;
  });
  return `http://127.0.0.1:${port}`;
}
