import type mongoose from 'mongoose';
import { type ConfigName, readConfigPart } from '../src/base/config.ts';
import { openDatabase } from '../src/base/db/connection.ts';
import type { CommandContext } from './context.ts';

const DATABASE_VARIABLES = ['MONGODB_URI', 'MONGODB_DATABASE'] as const satisfies readonly ConfigName[];

export interface OpenDatabase {
  readonly connection: mongoose.Connection;
  readonly db: mongoose.mongo.Db;
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
    database: config.MONGODB_DATABASE,
    poolSize: 5,
    serverSelectionMs: 5_000,
  });
  try {
    // Ping first: an unreachable database is then reported as that, whatever the work begins with.
    await database.db.command({ ping: 1 });
    return await work(database);
  } finally {
    await database.close();
  }
}
