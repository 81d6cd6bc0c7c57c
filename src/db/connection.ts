import mongoose from 'mongoose';

export interface DatabaseOptions {
  readonly uri: string;
  readonly database: string;
  /** Connections this process may hold. */
  readonly poolSize: number;
  /** How long an operation looks for a server before it fails. */
  readonly serverSelectionMs: number;
}

/**
 * Opens a connection with every guard on: no buffering of commands while the server is away, no index built behind
 * an operator's back, filters strict and sanitised, writes acknowledged by a majority and journalled.
 * It does not wait for the server: the first operation does, for at most `serverSelectionMs`.
 */
export function openDatabase(options: DatabaseOptions): mongoose.Connection {
  // An instance of its own: the global one's settings belong to nobody.
  const instance = new mongoose.Mongoose({
    strictQuery: 'throw',
    sanitizeFilter: true,
    autoIndex: false,
    autoCreate: false,
    bufferCommands: false,
  });
  const connection = instance.createConnection(options.uri, {
    dbName: options.database,
    maxPoolSize: options.poolSize,
    serverSelectionTimeoutMS: options.serverSelectionMs,
    connectTimeoutMS: options.serverSelectionMs,
    socketTimeoutMS: 60_000,
    heartbeatFrequencyMS: 2_000,
    writeConcern: { w: 'majority', journal: true },
    readConcern: { level: 'majority' },
    ignoreUndefined: false,
    appName: 'lethe',
  });
  // The failure belongs to whoever runs the first operation; without a listener it would end the process.
  connection.asPromise().catch(() => {});
  connection.on('error', () => {});
  return connection;
}

/**
 * The native database of a connection.
 * @param database its name: a connection that is still being opened does not know it, and would give another one
 */
export function nativeDb(connection: mongoose.Connection, database: string): mongoose.mongo.Db {
  return connection.getClient().db(database);
}

/** Could the same operation succeed later: server away, primary stepping down, write conflict? */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { MongoError, MongoServerError, MongoNetworkError, MongoServerSelectionError } = mongoose.mongo;
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  if (error instanceof MongoServerError) {
    return (
      error.hasErrorLabel('TransientTransactionError') ||
      error.hasErrorLabel('RetryableWriteError') ||
      (typeof error.code === 'number' && TRANSIENT_CODES.has(error.code))
    );
  }
  if (error instanceof MongoError) return TRANSIENT_NAMES.has(error.name);
  return error instanceof mongoose.Error.MongooseServerSelectionError || TRANSIENT_NAMES.has(error.name);
}

const TRANSIENT_CODES = new Set([6, 7, 50, 64, 89, 91, 112, 134, 189, 202, 262, 10107, 11600, 11602, 13435, 13436]);
const TRANSIENT_NAMES = new Set([
  'MongoNotConnectedError',
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
