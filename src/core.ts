import type mongoose from 'mongoose';
import { createReportErasure, type ReportErasure } from './access/clear-reports.ts';
import { createReportFolder } from './access/report-folder.ts';
import { type Accounts, createAccounts } from './accounts/accounts.ts';
import { createKeys, type Keys } from './accounts/keys.ts';
import { type Audit, createAudit } from './audit/audit.ts';
import { createAuditSeal } from './audit/entry.ts';
import type { Config } from './config.ts';
import { loadDataMap } from './data-map/load.ts';
import type { DataMap } from './data-map/schema.ts';
import { openDatabase } from './db/connection.ts';
import { ensureIndexes } from './db/indexes.ts';
import { compilePlan, type Plan } from './erasure/plan.ts';
import { profileFor } from './erasure/profile.ts';
import { createRecordStore, type RecordStore } from './erasure/store.ts';
import { createFiles, type Files } from './files/files.ts';
import { openStorage } from './files/open-storage.ts';
import { createSeal, type Seal } from './subject/seal.ts';
import { createTokens, type Tokens } from './subject/token.ts';
import { createSuppressions, type Suppressions, suppressionEntry } from './suppression/suppression.ts';

/** The parts of the engine that API, workers and command line share: one set a process, made from the configuration. */
export interface Core {
  readonly config: Config;
  readonly connection: mongoose.Connection;
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  readonly plan: Plan;
  readonly store: RecordStore;
  readonly suppressions: Suppressions;
  readonly tokens: Tokens;
  readonly seal: Seal;
  readonly audit: Audit;
  readonly files: Files;
  readonly reportErasure: ReportErasure;
  readonly accounts: Accounts;
  readonly keys: Keys;
  /** Builds the indexes of Lethe's own collections where they are missing. */
  prepare(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Wires the engine. Opens the connection without waiting for the server.
 * @param options.poolSize connections to MongoDB this process may hold
 * @throws DataMapError, ConfigError
 */
export function createCore(config: Config, options: { poolSize: number }): Core {
  const dataMap = loadDataMap(config.DATA_MAP);
  const storage = openStorage(config);
  const database = openDatabase({
    uri: config.MONGODB_URI,
    database: config.MONGODB_DATABASE,
    poolSize: options.poolSize,
    serverSelectionMs: 2_000,
  });
  const { connection, db } = database;
  const suppression = suppressionEntry(dataMap);
  const seal = createSeal(config.LETHE_SEAL_KEYS);
  const audit = createAudit(db, createAuditSeal(config.LETHE_TOKEN_KEYS));
  return {
    config,
    connection,
    db,
    dataMap,
    plan: compilePlan(dataMap, profileFor('forget', dataMap)),
    store: createRecordStore(db),
    suppressions: createSuppressions(db, dataMap),
    tokens: createTokens(config.LETHE_TOKEN_KEYS),
    seal,
    audit,
    files: createFiles({ db, seal, storage, retryBaseMs: config.RETRY_BASE_MS }),
    reportErasure: createReportErasure({ db, folder: createReportFolder(config.REPORTS_DIR), audit }),
    accounts: createAccounts(connection),
    keys: createKeys(connection),
    prepare: () => ensureIndexes(db, suppression),
    close: database.close,
  };
}
