import { randomUUID } from 'node:crypto';
import type mongoose from 'mongoose';
import type { Logger } from '../../../base/log.ts';
import type { Producer } from '../../../base/queue/producer.ts';
import type { ReportFolder } from './folder.ts';
import { type Report, reportJobId, reportsOf } from './ledger.ts';

export interface TendDependencies {
  readonly db: mongoose.mongo.Db;
  readonly folder: ReportFolder;
  readonly producer: Pick<Producer, 'add' | 'isAlive'>;
  readonly logger: Logger;
  readonly graceMs: number;
  readonly now: () => Date;
}

const AT_ONCE = 500;
/** After two graces the queue's stalled check has moved a dead worker's job: a lease still expired belongs to a hung one. */
const GRACES_TO_RENEW = 2;

/**
 * Gives every unfinished report that is due for a look a live job, whatever became of its last one. Works from MongoDB
 * alone; any number of processes may do it.
 * @returns how many jobs were added
 */
export async function relayReports(deps: Omit<TendDependencies, 'folder'>, reach: Date): Promise<number> {
  const { db, producer, logger, graceMs } = deps;
  // Over all accounts: a partial index holds the unfinished ones only.
  const due = await reportsOf(db)
    .find(
      { unfinished: true, look_at: { $lte: reach } },
      { projection: { request_id: 1, account_id: 1, generation: 1, look_at: 1, lease: 1 } },
    )
    .sort({ look_at: 1 })
    .limit(AT_ONCE)
    .toArray();
  let added = 0;
  for (const report of due) {
    const lookAgain = new Date(deps.now().getTime() + graceMs);
    const { _id, account_id, generation, look_at } = report;
    // Guarded by what was read: of two relays, or a relay and a writer that just moved on, one goes ahead.
    const unchanged = { _id, account_id, unfinished: true as const, generation, look_at };
    // BullMQ renews the lock of a live process even when its job hangs. If the lease is long expired, take it away.
    const until = report.lease?.until.getTime() ?? 0;
    const abandoned = until > 0 && until + GRACES_TO_RENEW * graceMs < deps.now().getTime();
    if (!abandoned && (await producer.isAlive(reportJobId(report)))) {
      await reportsOf(db).updateOne(unchanged, { $set: { look_at: lookAgain } });
      continue;
    }
    const next = { ...report, generation: generation + 1 };
    const taken = await reportsOf(db).updateOne(unchanged, {
      $set: {
        look_at: lookAgain,
        generation: next.generation,
        // The lease stays for its file's name, and is nobody's.
        ...(abandoned && { 'lease.owner': randomUUID(), 'lease.until': new Date(0) }),
      },
    });
    if (taken.modifiedCount !== 1) continue;
    await producer.add('report', { account: account_id, report: report.request_id }, { id: reportJobId(next) });
    logger.info('report queued again', { report: report.request_id, generation: next.generation });
    added += 1;
  }
  return added;
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
      reports.findOne({ 'lease.file': name, 'lease.until': { $gt: now() } }, { projection: { _id: 1 } }),
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
