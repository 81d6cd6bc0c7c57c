import type mongoose from 'mongoose';
import type { Config } from './base/config.ts';
import { openDatabase } from './base/db/connection.ts';
import { dropFormerIndexes, ensureIndexes, findMissingIndexes } from './base/db/ensure-indexes.ts';
import { checkKeys, findMissingKeys, type HeldKeys, type KeyIdState, listKeyIds } from './base/keys/in-use.ts';
import { openProcessorSigner, type ProcessorSigner } from './base/keys/processor-signer.ts';
import { createSeal, type Seal } from './base/keys/seal.ts';
import { createSigner, type Signer } from './base/keys/signer.ts';
import { createTokens, type Tokens } from './base/keys/token.ts';
import type { Logger } from './base/log.ts';
import { type IdentityProvider, openIdentityProvider } from './base/oidc/identity-provider.ts';
import { type Times, timesOf } from './base/times.ts';
import { createReportErasure } from './contracts/access/reports/clear.ts';
import { createReportFolder } from './contracts/access/reports/folder.ts';
import { apartFrom, loadDataMap } from './engine/map/load.ts';
import { profileFor } from './engine/map/profile.ts';
import type { DataMap } from './engine/map/schema.ts';
import { compilePlan, type Plan } from './engine/plan.ts';
import { createRecordStore, type RecordStore } from './engine/store.ts';
import { neededIndexes } from './indexes.ts';
import { keyPlaces } from './key-places.ts';
import { type Accounts, createAccounts } from './ledger/accounts/accounts.ts';
import {
  type CountriesOf,
  createCountriesOf,
  createStatedCountriesOf,
  type StatedCountriesOf,
} from './ledger/accounts/countries.ts';
import { createKeys, type Keys } from './ledger/accounts/keys.ts';
import { assertOneTenant } from './ledger/accounts/one-tenant.ts';
import { type Audit, createAudit } from './ledger/audit/audit.ts';
import { createAuditSeal } from './ledger/audit/entry.ts';
import { createPeople, type People } from './ledger/people/people.ts';
import { createSessions, type Sessions } from './ledger/people/sessions.ts';
import { createReceipts, type Receipts } from './ledger/receipts/receipts.ts';
import { createFiles, type Files } from './ledger/recordings/files.ts';
import { noteMissingFiles } from './ledger/recordings/missing-files.ts';
import { openStorage } from './ledger/recordings/open-storage.ts';
import type { Copies } from './ledger/requests/copies.ts';
import { suppressionEntry } from './ledger/suppression/list.ts';
import { createSuppressedRows, type SuppressedRows } from './ledger/suppression/suppressed.ts';
import { createSuppressions, type Suppressions } from './ledger/suppression/suppression.ts';
import { openTombstoneStore, type TombstoneStore } from './ledger/tombstones/store.ts';
import { createNews, type NoteNews } from './ledger/webhooks/news.ts';

/** The parts of the engine that API, workers and command line share: one set a process, made from the configuration. */
export interface Core {
  readonly config: Config;
  readonly times: Times;
  readonly connection: mongoose.Connection;
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  readonly plan: Plan;
  /** Whose national writings of numbers are read in an account's records. */
  readonly countriesOf: CountriesOf;
  readonly statedCountriesOf: StatedCountriesOf;
  readonly store: RecordStore;
  readonly suppressions: Suppressions;
  readonly suppressed: SuppressedRows;
  readonly tokens: Tokens;
  readonly seal: Seal;
  readonly signer: Signer;
  /** Signs what OpenDSR says; null where it is not set up. */
  readonly processor: ProcessorSigner | null;
  readonly receipts: Receipts;
  readonly audit: Audit;
  /** Notes what webhooks are to be told. */
  readonly note: NoteNews;
  readonly files: Files;
  readonly copies: Copies;
  /** Where tombstones are written down outside of the database, if they are. */
  readonly tombstoneStore: TombstoneStore | null;
  readonly accounts: Accounts;
  readonly keys: Keys;
  readonly people: People;
  readonly sessions: Sessions;
  /** Who says who people are, beside passwords; null where that is not set up. */
  readonly identityProvider: IdentityProvider | null;
  /**
   * Builds the indexes that Lethe needs where they are missing, sees that no key is missing that is in use, and drops
   * indexes that former versions have left.
   * @throws as `ensureIndexes` and `checkKeys`; LetheError for a map that does not fit the accounts
   */
  prepare(): Promise<void>;
  /** Names the indexes that are missing now. */
  missingIndexes(): Promise<string[]>;
  /** Names the keys that are in use and not at hand. */
  missingKeys(): Promise<string[]>;
  /** Every key that was ever written with, and those at hand, by their ids. */
  keyIds(): Promise<KeyIdState[]>;
  close(): Promise<void>;
}

