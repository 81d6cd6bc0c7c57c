import type mongoose from 'mongoose';
import { assertHeld, guardOf, type LeaseOptions, newHold } from '../../../ledger/work/lease.ts';
import { freeAt, leased } from '../../../ledger/work/row.ts';
import { newFileName } from './folder.ts';
import { type Report, type ReportState, reportsOf } from './ledger.ts';

/** The right to write one report. Every change is guarded by it: after a takeover it matches nothing. */
export interface ReportLease {
  /** As it stood before. */
  readonly report: Report;
  /** The name of the file that this attempt writes, and no other. */
  readonly file: string;
  /** What attempts before this one may have left behind. */
  readonly leftFiles: readonly string[];
  /** Says that the work goes on; writes only when the lease is ending. @throws LeaseLost */
  renew(): Promise<void>;
  /**
   * Makes sure, at once, that the report is still this worker's, and wanted.
   * @param drafts the files there are of it now
   * @throws LeaseLost
   */
  confirm(drafts: readonly string[]): Promise<void>;
  /** The end of the work: the file is there under its name. @throws LeaseLost */
  complete(
    state: ReportState & ('SUCCESS' | 'TRUNCATED'),
    written: { readonly items: number; readonly bytes: number },
    expiresAt: Date,
  ): Promise<void>;
  /**
   * The end without a file.
   * @param left names of files that could not be taken away: an erasure must know of them
   * @throws LeaseLost
   */
  fail(left: readonly string[]): Promise<void>;
  /** Gives the report back, to be begun anew at `at`. @param left as in `fail` @throws LeaseLost */
  release(at: Date, failed: boolean, left: readonly string[]): Promise<void>;
}

/** Takes an unfinished report that nobody is writing. @returns null when there is nothing to take */
export async function claimReport(
  db: mongoose.mongo.Db,
  key: { account: string; report: string },
  options: LeaseOptions,
): Promise<ReportLease | null> {
  const reports = reportsOf(db);
  const { now } = options;
  const hold = newHold(options);
  const file = newFileName();
  const start = now();
  const report = await reports.findOneAndUpdate(
    { account_id: key.account, request_id: key.report, unfinished: true, ...freeAt(start) },
    {
      $set: { ...leased(hold.lease), state: 'PROCESSING', started_at: start, on_disk: true },
      // Added, not replaced: killed before the files of earlier attempts are gone, a successor still knows of them.
      $push: { drafts: file },
    },
    { returnDocument: 'before' },
  );
  if (!report) return null;

  const guard = guardOf(report, hold);
  const write = (update: mongoose.mongo.UpdateFilter<Report>) =>
    assertHeld(reports.updateOne(guard, update).then((result) => result.matchedCount === 1));
  const ended = { unfinished: '', from: '', to: '' } as const;
  return {
    report,
    file,
    leftFiles: report.drafts ?? [],
    async renew() {
      if (hold.isEnding()) await write({ $set: hold.extend() });
    },
    confirm: (drafts) => write({ $set: { ...hold.extend(), drafts } }),
    complete: (state, { items, bytes }, expiresAt) =>
      write({
        $set: { state, items_count: items, bytes, file, expires_at: expiresAt, completed_at: now() },
        $unset: { ...ended, lease: '', drafts: '' },
      }),
    fail: (left) =>
      write({
        $set: { state: 'FAILED', completed_at: now(), ...keep(left) },
        $unset: { ...ended, lease: '', ...forget(left) },
      }),
    release: (at, failed, left) =>
      write({
        $set: { look_at: at, ...keep(left) },
        $unset: { lease: '', ...forget(left) },
        $inc: { failures: failed ? 1 : 0 },
      }),
  };
}

const keep = (left: readonly string[]) => (left.length > 0 ? { drafts: left } : {});
const forget = (left: readonly string[]) => (left.length > 0 ? {} : ({ drafts: '', on_disk: '' } as const));
