import { runCommand } from '../../cli/program.ts';
import { loadInTurn } from './load-in-turn.ts';

/** What a command line came to. */
export interface CliResult {
  readonly code: number;
  /** Lines of standard output. */
  readonly out: string[];
  /** Lines of standard error. */
  readonly err: string[];
}

let loading: Promise<unknown> | undefined;

/** Two commands side by side would load modules side by side: all are loaded before any runs. Help needs them all. */
function loadCommands(): Promise<unknown> {
  const drop = () => {};
  loading ??= loadInTurn(() =>
    runCommand(['--help'], { env: {}, print: drop, note: drop, readSecret: async () => '', now: () => new Date() }),
  );
  return loading;
}

/**
 * Runs one command line of `lethe` in this process.
 * @param input what stands on standard input
 */
export async function runCli(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  now = new Date(),
  input = '',
): Promise<CliResult> {
  await loadCommands();
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCommand(args, {
    env,
    print: (line) => out.push(line),
    note: (line) => err.push(line),
    readSecret: async () => input,
    now: () => now,
  });
  return { code, out, err };
}
