import { CommanderError } from 'commander';

export const EXIT = { fine: 0, failed: 1, usage: 2 } as const;

/** A command failed. Its message is the one line that is shown. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

/** `lethe status` has said what is not as it should be; the exit code says how bad it is. */
export class StatusIsNotOk extends Error {
  override readonly name = 'StatusIsNotOk';
  readonly code: number;
  readonly lines: readonly string[];

  constructor(code: number, lines: readonly string[] = []) {
    super('the status is not ok');
    this.code = code;
    this.lines = lines;
  }
}

/** The arguments make no sense; nothing was done. */
export class UsageFault extends Error {
  override readonly name = 'UsageFault';
}

/** How a command's error ends the process: exit code and the lines to show, without stack or secrets. */
export interface Fault {
  readonly code: number;
  readonly lines: readonly string[];
}

/**
 * Maps an error to exit code and lines. Of an unknown error only the first line is shown, with long digit runs hidden.
 * What knows the faults of the database and of the map is loaded for them alone.
 */
export async function describeFault(error: unknown): Promise<Fault> {
  // Commander has printed its message already. Help and version are no faults.
  if (error instanceof CommanderError) return { code: error.exitCode === 0 ? EXIT.fine : EXIT.usage, lines: [] };
  if (error instanceof StatusIsNotOk) return { code: error.code, lines: error.lines };
  if (error instanceof UsageFault) return { code: EXIT.usage, lines: [error.message] };
  return { code: EXIT.failed, lines: error instanceof CommandFailure ? [error.message] : await linesOf(error) };
}

async function linesOf(error: unknown): Promise<readonly string[]> {
  const { ConfigError } = await import('../src/base/config.ts');
  const { IndexesMissing } = await import('../src/base/db/ensure-indexes.ts');
  const { isTransient } = await import('../src/base/db/faults.ts');
  const { KeysMissing } = await import('../src/base/keys/in-use.ts');
  const { DataMapError } = await import('../src/engine/map/load.ts');
  const { redactDigitRuns } = await import('../src/phone/scan.ts');
  if (error instanceof ConfigError || error instanceof DataMapError) return error.message.split('\n');
  if (error instanceof IndexesMissing || error instanceof KeysMissing) return [error.message];
  // The driver's message may name hosts and users.
  if (isTransient(error)) return ['MongoDB cannot be reached, or has no primary: see MONGODB_URI'];
  const text = error instanceof Error ? error.message : 'an unexpected error';
  return [redactDigitRuns(text.split('\n')[0] ?? '')];
}
