import type { RequestHandler } from 'express';
import type { Logger } from '../../src/base/log.ts';
import { createMissingLog, isMissing } from '../../src/ops/missing-log.ts';

/** How long a refusal is told again before the indexes are looked for anew: each look is a round of commands. */
const AGAIN_MS = 2_000;

/**
 * Lets nothing through before Lethe's indexes and keys are there, whatever the reason: without an index equal requests at
 * the same instant are both accepted, without a key suppressions are not found. An API that starts before its database waits for them here; one whose user may not build
 * them stays closed until somebody else has. Afterwards it costs nothing.
 * @param prepare builds missing indexes, and looks for keys
 */
export function awaitIndexes(prepare: () => Promise<void>, logger: Pick<Logger, 'error'>): RequestHandler {
  const logMissing = createMissingLog(logger);
  let refused: { error: Error; until: number } | undefined;
  let ready: Promise<void> | undefined;
  const look = (): Promise<void> =>
    prepare().catch((error: unknown) => {
      ready = undefined;
      if (isMissing(error)) refused = { error, until: performance.now() + AGAIN_MS };
      logMissing(error);
      throw error;
    });
  return async (_request, _response, next) => {
    if (!ready && refused && performance.now() < refused.until) throw refused.error;
    ready ??= look();
    await ready;
    next();
  };
}
