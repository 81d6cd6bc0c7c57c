import { randomUUID } from 'node:crypto';
import type mongoose from 'mongoose';
import { newFileName } from './folder.ts';
import { type Report, type ReportState, reportsOf } from './ledger.ts';

/** Another worker took the report over, or it was aborted: what this one has written so far must be dropped. */
export class ReportLost extends Error {
  override readonly name = 'ReportLost';
}

export interface ReportLeaseOptions {
  readonly leaseMs: number;
  readonly now: () => Date;
}

/** The right to write one report. Every change is guarded by it: after a takeover it matches nothing. */
export interface ReportLease {
  /** As it stood before. */
  readonly report: Report;
  /** The name of the file that this attempt writes, and no other. */
  readonly file: string;
  /** What an attempt before this one may have left behind. */
  readonly leftFile?: string;
  /** Says that the work goes on; writes only when a third of the lease is over. @throws ReportLost */
  renew(): Promise<void>;
  /** Makes sure, at once, that the report is still this worker's, and wanted. @throws ReportLost */
  confirm(): Promise<void>;
  /** The end of the work: the file is there under its name. @throws ReportLost */
  complete(state: ReportState & ('SUCCESS' | 'TRUNCATED'), items: number, expiresAt: Date): Promise<void>;
  /**
   * The end without a file.
   * @param left the name of a file that could not be taken away: an erasure must know of it
   * @throws ReportLost
   */
  fail(left?: string): Promise<void>;
  /** Gives the report back, to be begun anew at `at`. @param left as in `fail` @throws ReportLost */
  release(at: Date, failed: boolean, left?: string): Promise<void>;
}

/** Takes an unfinished report that nobody is writing. @returns null when there is nothing to take */
export async function claimReport(
  db: mongoose.mongo.Db,
  key: { account: string; report: string },
  { leaseMs, now }: ReportLeaseOptions,
): Promise<ReportLease | null> {
  const reports = reportsOf(db);
  const owner = randomUUID();
  const file = newFileName();
  const start = now();
  const end = () => new Date(now().getTime() + leaseMs);
  const until = end();
  const report = await reports.findOneAndUpdate(
    {
      account_id: key.account,
      request_id: key.report,
      unfinished: true,
      $or: [{ lease: { $exists: false } }, { 'lease.until': { $lte: start } }],
    },
    { $set: { state: 'PROCESSING', started_at: start, lease: { owner, until, file }, on_disk: true, look_at: until } },
    { returnDocument: 'before' },
  );
  if (!report) return null;

  const guard = { _id: report._id, account_id: report.account_id, unfinished: true as const, 'lease.owner': owner };
  const write = async (update: mongoose.mongo.UpdateFilter<Report>) => {
    const result = await reports.updateOne(guard, update);
    if (result.matchedCount !== 1) throw new ReportLost('the report was lost');
  };
  const ended = { unfinished: '', from: '', to: '' } as const;
  const noFile = { lease: '', on_disk: '' } as const;
  const keepFile = (left: string, until: Date) => ({ 'lease.file': left, 'lease.until': until });
  let renewAt = start.getTime() + leaseMs / 3;
  const confirm = async () => {
    const until = end();
    await write({ $set: { 'lease.until': until, look_at: until } });
    renewAt = now().getTime() + leaseMs / 3;
  };
  return {
    report,
    file,
    ...(report.lease && { leftFile: report.lease.file }),
    confirm,
    async renew() {
      if (now().getTime() >= renewAt) await confirm();
    },
    complete: (state, items, expiresAt) =>
      write({
        $set: { state, items_count: items, file, expires_at: expiresAt, completed_at: now() },
        $unset: { ...ended, lease: '' },
      }),
    fail: (left) =>
      write({
        $set: { state: 'FAILED', completed_at: now(), ...(left !== undefined && keepFile(left, now())) },
        $unset: { ...ended, ...(left === undefined && noFile) },
      }),
    release: (at, failed, left) =>
      write({
        $set: { look_at: at, ...(left !== undefined && keepFile(left, at)) },
        ...(left === undefined && { $unset: noFile }),
        $inc: { failures: failed ? 1 : 0 },
      }),
  };
}
