import type mongoose from 'mongoose';
import type { Finding } from './findings.ts';

/** What became of the index that a finding asks for. */
export interface CreatedIndex {
  readonly finding: Finding;
  /** Why the server refused it; undefined: it is there now. */
  readonly fault?: string;
}

/**
 * Creates the indexes that findings ask for, one after the other; each returns when its index serves queries. MongoDB
 * lets reads and writes go on meanwhile.
 */
export async function* createIndexes(
  db: mongoose.mongo.Db,
  findings: readonly Finding[],
): AsyncGenerator<CreatedIndex> {
  for (const finding of findings) {
    if (finding.index === undefined) continue;
    const { database, collection, keys } = finding.index;
    const within = database === undefined ? db : db.client.db(database);
    try {
      await within.collection(collection).createIndex({ ...keys });
      yield { finding };
    } catch (error) {
      const { codeName } = error as { codeName?: unknown };
      if (typeof codeName !== 'string') throw error;
      yield { finding, fault: codeName };
    }
  }
}
