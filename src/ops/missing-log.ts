import { IndexesMissing } from '../base/db/ensure-indexes.ts';
import { KeysMissing } from '../base/keys/in-use.ts';
import type { Logger } from '../base/log.ts';

const AGAIN_MS = 60_000;

/** Is something missing that only an operator can put in place? */
export function isMissing(error: unknown): error is IndexesMissing | KeysMissing {
  return error instanceof IndexesMissing || error instanceof KeysMissing;
}

/**
 * @returns tells the log what is missing, with the cause: at once, and the same again once a minute at most. Other faults
 * are not its matter
 */
export function createMissingLog(logger: Pick<Logger, 'error'>): (error: unknown) => void {
  let last: { message: string; at: number } | undefined;
  return (error) => {
    if (!isMissing(error)) return;
    const { message, missing } = error;
    const now = performance.now();
    if (last?.message === message && now - last.at < AGAIN_MS) return;
    last = { message, at: now };
    const what = error instanceof IndexesMissing ? 'indexes are missing' : 'keys are missing';
    logger.error(what, { missing, error: error.cause ?? error });
  };
}