/**
 * Wires the engine. Opens the connection without waiting for the server.
 * @param options.poolSize connections to MongoDB this process may hold
 * @param options.serverSelectionMs how long an operation waits for a server that is not there; 2 s if not given
 * @param options.logger told of recordings that are not there
 * @throws DataMapError, ConfigError
 */
export function createCore(
  config: Config,
  options: { poolSize: number; serverSelectionMs?: number; logger?: Logger },
): Core {
  const { LETHE_DATABASE: own, MONGODB_DATABASE: platform } = config;
  const dataMap = apartFrom(loadDataMap(config.DATA_MAP), own, platform);
  const storage = openStorage(config);
  const tombstoneStore = openTombstoneStore(config);
  const times = timesOf(config);
  const database = openDatabase({
    uri: config.MONGODB_URI,
    database: own ?? platform,
    poolSize: options.poolSize,
    serverSelectionMs: options.serverSelectionMs ?? 2_000,
  });
  const { connection, db } = database;
  const list = suppressionEntry(dataMap);
  const [indexes, places] = [neededIndexes(list), keyPlaces(dataMap)];
  const held: HeldKeys = {
    rings: { seal: config.LETHE_SEAL_KEYS, token: config.LETHE_TOKEN_KEYS, receipt: config.RECEIPT_KEYS },
    lost: config.LETHE_LOST_KEYS,
  };
  const seal = createSeal(config.LETHE_SEAL_KEYS);
  const signer = createSigner(config.RECEIPT_KEYS);
  const audit = createAudit(db, createAuditSeal(config.LETHE_TOKEN_KEYS));
  return {
    config,
    times,
    connection,
    db,
    dataMap,
    plan: compilePlan(dataMap, profileFor('forget', dataMap)),
    countriesOf: createCountriesOf(dataMap, config),
    statedCountriesOf: createStatedCountriesOf(dataMap, config),
    store: createRecordStore(db),
    suppressions: createSuppressions(db, dataMap),
    suppressed: createSuppressedRows(db, dataMap),
    tokens: createTokens(config.LETHE_TOKEN_KEYS),
    seal,
    signer,
    processor: openProcessorSigner(config),
    receipts: createReceipts({ db, signer, dataMap }),
    audit,
    note: createNews(db),
    files: createFiles({ db, seal, storage, times, onMissing: noteMissingFiles(db, options.logger) }),
    copies: createReportErasure({ db, folder: createReportFolder(config.REPORTS_DIR), audit }),
    tombstoneStore,
    accounts: createAccounts(connection),
    keys: createKeys(connection),
    people: createPeople(db),
    sessions: createSessions(db, { idleMs: times.sessionIdleMs, longestMs: times.sessionMs }),
    identityProvider: openIdentityProvider(config),
    async prepare() {
      await assertOneTenant(db, dataMap);
      await ensureIndexes(db, indexes);
      await checkKeys(db, places, held);
      await dropFormerIndexes(db, indexes);
    },
    missingIndexes: () => findMissingIndexes(db, indexes),
    missingKeys: () => findMissingKeys(db, places, held),
    keyIds: () => listKeyIds(db, held),
    close: database.close,
  };
}
