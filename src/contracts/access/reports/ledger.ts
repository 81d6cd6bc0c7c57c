import { randomUUID } from 'node:crypto';
import mongoose from 'mongoose';
import type { SealedPlace } from '../../../base/keys/rewrap.ts';
import type { Seal } from '../../../base/keys/seal.ts';
import type { Direction, Product } from '../../../engine/map/schema.ts';
import type { Account } from '../../../ledger/accounts/accounts.ts';
import type { Call } from '../../../ledger/work/call.ts';
import { newWork, type WorkRow } from '../../../ledger/work/row.ts';
import type { Party, RecordQuery } from '../query.ts';
import type { ReportFolder } from './folder.ts';

export const REPORTS = 'lethe_reports';

/** What a report may be in, as the reports API names it. The first two are unfinished. */
export type ReportState = 'PENDING' | 'PROCESSING' | 'SUCCESS' | 'TRUNCATED' | 'ABORTED' | 'FAILED';
export type ReportFormat = 'csv' | 'json';

/** One end of the wanted records; a number is sealed, and dropped with the end of the work. */
type StoredParty = { readonly sealed: string } | { readonly name: string };

/** One report in the ledger: the truth about it. The queue holds nothing that is not here. */
export interface Report extends WorkRow {
  readonly _id: mongoose.mongo.ObjectId;
  /** A UUID: what customers know it by. */
  readonly request_id: string;
  /** Lethe's account. */
  readonly account_id: string;
  readonly requested_by: string;
  readonly format: ReportFormat;
  readonly include_message: boolean;
  readonly query: {
    readonly product?: Product;
    readonly direction?: Direction;
    readonly status?: string;
    readonly since?: Date;
    readonly until?: Date;
  };
  readonly from?: StoredParty;
  readonly to?: StoredParty;
  /** Stands for the number of `to` or `from` in the audit. */
  readonly token?: string;
  state: ReportState;
  /** Present and true until the work ends: the partial index is on it. */
  unfinished?: true;
  readonly created_at: Date;
  started_at?: Date;
  completed_at?: Date;
  /** Names of files that are being written, or that an attempt has left behind: an erasure must know of them. */
  drafts?: readonly string[];
  /** Present and true while a file of it, half or whole, may be in the reports' folder: the partial index is on it. */
  on_disk?: true;
  failures: number;
  /** How often an erasure sent it back to its beginning. */
  restarts?: number;
  items_count?: number;
  /** The finished file's name in the reports' folder; gone when the file is. */
  file?: string;
  /** The finished file's size. */
  bytes?: number;
  /** When the file goes. */
  expires_at?: Date;
  /** When an erasure took the file away, since it held the number. */
  file_removed_at?: Date;
}

export function reportsOf(db: mongoose.mongo.Db): mongoose.mongo.Collection<Report> {
  return db.collection<Report>(REPORTS);
}

/** How the queue is told of a report. */
export const REPORT_CALL: Call<Pick<Report, 'account_id' | 'request_id' | 'generation'>, 'report'> = {
  what: 'report',
  job: 'report',
  keyOf: (report) => `report-${report.request_id}`,
  payloadOf: ({ account_id: account, request_id: report }) => ({ account, report }),
  factsOf: ({ request_id: report }) => ({ report }),
};

export interface NewReport {
  readonly account: Account;
  readonly actor: string;
  readonly query: RecordQuery;
  readonly format: ReportFormat;
  readonly includeMessage: boolean;
  readonly token?: string;
  readonly now: Date;
  /** How long the relay leaves a fresh report to the queue before it looks after it. */
  readonly graceMs: number;
}

