import { setTimeout as pause } from 'node:timers/promises';
import mongoose from 'mongoose';
import { ConfigError } from '../config.ts';
import { failBrokenWrites } from './broken-sockets.ts';

export interface DatabaseOptions {
  readonly uri: string;
  readonly database: string;
  /** Connections this process may hold. */
  readonly poolSize: number;
  /** How long an operation looks for a server before it fails. */
  readonly serverSelectionMs: number;
}

/** An open database: one client, and Mongoose's models on top of it. */
export interface Database {
  readonly connection: mongoose.Connection;
  readonly db: mongoose.mongo.Db;
  close(): Promise<void>;
}

/** Rest between two attempts to reach a server that has not been there yet. */
const ATTEMPT_PAUSE_MS = 1_000;

/**
 * Opens a connection with every guard on: no buffering of commands while the server is away, no index built behind
 * an operator's back, filters strict and sanitised, reads from the primary, writes acknowledged by a majority and
 * journalled, whatever the connection string says of them.
 * It does not wait for the server: each operation does, for at most `serverSelectionMs`.
 * @throws ConfigError when the URI is none
 */
export function openDatabase(options: DatabaseOptions): Database {
  // An instance of its own: the global one's settings belong to nobody.
  const instance = new mongoose.Mongoose({
    strictQuery: 'throw',
    sanitizeFilter: true,
    autoIndex: false,
    autoCreate: false,
    bufferCommands: false,
  });
  const endWatch = failBrokenWrites();
  const client = createClient(options);
  const connection = instance.createConnection();
  connection.on('error', () => {});
  client.once('topologyOpening', () => connection.setClient(client));
  const closing = new AbortController();
  void keepConnecting(client, closing.signal);
  return {
    connection,
    db: client.db(options.database),
    async close() {
      closing.abort();
      await connection.close();
      await client.close();
      endWatch();
    },
  };
}

function createClient(options: DatabaseOptions): mongoose.mongo.MongoClient {
  try {
    return new mongoose.mongo.MongoClient(withoutConcerns(options.uri), {
      // Read by the driver though its types do not say so; Mongoose takes the name of the models' database from it.
      ...({ dbName: options.database } as object),
      maxPoolSize: options.poolSize,
      serverSelectionTimeoutMS: options.serverSelectionMs,
      connectTimeoutMS: options.serverSelectionMs,
      socketTimeoutMS: 60_000,
      heartbeatFrequencyMS: 2_000,
      writeConcern: { w: 'majority', journal: true },
      readConcern: { level: 'majority' },
      readPreference: 'primary',
      ignoreUndefined: false,
      appName: 'lethe',
    });
  } catch {
    // The driver's message repeats the URI, and the URI holds a password.
    throw new ConfigError('MONGODB_URI is not a connection string of MongoDB');
  }
}

const CONCERNS = new Set([
  ...['readpreference', 'readpreferencetags', 'maxstalenessseconds', 'readconcernlevel'],
  ...['w', 'wtimeout', 'wtimeoutms', 'journal', 'j', 'fsync'],
]);

/**
 * A connection string without what it says about reads and writes. The driver lets it win over the options: a search on
 * a secondary that lags would find a number gone that is still there.
 */
function withoutConcerns(uri: string): string {
  const [servers = '', ...rest] = uri.split('?');
  const kept = rest
    .join('?')
    .split('&')
    .filter((pair) => !CONCERNS.has((pair.split('=')[0] ?? '').toLowerCase()));
  return rest.length === 0 ? uri : `${servers}?${kept.join('&')}`;
}

/**
 * Connects once, however long it takes. A client whose first attempt failed would otherwise answer every operation
 * with "topology is closed" for the rest of the process's life; one that was connected finds its server again by itself.
 */
async function keepConnecting(client: mongoose.mongo.MongoClient, closing: AbortSignal): Promise<void> {
  while (!closing.aborted) {
    try {
      await client.connect();
      return;
    } catch {
      // Whoever runs an operation meanwhile gets the error.
      await pause(ATTEMPT_PAUSE_MS, undefined, { signal: closing }).catch(() => {});
    }
  }
}
