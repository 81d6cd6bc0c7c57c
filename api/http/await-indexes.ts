import type { RequestHandler } from 'express';
import { isTransient } from '../../src/base/db/faults.ts';
import { LetheError } from '../../src/base/errors.ts';

/**
 * Lets nothing through before Lethe's indexes exist: without them two equal requests at the same instant are both
 * accepted. An API that starts before its database waits for them here. Afterwards it costs nothing.
 * @param prepare builds missing indexes
 */
export function awaitIndexes(prepare: () => Promise<void>): RequestHandler {
  let ready: Promise<void> | undefined;
  return async (_request, _response, next) => {
    ready ??= prepare().catch((error: unknown) => {
      // A map that does not fit the accounts would erase other people's records: nothing is served then. Any other fault
      // is the operator's: it was logged at the start, and would be the same at the next request.
      if (!isTransient(error) && !(error instanceof LetheError)) return;
      ready = undefined;
      throw error;
    });
    await ready;
    next();
  };
}
