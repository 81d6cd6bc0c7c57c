import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Logger } from '../../src/base/log.ts';
import type { Metrics } from '../../src/ops/metrics.ts';

/** The headers of every answer. */
export const commonHeaders = (requestId: string) => ({
  'X-Request-Id': requestId,
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
});

/**
 * Gives every request an id, and logs its end: `error` says why it was refused, by the name of the error. The route's
 * pattern is logged, never the path: a path may hold a number. A caller's own request id is ignored, for the same
 * reason.
 */
export function logAccess(logger: Logger, metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const started = process.hrtime.bigint();
    const requestId = randomUUID();
    response.locals.requestId = requestId;
    response.set(commonHeaders(requestId));
    response.on('close', () => {
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      const route = typeof request.route?.path === 'string' ? request.route.path : 'none';
      metrics.observeRequest(route, request.method, response.statusCode, seconds);
      const { caller, principal, refusal, triedKey } = response.locals;
      const person = principal?.session?.person._id;
      logger.info('http', {
        request_id: requestId,
        method: request.method,
        route,
        status: response.statusCode,
        ms: Math.round(seconds * 10_000) / 10,
        ...(refusal !== undefined && { error: refusal }),
        ...(caller && { account: caller.account._id }),
        ...(person === undefined ? caller && { key: caller.actor } : { person }),
        ...(!principal && triedKey !== undefined && { tried: triedKey, address: request.ip }),
        ...(!response.writableFinished && { aborted: true }),
      });
    });
    next();
  };
}
