import { randomUUID } from 'node:crypto';
import mongoose from 'mongoose';
import type { Seal } from '../../../base/keys/seal.ts';
import type { Direction, Product } from '../../../engine/map/schema.ts';
import type { Account } from '../../../ledger/accounts/accounts.ts';
import type { Party, RecordQuery } from '../query.ts';
import type { ReportFolder } from './folder.ts';

export const REPORTS = 'lethe_reports';

/** What a report may be in, as the reports API names it. The first two are unfinished. */
export type ReportState = 'PENDING' | 'PROCESSING' | 'SUCCESS' | 'TRUNCATED' | 'ABORTED' | 'FAILED';
export type ReportFormat = 'csv' | 'json';

/** One end of the wanted records; a number is sealed, and dropped with the end of the work. */
type StoredParty = { readonly sealed: string } | { readonly name: string };

/** One report in the ledger: the truth about it. The queue holds nothing that is not here. */
export interface Report {
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
  /** When the relay looks whether the work is still in the queue. */
  look_at: Date;
  /** Part of the queue's job id: a job that was lost is added under the next one. */
  generation: number;
  /** Who is writing it, into which file. Of a report that has ended: a file that could not be taken away yet. */
  lease?: { owner: string; until: Date; file: string };
  /** Present and true while a file of it, half or whole, may be in the reports' folder: the partial index is on it. */
  on_disk?: true;
  failures: number;
  /** How often an erasure sent it back to its beginning. */
  restarts?: number;
  items_count?: number;
  /** The finished file's name in the reports' folder; gone when the file is. */
  file?: string;
  /** When the file goes. */
  expires_at?: Date;
  /** When an erasure took the file away, since it held the number. */
  file_removed_at?: Date;
}

export function reportsOf(db: mongoose.mongo.Db): mongoose.mongo.Collection<Report> {
  return db.collection<Report>(REPORTS);
}

/** The id of a report's job: BullMQ silently ignores an id it has seen, hence the generation. */
export function reportJobId(report: Pick<Report, 'request_id' | 'generation'>): string {
  return `report-${report.request_id}-g${report.generation}`;
}

export interface NewReport {
  readonly account: Account;
  readonly keyId: string;
  readonly query: RecordQuery;
  readonly format: ReportFormat;
  readonly includeMessage: boolean;
  readonly token?: string;
  readonly now: Date;
  /** How long the relay leaves a fresh report to the queue before it looks after it. */
  readonly graceMs: number;
}

/** Writes a report into the ledger: durable, and no number in it that is not sealed. */
export async function openReport(db: mongoose.mongo.Db, seal: Seal, input: NewReport): Promise<Report> {
  const { account, query, now } = input;
  const requestId = randomUUID();
  const store = (party: Party, end: 'from' | 'to'): StoredParty =>
    'number' in party ? { sealed: seal.close(party.number, contextOf(requestId, end)) } : { name: party.name };
  const { product, direction, status, since, until } = query;
  const report: Report = {
    _id: new mongoose.mongo.ObjectId(),
    request_id: requestId,
    account_id: account._id,
    requested_by: input.keyId,
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
    look_at: new Date(now.getTime() + input.graceMs),
    generation: 1,
    failures: 0,
  };
  await reportsOf(db).insertOne(report);
  return report;
}

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
    { projection: { from: 0, to: 0, lease: 0 } },
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
      $unset: { unfinished: '', from: '', to: '' },
    },
    { returnDocument: 'before' },
  );
  if (stopped?.lease) await dropDraft(db, folder, stopped, stopped.lease.file);
  return stopped !== null;
}

/** Takes away what a report that has ended left of its file, then says so: an erasure must know of it until it is gone. */
export async function dropDraft(
  db: mongoose.mongo.Db,
  folder: Pick<ReportFolder, 'remove'>,
  { _id, account_id }: Pick<Report, '_id' | 'account_id'>,
  file: string,
): Promise<void> {
  await folder.remove(file);
  await reportsOf(db).updateOne(
    { _id, account_id, unfinished: { $exists: false }, 'lease.file': file },
    { $unset: { lease: '', on_disk: '' } },
  );
}
