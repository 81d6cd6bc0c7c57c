import type { IncomingMessage } from 'node:http';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { isTransient } from '../../src/base/db/faults.ts';
import { ErasureFailure, type FailureName, LetheError } from '../../src/base/errors.ts';
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
  // A state of the data, for the operator to mend: no fault of the server's, and not cured by asking again.
  if (isNotRemovable(error)) return new LetheError('not_removable');
  if (isTransient(error)) return new LetheError('unavailable', undefined, { 'Retry-After': RETRY_AFTER_SECONDS });
  return new LetheError('internal');
}

/** Names the place of a record that cannot be erased: from the data map, never a value. */
export function logNotRemovable(logger: Logger, requestId: string | undefined, error: unknown): void {
  if (isNotRemovable(error))
    logger.warn('record not removable', { request_id: requestId, failure: error.failure, where: error.where });
}

const NOT_REMOVABLE: readonly FailureName[] = [
  ...(['unsupported_type', 'unusable_file', 'refused', 'shard_key', 'shared_record', 'orphaned_records'] as const),
  ...(['number_in_id', 'ambiguous_number', 'unmapped_number'] as const),
];

const isNotRemovable = (error: unknown): error is ErasureFailure =>
  error instanceof ErasureFailure && NOT_REMOVABLE.includes(error.failure);

/**
 * The end of a failed request. Errors from 500 on are logged whole; the access line names every one.
 * @param present the door's own shape of an error
 */
export function handleErrors(logger: Logger, present: (error: LetheError) => unknown): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const known = toLetheError(error);
    response.locals.refusal = known.errorName;
    if (known.status >= 500) logger.error('request failed', { request_id: response.locals.requestId, error });
    logNotRemovable(logger, response.locals.requestId, error);
    if (response.headersSent) {
      // Not passed on: Express would print the error, and the answer has begun already.
      response.destroy();
      return;
    }
    response.status(known.status).set(known.headers);
    endRefused(request, response, present(known));
  };
}

/** How long, and how far, a body that was refused unread is still taken in: a client that sends may not look up before. */
const LINGER_MS = 1_000;
const LINGER_BYTES = 1_048_576;

/**
 * Answers a refused request at once, also one whose body is still coming, and ends its connection then: the rest of the
 * body is dropped for a moment, as a connection that is reset may take the answer with it.
 */
export function endRefused(request: Request, response: Response, body: unknown): void {
  if (!hasUnreadBody(request)) {
    response.json(body);
    return;
  }
  const text = JSON.stringify(body);
  response.set({ Connection: 'close', 'Content-Type': 'application/json; charset=utf-8' });
  response.set('Content-Length', String(Buffer.byteLength(text))).write(text);
  let left = LINGER_BYTES;
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.once('end', end).once('close', end);
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) end();
  });
}

/** Is there more of the body to come? */
function hasUnreadBody({ headers, readableEnded }: IncomingMessage): boolean {
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

/** `{"error":{"code","msg"}}`: the shape of the forget and status contract, and what the error knows beside it. */
export function presentError(error: LetheError): unknown {
  return { error: { code: error.code, msg: error.message }, ...error.facts };
}
