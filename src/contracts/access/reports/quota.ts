import type mongoose from 'mongoose';
import { inTransaction } from '../../../base/db/transaction.ts';
import { LetheError } from '../../../base/errors.ts';
import type { Seal } from '../../../base/keys/seal.ts';
import { takeTurn } from '../../../ledger/accounts/account-rows.ts';
import { type NewReport, openReport, type Report, reportsOf } from './ledger.ts';

/** What one account may have at a time. */
export interface ReportQuota {
  /** Reports that are not finished. */
  readonly unfinished: number;
  /** Bytes of files, each counted as at least `LEAST_BYTES`. */
  readonly bytes: number;
}

/** What a file counts at least: a great many small ones are a burden, too, as each erasure looks into all of them. */
export const LEAST_BYTES = 65_536;
const RETRY_SECONDS = 30;

/**
 * Opens a report, as `openReport`, unless the account has its fill of them. Calls side by side, in any number of
 * processes, do not get past the limit together: they take turns, by a transaction each.
 * @throws LetheError `rate_limited`, with the seconds after which another try makes sense
 */
export async function openReportWithin(
  db: mongoose.mongo.Db,
  seal: Seal,
  input: NewReport,
  quota: ReportQuota,
): Promise<Report> {
  const account = input.account._id;
  const reports = reportsOf(db);
  const unfinished = { account_id: account, unfinished: true } as const;
  if ((await reports.countDocuments(unfinished, { limit: quota.unfinished })) >= quota.unfinished) throw tooMany();
  if ((await bytesOnDisk(db, account)) >= quota.bytes) throw await noRoom(db, account, input.now);
  const opened: Report[] = [];
  await inTransaction(db, async (session) => {
    await takeTurn(db, account, session);
    const limit = quota.unfinished;
    if ((await reports.countDocuments(unfinished, { limit, session })) >= limit) throw tooMany();
    opened.push(await openReport(db, seal, input, session));
  });
  return opened.at(-1) as Report;
}

/** What the finished files of an account take up, in bytes, each with at least `LEAST_BYTES`. */
export async function bytesOnDisk(db: mongoose.mongo.Db, account: string): Promise<number> {
  const [sum] = await reportsOf(db)
    .aggregate<{ bytes: number }>([
      { $match: { account_id: account, on_disk: true, bytes: { $exists: true } } },
      { $group: { _id: null, bytes: { $sum: { $max: ['$bytes', LEAST_BYTES] } } } },
    ])
    .toArray();
  return sum?.bytes ?? 0;
}

function tooMany(): LetheError {
  return new LetheError('rate_limited', 'Too many reports are unfinished', { 'Retry-After': String(RETRY_SECONDS) });
}

async function noRoom(db: mongoose.mongo.Db, account: string, now: Date): Promise<LetheError> {
  const first = await reportsOf(db).findOne(
    { account_id: account, on_disk: true, expires_at: { $exists: true } },
    { sort: { expires_at: 1 }, projection: { expires_at: 1 } },
  );
  const seconds = Math.ceil(((first?.expires_at?.getTime() ?? 0) - now.getTime()) / 1_000);
  return new LetheError('rate_limited', 'The files of reports take up all the room there is: delete some', {
    'Retry-After': String(Math.max(seconds, RETRY_SECONDS)),
  });
}
