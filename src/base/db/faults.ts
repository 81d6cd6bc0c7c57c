import mongoose from 'mongoose';

/** An error of Lethe's own that says: nothing was changed, the same may succeed when it is tried again. */
export class PassingFault extends Error {
  override readonly name: string = 'PassingFault';
}

/** Could the same operation succeed later: server away, primary stepping down, write conflict? */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof PassingFault) return true;
  const { MongoError, MongoServerError, MongoNetworkError, MongoServerSelectionError } = mongoose.mongo;
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  // A socket that breaks while a command is being written reaches us as Node's own error.
  if (SOCKET_CODES.has(String((error as NodeJS.ErrnoException).code))) return true;
  if (error instanceof MongoServerError) {
    // A bulk write wraps whatever stopped it, a lost server included, into an error of its own.
    const cause: unknown = error.errorResponse;
    return (
      (cause instanceof Error && cause !== error && isTransient(cause)) ||
      error.hasErrorLabel('TransientTransactionError') ||
      error.hasErrorLabel('RetryableWriteError') ||
      (typeof error.code === 'number' && TRANSIENT_CODES.has(error.code))
    );
  }
  if (error instanceof MongoError) return TRANSIENT_NAMES.has(error.name);
  return error instanceof mongoose.Error.MongooseServerSelectionError || TRANSIENT_NAMES.has(error.name);
}

/** What may be gone at the next attempt (MongoDB's error_codes.yml): the retryable ones, and those of a busy cluster. */
const TRANSIENT_CODES = new Set([
  // Network, time limits, primaries that step down, writes that conflict.
  ...[6, 7, 50, 64, 89, 91, 112, 133, 134, 189, 202, 262, 384],
  ...[9001, 10107, 11600, 11602, 13435, 13436],
  // LockTimeout, CursorNotFound, LockBusy, CursorKilled: the operation was begun and not done.
  ...[24, 43, 46, 237],
  // A chunk or an index moved meanwhile: StaleEpoch, QueryPlanKilled, StaleChunkHistory, MigrationConflict, StaleConfig.
  ...[150, 175, 250, 272, 13388],
  // A server, or a connection pool of a router, that has too much to do.
  ...[365, 402, 407, 433, 449],
]);
const SOCKET_CODES = new Set(['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH']);
const TRANSIENT_NAMES = new Set([
  'MongoNotConnectedError',
  'MongoServerClosedError',
  'MongoTopologyClosedError',
  'MongoClientClosedError',
  'MongoPoolClosedError',
  'MongoPoolClearedError',
  'MongoWaitQueueTimeoutError',
  'MongoOperationTimeoutError',
  'MongoExpiredSessionError',
  'PoolClearedOnNetworkError',
]);

/** Is it a unique index refusing a second document? Engines differ in what they say beside the code. */
export function isDuplicateKey(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 11000;
}
