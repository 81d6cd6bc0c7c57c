import type mongoose from 'mongoose';
import type { Audit } from '../../../ledger/audit/audit.ts';
import type { Copies, ErasedNumber } from '../../../ledger/requests/copies.ts';
import { coalesce } from '../../../lib/coalesce.ts';
import type { ReportFolder } from './folder.ts';
import { dropDrafts, REPORTS, type Report, reportsOf } from './ledger.ts';
import { findInFile, searchFor } from './number-in-file.ts';

export interface ReportErasureOptions {
  readonly db: mongoose.mongo.Db;
  readonly folder: ReportFolder;
  readonly audit: Pick<Audit, 'append'>;
  readonly now?: () => Date;
}

interface Context extends Required<ReportErasureOptions> {
  readonly clean: CleanFiles;
}

const FIELDS = ['account_id', 'request_id', 'unfinished', 'file', 'lease', 'drafts', 'restarts'] as const;
const PROJECTION = Object.fromEntries(FIELDS.map((field) => [field, 1]));

type Row = Pick<Report, '_id' | (typeof FIELDS)[number]>;

/** One erasure's number, and what its account has on disk. */
interface Turn extends ErasedNumber {
  readonly signal: AbortSignal;
  readonly rows: readonly Row[];
}

const JOINED_AT_MOST = 64;
const LANE = 'reports';
/** After three restarts further erasures wait for the report instead of restarting it: it would never end. */
const MOST_RESTARTS = 3;
/** Pause before a report that is waited for is looked at again. */
const WAIT_MS = 1_000;
/** Requests whose clean files are remembered. */
const MOST_REMEMBERED = 1_000;

/**
 * The files of reports. Finished ones that hold the number are removed, and reports in progress begin anew, since they may
 * have read what was there before. Calls side by side are joined, and an account without files costs a part of one
 * indexed query.
 */
export function createReportErasure({ db, folder, audit, now = () => new Date() }: ReportErasureOptions): Copies {
  const context: Context = { db, folder, audit, now, clean: rememberFiles() };

  const findJoined = coalesce<string, Row[]>(async (_lane, accounts) => {
    const rows = await reportsOf(db)
      .find({ account_id: { $in: [...new Set(accounts)] }, on_disk: true }, { projection: PROJECTION })
      .toArray();
    return accounts.map((account) => rows.filter((row) => row.account_id === account));
  }, JOINED_AT_MOST);

  // Each file is read once for all numbers. Gives for each turn whether nothing is left.
  const clearJoined = coalesce<Turn, boolean>(async (_account, turns) => {
    const rows = new Map(turns.flatMap((turn) => turn.rows.map((row) => [String(row._id), row])));
    let waits = false;
    for (const row of rows.values()) if (!(await clearReport(context, row, turns))) waits = true;
    return turns.map((turn) => !waits && !turn.signal.aborted);
  }, JOINED_AT_MOST);

  return {
    async clear(erased, signal) {
      const rows = await findJoined(LANE, erased.account);
      if (rows.length === 0) return null;
      if (await clearJoined(erased.account, { ...erased, signal, rows })) {
        context.clean.forget(erased.reference);
        return null;
      }
      return { where: REPORTS, again: new Date(now().getTime() + (signal.aborted ? 0 : WAIT_MS)), tries: 0 };
    },
  };
}

/** @returns false when the report is still being written, and is to be waited for */
async function clearReport(context: Context, row: Row, turns: readonly Turn[]): Promise<boolean> {
  const { db, folder, now } = context;
  for (let report: Row | null = row; report; report = await lookAgain(db, report)) {
    const { file, drafts = [], lease, restarts = 0 } = report;
    if (file !== undefined) {
      await clearFile(context, report, file, turns);
      return true;
    }
    if (drafts.length === 0) return true;
    if (!report.unfinished) {
      await dropDrafts(db, folder, report);
      return true;
    }
    const isWritten = lease !== undefined && lease.until > now();
    if (isWritten && restarts >= MOST_RESTARTS) return false;
    if (await beginAnew(context, report, isWritten)) return true;
  }
  return true;
}