/** Writes a report into the ledger: durable, and no number in it that is not sealed. */
export async function openReport(
  db: mongoose.mongo.Db,
  seal: Seal,
  input: NewReport,
  session?: mongoose.mongo.ClientSession,
): Promise<Report> {
  const { account, query, now } = input;
  const requestId = randomUUID();
  const store = (party: Party, end: 'from' | 'to'): StoredParty =>
    'number' in party ? { sealed: seal.close(party.number, contextOf(requestId, end)) } : { name: party.name };
  const { product, direction, status, since, until } = query;
  const report: Report = {
    _id: new mongoose.mongo.ObjectId(),
    request_id: requestId,
    account_id: account._id,
    requested_by: input.actor,
    format: input.format,
    include_message: input.includeMessage,
    query: {
      ...(product && { product }),
      ...(direction && { direction }),
      ...(status && { status }),
      ...(since && { since }),
      ...(until && { until }),
    },
    ...(query.from && { from: store(query.from, 'from') }),
    ...(query.to && { to: store(query.to, 'to') }),
    ...(input.token && { token: input.token }),
    state: 'PENDING',
    unfinished: true,
    created_at: now,
    ...newWork(now, input.graceMs),
    failures: 0,
  };
  await reportsOf(db).insertOne(report, { ...(session && { session }) });
  return report;
}

/** Unfinished reports, as a place where sealed texts stand. */
export const SEALED_REPORTS: SealedPlace<Report> = {
  collection: REPORTS,
  filter: { unfinished: true, look_at: { $gt: new Date(0) } },
  sealedIn: (report) =>
    (['from', 'to'] as const).flatMap((end) => {
      const party = report[end];
      if (!party || !('sealed' in party)) return [];
      return [{ path: `${end}.sealed`, text: party.sealed, context: contextOf(report.request_id, end) }];
    }),
};

/** What a report asks for, its numbers opened. @throws ErasureFailure `unsealable` */
export function queryOfReport(report: Report, seal: Seal): RecordQuery {
  const open = (party: StoredParty, end: 'from' | 'to'): Party =>
    'sealed' in party ? { number: seal.open(party.sealed, contextOf(report.request_id, end)) } : { name: party.name };
  return {
    ...report.query,
    ...(report.from && { from: open(report.from, 'from') }),
    ...(report.to && { to: open(report.to, 'to') }),
  };
}

const contextOf = (requestId: string, end: 'from' | 'to') => `${requestId}.${end}`;

/** An account's report; null when it is another account's, or none. */
export function findReport(db: mongoose.mongo.Db, account: string, requestId: string): Promise<Report | null> {
  return reportsOf(db).findOne(
    { account_id: account, request_id: requestId },
    { projection: { from: 0, to: 0, lease: 0, drafts: 0 } },
  );
}

/**
 * Stops a report that is unfinished, and takes away what there is of its file; its writer notices by its next write.
 * @returns whether there was one to stop
 */
export async function abortReport(
  db: mongoose.mongo.Db,
  folder: Pick<ReportFolder, 'remove'>,
  account: string,
  requestId: string,
  now: Date,
): Promise<boolean> {
  const stopped = await reportsOf(db).findOneAndUpdate(
    { account_id: account, request_id: requestId, unfinished: true },
    {
      $set: { state: 'ABORTED', completed_at: now },
      $unset: { unfinished: '', from: '', to: '', lease: '' },
    },
    { returnDocument: 'before' },
  );
  if (stopped) await dropDrafts(db, folder, stopped);
  return stopped !== null;
}

/** Takes away what a report that has ended left of its files, then says so: an erasure must know of them until they are gone. */
export async function dropDrafts(
  db: mongoose.mongo.Db,
  folder: Pick<ReportFolder, 'remove'>,
  { _id, account_id, drafts = [] }: Pick<Report, '_id' | 'account_id' | 'drafts'>,
): Promise<void> {
  if (drafts.length === 0) return;
  for (const draft of drafts) await folder.remove(draft);
  await reportsOf(db).updateOne(
    { _id, account_id, unfinished: { $exists: false }, drafts: [...drafts] },
    { $unset: { drafts: '', on_disk: '' } },
  );
}
