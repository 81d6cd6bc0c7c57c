import type mongoose from 'mongoose';
import { type RelayDependencies, relayWork, unfinishedRows } from '../../../ledger/work/relay.ts';
import type { ReportFolder } from './folder.ts';
import { REPORT_CALL, type Report, reportsOf } from './ledger.ts';

export interface TendDependencies {
  readonly db: mongoose.mongo.Db;
  readonly folder: ReportFolder;
  readonly now: () => Date;
}

/** Gives every unfinished report that is due for a look a live job. @returns how many jobs were added */
export function relayReports(
  deps: RelayDependencies & { readonly db: mongoose.mongo.Db },
  reach: Date,
): Promise<number> {
  return relayWork(deps, REPORT_CALL, unfinishedRows(reportsOf(deps.db), ['request_id']), reach);
}

/** Reports that a worker could write now, or is writing; not those that back off after a failure. */
export async function countDueReports(db: mongoose.mongo.Db, now: Date): Promise<number> {
  const open = await reportsOf(db)
    .find({ unfinished: true, look_at: { $gt: new Date(0) } }, { projection: { look_at: 1, failures: 1, lease: 1 } })
    .toArray();
  return open.filter((report) => report.look_at <= now || report.failures === 0 || report.lease !== undefined).length;
}

/**
 * Takes away the files whose time is over, and what killed writers left behind: a file stays only while a report says
 * that it is its own, or that somebody is writing it just now.
 * @returns how many files went
 */
export async function removeReportFiles({ db, folder, now }: TendDependencies): Promise<number> {
  const reports = reportsOf(db);
  let removed = 0;
  // Over all accounts, as the folder is one for all.
  const expired = reports.find(
    { file: { $exists: true }, expires_at: { $lte: now() } },
    { projection: { _id: 1, account_id: 1, file: 1 } },
  );
  for await (const report of expired) {
    await dropReportFile(db, folder, report);
    removed += 1;
  }
  // Read before the ledger is asked: a file that is there now was announced there before it was made.
  for (const name of await folder.list()) {
    const [kept, written] = await Promise.all([
      reports.findOne({ file: name }, { projection: { _id: 1 } }),
      reports.findOne({ drafts: name, 'lease.until': { $gt: now() } }, { projection: { _id: 1 } }),
    ]);
    if (kept || written) continue;
    await folder.remove(name);
    removed += 1;
  }
  return removed;
}

/** Takes a report's file away, then says so: in this order a name is never forgotten while its file is there. */
export async function dropReportFile(
  db: mongoose.mongo.Db,
  folder: ReportFolder,
  report: Pick<Report, '_id' | 'account_id' | 'file'>,
): Promise<void> {
  if (report.file === undefined) return;
  await folder.remove(report.file);
  await reportsOf(db).updateOne(
    { _id: report._id, account_id: report.account_id },
    { $unset: { file: '', on_disk: '' } },
  );
}