const lookAgain = (db: mongoose.mongo.Db, { _id, account_id }: Row): Promise<Row | null> =>
  reportsOf(db).findOne({ _id, account_id, on_disk: true }, { projection: PROJECTION });

/** Takes the lease away from whoever holds it, and then the files. @returns false when the report has moved on */
async function beginAnew({ db, folder, now }: Context, report: Row, isWritten: boolean): Promise<boolean> {
  const { _id, account_id, lease, drafts = [] } = report;
  const taken = await reportsOf(db).updateOne(
    { _id, account_id, unfinished: true, ...(lease ? { 'lease.owner': lease.owner } : { lease: { $exists: false } }) },
    // The names of the files stay: killed before they are gone, a successor still knows of them.
    { $set: { look_at: now() }, $unset: { lease: '' }, $inc: { restarts: isWritten ? 1 : 0 } },
  );
  if (taken.matchedCount !== 1) return false;
  for (const draft of drafts) await folder.remove(draft);
  return true;
}

/** Looks into a finished file for the numbers of all turns, and takes it away when it holds one. */
async function clearFile(context: Context, report: Row, file: string, turns: readonly Turn[]): Promise<void> {
  const { db, folder, clean } = context;
  const open = turns.filter(
    (turn) => !turn.signal.aborted && clean.upTo(turn.reference, file) < Number.POSITIVE_INFINITY,
  );
  const [first] = open;
  if (!first) return;
  const handle = await folder.read(file);
  if (!handle) {
    // File missing but still in the ledger: a killed erasure left it so, or someone just removed it.
    if ((await lookAgain(db, report))?.file === file) await dropFile(context, report, file, first);
    return;
  }
  // All of them are of one account.
  const search = searchFor(
    open.map((turn) => turn.number),
    first.countries,
  );
  // A look has its time: of a large file the next one goes on where this one ends.
  const from = Math.min(...open.map((turn) => clean.upTo(turn.reference, file)));
  const result = await findInFile(handle, search, () => open.every((turn) => turn.signal.aborted), from);
  if (result.found === null) for (const turn of open) clean.note(turn.reference, file, result.clean);
  else await dropFile(context, report, file, open.find((turn) => turn.number === result.found) ?? first);
}

/** Takes a file away, then says so: in this order a name is never forgotten while its file is there. */
async function dropFile({ db, folder, audit, now }: Context, report: Row, file: string, turn: Turn): Promise<void> {
  const { _id, account_id, request_id } = report;
  const at = now();
  await folder.remove(file);
  await audit.append({
    account: account_id,
    actor: turn.actor,
    action: 'data.erasure',
    reason: 'report_file',
    at,
    counts: { [REPORTS]: 1 },
    reference: request_id,
    token: turn.token,
    once: `report-file:${request_id}`,
  });
  await reportsOf(db).updateOne(
    { _id, account_id, file },
    { $set: { file_removed_at: at }, $unset: { file: '', on_disk: '' } },
  );
}

type CleanFiles = ReturnType<typeof rememberFiles>;

/**
 * Finished files do not change: one without the number need not be read again by the same request, and of one that is
 * large no part is.
 */
function rememberFiles() {
  const known = new Map<string, Map<string, number>>();
  return {
    /** So many bytes of a file are known to be without the number. */
    upTo: (reference: string, file: string) => known.get(reference)?.get(file) ?? 0,
    note(reference: string, file: string, bytes: number) {
      const files = known.get(reference) ?? new Map<string, number>();
      known.set(reference, files.set(file, Math.max(bytes, files.get(file) ?? 0)));
      const [oldest] = known.keys();
      if (known.size > MOST_REMEMBERED && oldest !== undefined) known.delete(oldest);
    },
    forget: (reference: string) => known.delete(reference),
  };
}
