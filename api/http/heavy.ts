import type { Request, RequestHandler, Response } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import { countedAs } from './auth.ts';

/** Work that may take long and read much. `gone` aborts when the caller is there no more. */
type HeavyWork = (request: Request, response: Response, gone: AbortSignal) => Promise<void>;

/** Makes a route's handler of heavy work. */
export type LimitHeavy = (work: HeavyWork) => RequestHandler;

/** Calls of one account under way at once in a process. */
const MOST_AT_ONCE = 4;
const RETRY_AFTER_SECONDS = '1';

/**
 * Limits how many heavy calls of one account are under way at once, all routes together: connections to the database and
 * time of the event loop are everybody's. The rate limit does not: a few hundred of these a second are too many.
 * A place is free again when the work has ended, not when the caller goes.
 */
export function createHeavyLimit(): LimitHeavy {
  const underWay = new Map<string, number>();
  return (work) => async (request, response) => {
    const account = countedAs(response);
    const before = underWay.get(account) ?? 0;
    if (before >= MOST_AT_ONCE)
      throw new LetheError('rate_limited', 'Too many calls of this kind at once', {
        'Retry-After': RETRY_AFTER_SECONDS,
      });
    underWay.set(account, before + 1);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      await work(request, response, gone.signal);
    } catch (error) {
      // The work ended because nobody waits for it: there is no fault, and nobody to tell of it.
      if (!gone.signal.aborted || response.writableFinished) throw error;
    } finally {
      const left = (underWay.get(account) ?? 1) - 1;
      if (left > 0) underWay.set(account, left);
      else underWay.delete(account);
    }
  };
}
