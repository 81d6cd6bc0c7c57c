import { CommanderError } from 'commander';
import { ConfigError } from '../src/base/config.ts';
import { IndexesMissing } from '../src/base/db/ensure-indexes.ts';
import { isTransient } from '../src/base/db/faults.ts';
import { KeysMissing } from '../src/base/keys/in-use.ts';
import { DataMapError } from '../src/engine/map/load.ts';
import { redactDigitRuns } from '../src/phone/scan.ts';

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

/** Maps an error to exit code and lines. Of an unknown error only the first line is shown, with long digit runs hidden. */
export function describeFault(error: unknown): Fault {
  // Commander has printed its message already. Help and version are no faults.
  if (error instanceof CommanderError) return { code: error.exitCode === 0 ? EXIT.fine : EXIT.usage, lines: [] };
  if (error instanceof StatusIsNotOk) return { code: error.code, lines: error.lines };
  if (error instanceof UsageFault) return { code: EXIT.usage, lines: [error.message] };
  if (error instanceof CommandFailure) return { code: EXIT.failed, lines: [error.message] };
  if (error instanceof ConfigError || error instanceof DataMapError)
    return { code: EXIT.failed, lines: error.message.split('\n') };
  if (error instanceof IndexesMissing || error instanceof KeysMissing)
    return { code: EXIT.failed, lines: [error.message] };
  // The driver's message may name hosts and users.
  if (isTransient(error))
    return { code: EXIT.failed, lines: ['MongoDB cannot be reached, or has no primary: see MONGODB_URI'] };
  const text = error instanceof Error ? error.message : 'an unexpected error';
  return { code: EXIT.failed, lines: [redactDigitRuns(text.split('\n')[0] ?? '')] };
}
