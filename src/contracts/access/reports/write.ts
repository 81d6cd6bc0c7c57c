import type mongoose from 'mongoose';
import { isTransient } from '../../../base/db/faults.ts';
import type { Seal } from '../../../base/keys/seal.ts';
import type { Logger } from '../../../base/log.ts';
import type { Times } from '../../../base/times.ts';
import type { DataMap } from '../../../engine/map/schema.ts';
import type { Account, Accounts } from '../../../ledger/accounts/accounts.ts';
import type { CountriesOf } from '../../../ledger/accounts/countries.ts';
import type { Audit } from '../../../ledger/audit/audit.ts';
import { LeaseLost } from '../../../ledger/work/lease.ts';
import { backOff } from '../../../lib/back-off.ts';
import { selectSources } from '../query.ts';
import { readRecords } from '../read-records.ts';
import { toReportRecord, toRow } from '../row.ts';
import type { ReportFolder } from './folder.ts';
import { createReportWriter } from './format.ts';
import { claimReport, type ReportLease } from './lease.ts';
import { queryOfReport } from './ledger.ts';
import { bytesOnDisk } from './quota.ts';

export interface ReportDependencies {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  readonly countriesOf: CountriesOf;
  readonly accounts: Pick<Accounts, 'find'>;
  readonly seal: Seal;
  readonly audit: Audit;
  readonly folder: ReportFolder;
  readonly logger: Logger;
  readonly times: Pick<Times, 'leaseMs' | 'renewBelowMs' | 'retryBaseMs' | 'longestPauseMs' | 'reportKeepMs'>;
  /** What the files of one account may take up, in bytes. */
  readonly mostBytes: number;
  /** Rests while what cannot wait is under way. */
  readonly makeWay: (signal: AbortSignal) => Promise<void>;
  readonly now: () => Date;
}

/** Records in one report; a report that would have more, or that would fill the room of its account, is TRUNCATED. */
const MOST_REPORTED = 50_000;
/** Attempts before a report is FAILED. */
const MOST_FAILURES = 5;
/** Text gathered before it is written to the file. */
const CHUNK_LENGTH = 65_536;

/**
 * What a turn of work on a report came to. `given back`: told to stop, or to be tried again; the relay calls for it.
 * `lost`: to another worker, to an abort, or to an erasure, after which it begins anew.
 */
export type ReportOutcome = 'written' | 'nothing to do' | 'lost' | 'given back' | 'failed';

/**
 * Writes one report into a file, in constant memory. Safe to run twice, and to be killed anywhere: each attempt writes a
 * file of its own, which gets its final name when it is whole, and counts when the ledger says so.
 * @throws what the database throws while it is away; the lease runs out by itself then
 */
export async function writeReport(
  deps: ReportDependencies,
  key: { account: string; report: string },
  signal: AbortSignal,
): Promise<ReportOutcome> {
  const lease = await claimReport(deps.db, key, deps);
  if (!lease) return 'nothing to do';
  // Files of this report that may be there.
  const there = new Set(lease.leftFiles);
  try {
    // Delete the files of earlier attempts first.
    for (const file of lease.leftFiles) {
      await deps.folder.remove(file);
      there.delete(file);
    }
    return await writeFile(deps, lease, signal, () => there.add(lease.file));
  } catch (error) {
    if (there.has(lease.file) && (await isRemoved(deps.folder, lease.file))) there.delete(lease.file);
    // After losing the report, errors from its missing file are expected.
    return await endWithout(deps, lease, error, [...there]).catch((second) => {
      if (second instanceof LeaseLost) return 'lost';
      throw second;
    });
  }
}

/**
 * @param left names of files that could not be taken away
 * @throws LeaseLost, `error` when it passes by itself
 */
async function endWithout(
  deps: ReportDependencies,
  lease: ReportLease,
  error: unknown,
  left: readonly string[],
): Promise<ReportOutcome> {
  if (error instanceof LeaseLost) throw error;
  if (isTransient(error)) {
    await lease.release(deps.now(), false, left).catch(() => {});
    throw error;
  }
  const { failures: before, request_id: report } = lease.report;
  const failures = before + 1;
  const isLast = failures >= MOST_FAILURES;
  const { retryBaseMs, longestPauseMs } = deps.times;
  const again = new Date(deps.now().getTime() + backOff(before, retryBaseMs, longestPauseMs));
  await (isLast ? lease.fail(left) : lease.release(again, true, left));
  deps.logger.error('report failed', { report, failures, error });
  return isLast ? 'failed' : 'given back';
}

const isRemoved = (folder: ReportFolder, file: string): Promise<boolean> =>
  folder.remove(file).then(
    () => true,
    () => false,
  );

/** @param made told when there is a file */
async function writeFile(
  deps: ReportDependencies,
  lease: ReportLease,
  signal: AbortSignal,
  made: () => void,
): Promise<ReportOutcome> {
  const { report, file } = lease;
  const account = await deps.accounts.find(report.account_id);
  if (!account) throw new TypeError('the account of a report is gone');
  const draft = await deps.folder.create(file);
  made();
  try {
    // A writer that hung until here may have lost the report: it must know before there is a record in its file.
    await lease.confirm([file]);
    const done = await writeRecords(deps, lease, account, draft.write, signal);
    if (done === null) {
      await deps.folder.remove(file);
      await lease.release(deps.now(), false, []);
      return 'given back';
    }
    await draft.finish();
    await lease.confirm([file]);
    await deps.audit.append({
      account: account._id,
      actor: report.requested_by,
      action: 'data.report',
      reason: `report_${report.format}`,
      at: deps.now(),
      counts: done.counts,
      reference: report.request_id,
      ...(report.token && { token: report.token }),
      once: `report:${report.request_id}`,
    });
    await lease.complete(
      done.truncated ? 'TRUNCATED' : 'SUCCESS',
      done,
      new Date(deps.now().getTime() + deps.times.reportKeepMs),
    );
    return 'written';
  } finally {
    await draft.close();
  }
}

/** @returns null when it was told to stop */
async function writeRecords(
  deps: ReportDependencies,
  lease: ReportLease,
  account: Account,
  write: (text: string) => Promise<void>,
  signal: AbortSignal,
): Promise<{ items: number; bytes: number; counts: Record<string, number>; truncated: boolean } | null> {
  const { report } = lease;
  const room = deps.mostBytes - (await bytesOnDisk(deps.db, account._id));
  const query = queryOfReport(report, deps.seal);
  const sources = selectSources(deps.dataMap, query, account.records_id, deps.countriesOf(account));
  const writer = createReportWriter(report.format, report.include_message, report.request_id);
  const counts: Record<string, number> = {};
  let items = 0;
  let bytes = 0;
  let truncated = false;
  let text = writer.begin;
  const put = async (more: string) => {
    bytes += Buffer.byteLength(more);
    await write(more);
  };
  for await (const { source, record } of readRecords(deps.db, sources, { limit: MOST_REPORTED + 1 })) {
    if (signal.aborted) return null;
    if (items === MOST_REPORTED || bytes >= room) {
      truncated = true;
      break;
    }
    const row = toRow(source, record, query.product);
    text += writer.record(toReportRecord(row, account._id, report.include_message), items);
    items += 1;
    counts[source.name] = (counts[source.name] ?? 0) + 1;
    if (text.length < CHUNK_LENGTH) continue;
    await put(text);
    text = '';
    await deps.makeWay(signal);
    await lease.renew();
  }
  await put(text + writer.end(items));
  return { items, bytes, counts, truncated };
}
