import type { Logger } from './log.ts';

/** One thing to end, in its place in the order. */
export interface ShutdownStep {
  readonly name: string;
  run(): Promise<unknown> | unknown;
}

/** How long a process may live on after its last step. */
const LAST_CALL_MS = 2_000;

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Ends a process in order: each step after the one before, all of them even if one fails. A second signal, or the
 * time limit, ends it at once: what was under way is taken up by another worker when its lease runs out.
 * @returns a function that begins the shutdown without a signal; its promise ends with the last step
 */
export function installShutdown(
  steps: readonly ShutdownStep[],
  options: { timeoutMs: number; logger: Logger },
): (exitCode?: number) => Promise<void> {
  const { logger, timeoutMs } = options;
  let running: Promise<void> | undefined;
  const shutDown = (exitCode = 0): Promise<void> => {
    running ??= (async () => {
      const limit = setTimeout(() => {
        logger.error('shutdown took too long');
        process.exit(1);
      }, timeoutMs);
      let code = exitCode;
      for (const step of steps) {
        try {
          await step.run();
        } catch (error) {
          code = 1;
          logger.error('shutdown step failed', { step: step.name, error });
        }
      }
      clearTimeout(limit);
      logger.info('stopped');
      process.exitCode = code;
      // Only fires when something was left open: that must not keep a process that has ended its work.
      setTimeout(() => process.exit(code), LAST_CALL_MS).unref();
      for (const signal of SIGNALS) process.removeListener(signal, onSignal);
    })();
    return running;
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (running) {
      logger.warn('second signal: ending at once', { signal });
      process.exit(1);
    }
    logger.info('stopping', { signal });
    void shutDown();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return shutDown;
}
