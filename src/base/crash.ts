import type { Logger } from './log.ts';

/**
 * The net under a whole process: an error nobody caught is logged like any other, and the process ends with 1. Node
 * would print it with everything drivers hang on it, such as the command that failed, which holds a number.
 */
export function logCrashes(logger: Logger): void {
  process.on('uncaughtException', (error, origin) => {
    logger.error('crashed', { origin, error });
    process.exit(1);
  });
}
