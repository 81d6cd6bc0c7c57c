import type { IncomingMessage } from 'node:http';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { isTransient } from '../../src/base/db/faults.ts';
import { LetheError } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/log.ts';

const RETRY_AFTER_SECONDS = '5';

/** Turns whatever was thrown into an error of the table. An unknown one is `internal`. */
export function toLetheError(error: unknown): LetheError {
  if (error instanceof LetheError) return error;
  const { type, status } = error as { type?: unknown; status?: unknown };
  if (type === 'entity.too.large') return new LetheError('body_too_large');
  if (status === 413) return new LetheError('body_too_large');
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new LetheError('bad_input', 'The request cannot be read');
  if (isTransient(error)) return new LetheError('unavailable', undefined, { 'Retry-After': RETRY_AFTER_SECONDS });
  return new LetheError('internal');
}

/**
 * The end of a failed request. Errors from 500 on are logged whole; the access line names every one.
 * @param present the door's own shape of an error
 */
export function handleErrors(logger: Logger, present: (error: LetheError) => unknown): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const known = toLetheError(error);
    response.locals.refusal = known.errorName;
    if (known.status >= 500) logger.error('request failed', { request_id: response.locals.requestId, error });
    if (response.headersSent) {
      // Not passed on: Express would print the error, and the answer has begun already.
      response.destroy();
      return;
    }
    // A body that was refused unread need not be sent to its end.
    if (hasUnreadBody(request)) response.set('Connection', 'close');
    response.status(known.status).set(known.headers).json(present(known));
  };
}

/** Is there more of the body to come? */
export function hasUnreadBody({ headers, readableEnded }: IncomingMessage): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
  return hasBody && !readableEnded;
}

/**
 * For a path that exists under other methods.
 * @param allow these, as the header `Allow` lists them (RFC 9110, section 15.5.6)
 */
export const refuseMethod =
  (allow: string): RequestHandler =>
  () => {
    throw new LetheError('method_not_allowed', undefined, { Allow: allow });
  };

/** `{"error":{"code","msg"}}`: the shape of the forget and status contract. */
export function presentError(error: LetheError): unknown {
  return { error: { code: error.code, msg: error.message } };
}
