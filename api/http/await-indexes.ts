import type { RequestHandler } from 'express';
import { isTransient } from '../../src/base/db/connection.ts';

/**
 * Lets nothing through before Lethe's indexes are there, which an API that starts before its database has yet to see:
 * without them two equal requests at the same instant are two. Once they are there it costs nothing.
 * @param prepare builds what is missing
 */
export function awaitIndexes(prepare: () => Promise<void>): RequestHandler {
  let ready: Promise<void> | undefined;
  return async (_request, _response, next) => {
    ready ??= prepare().catch((error: unknown) => {
      // Any other fault is the operator's: it was logged at the start, and would be the same at the next request.
      if (!isTransient(error)) return;
      ready = undefined;
      throw error;
    });
    await ready;
    next();
  };
}
