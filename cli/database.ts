import type mongoose from 'mongoose';
import { type ConfigName, readConfigPart } from '../src/base/config.ts';
import { openDatabase } from '../src/base/db/connection.ts';
import { apartFrom, loadDataMap } from '../src/engine/map/load.ts';
import type { DataMap } from '../src/engine/map/schema.ts';
import type { CommandContext } from './context.ts';

const DATABASE_VARIABLES = [
  'MONGODB_URI',
  'MONGODB_DATABASE',
  'LETHE_DATABASE',
] as const satisfies readonly ConfigName[];

export interface OpenDatabase {
  readonly connection: mongoose.Connection;
  /** That of Lethe's own collections. */
  readonly db: mongoose.mongo.Db;
  /** That of the platform's; most often the same. */
  readonly platform: mongoose.mongo.Db;
}

/**
 * Reads the data map as a process does that keeps its own collections in `OpenDatabase.db`.
 * @param file in place of `DATA_MAP`
 * @throws ConfigError, DataMapError
 */
export function readDataMap(context: CommandContext, file?: string): DataMap {
  const config = readConfigPart(context.env, ['DATA_MAP', 'MONGODB_DATABASE', 'LETHE_DATABASE']);
  return apartFrom(loadDataMap(file ?? config.DATA_MAP), config.LETHE_DATABASE, config.MONGODB_DATABASE);
}

/**
 * Runs a command's work on the database and closes the connection in any case. Reads only the database's variables.
 * @throws ConfigError, and what the work throws
 */
export async function withDatabase<Result>(
  context: CommandContext,
  work: (open: OpenDatabase) => Promise<Result>,
): Promise<Result> {
  const config = readConfigPart(context.env, DATABASE_VARIABLES);
  const database = openDatabase({
    uri: config.MONGODB_URI,
    database: config.LETHE_DATABASE ?? config.MONGODB_DATABASE,
    poolSize: 5,
    serverSelectionMs: 5_000,
  });
  try {
    // Ping first: an unreachable database is then reported as that, whatever the work begins with.
    await database.db.command({ ping: 1 });
    return await work({ ...database, platform: database.db.client.db(config.MONGODB_DATABASE) });
  } finally {
    await database.close();
  }
}
