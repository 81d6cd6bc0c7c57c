import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Logger } from '../../src/base/log.ts';
import type { Metrics } from '../../src/ops/metrics.ts';

/**
 * Gives every request an id and logs its end. The route's pattern is logged, never the path: a path may hold a number.
 * An id of the caller's own is not taken over, for the same reason.
 */
export function logAccess(logger: Logger, metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const started = process.hrtime.bigint();
    const requestId = randomUUID();
    response.locals.requestId = requestId;
    response.set({ 'X-Request-Id': requestId, 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' });
    response.on('close', () => {
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      const route = typeof request.route?.path === 'string' ? request.route.path : 'none';
      metrics.observeRequest(route, request.method, response.statusCode, seconds);
      const account = response.locals.caller?.account._id;
      logger.info('http', {
        request_id: requestId,
        method: request.method,
        route,
        status: response.statusCode,
        ms: Math.round(seconds * 10_000) / 10,
        ...(account && { account, key: response.locals.caller?.keyId }),
        ...(!response.writableFinished && { aborted: true }),
      });
    });
    next();
  };
}
