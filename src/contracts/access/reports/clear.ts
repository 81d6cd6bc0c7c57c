import { randomUUID } from 'node:crypto';
import type mongoose from 'mongoose';
import type { Audit } from '../../../ledger/audit/audit.ts';
import type { Copies, ErasedNumber } from '../../../ledger/requests/work.ts';
import { coalesce } from '../../../lib/coalesce.ts';
import type { ReportFolder } from './folder.ts';
import { dropDraft, REPORTS, type Report, reportsOf } from './ledger.ts';
import { findInFile, searchFor } from './number-in-file.ts';

export interface ReportErasureOptions {
  readonly db: mongoose.mongo.Db;
  readonly folder: ReportFolder;
  readonly audit: Pick<Audit, 'append'>;
  readonly now?: () => Date;
}

type Row = Pick<Report, '_id' | 'account_id' | 'request_id' | 'unfinished' | 'file' | 'lease' | 'restarts'>;

interface Turn extends ErasedNumber {
  readonly signal: AbortSignal;
  readonly rows: readonly Row[];
}

const JOINED_AT_MOST = 64;
const LANE = 'reports';
/** Erasures that may send one report back to its beginning: those that come later wait for it, or it would never end. */
const MOST_RESTARTS = 3;
/** Pause before a report that is waited for is looked at again. */
const WAIT_MS = 1_000;
/** Requests whose clean files are remembered. */
const MOST_REMEMBERED = 1_000;

const PROJECTION = { account_id: 1, request_id: 1, unfinished: 1, file: 1, lease: 1, restarts: 1 } as const;

/**
 * The files of reports. Finished ones that hold the number are removed, and reports in progress begin anew, since they may
 * have read what was there before. Calls side by side are joined, and an account without files costs a part of one
 * indexed query.
 */
export function createReportErasure({ db, folder, audit, now = () => new Date() }: ReportErasureOptions): Copies {
  const reports = reportsOf(db);
  const clean = rememberFiles();

  const findJoined = coalesce<string, Row[]>(async (_lane, accounts) => {
    const rows = await reports
      .find({ account_id: { $in: [...new Set(accounts)] }, on_disk: true }, { projection: PROJECTION })
      .toArray();
    return accounts.map((account) => rows.filter((row) => row.account_id === account));
  }, JOINED_AT_MOST);

  // Each file is read once for all numbers. Gives for each turn whether nothing is left.
  const clearJoined = coalesce<Turn, boolean>(async (_account, turns) => {
    const rows = new Map(turns.flatMap((turn) => turn.rows.map((row) => [String(row._id), row])));
    let waits = false;
    for (const row of rows.values()) if (!(await clearOne(row, turns))) waits = true;
    return turns.map((turn) => !waits && !turn.signal.aborted);
  }, JOINED_AT_MOST);

  /** @returns false when the report is still being written, and is to be waited for */
  const clearOne = async (row: Row, turns: readonly Turn[]): Promise<boolean> => {
    for (let report: Row | null = row; report; report = await lookAgain(report)) {
      const { file, lease } = report;
      if (file !== undefined) {
        await clearFile(report, file, turns);
        return true;
      }
      if (!lease) return true;
      if (!report.unfinished) {
        await dropDraft(db, folder, report, lease.file);
        return true;
      }
      if (lease.until > now() && (report.restarts ?? 0) >= MOST_RESTARTS) return false;
      if (await beginAnew(report, lease)) return true;
    }
    return true;
  };

  const lookAgain = ({ _id, account_id }: Row) =>
    reports.findOne({ _id, account_id, on_disk: true }, { projection: PROJECTION });

  /** Takes the lease away from whoever holds it, and then the file. @returns false when the report has moved on */
  const beginAnew = async (report: Row, lease: NonNullable<Row['lease']>): Promise<boolean> => {
    const { _id, account_id } = report;
    const taken = await reports.updateOne(
      { _id, account_id, unfinished: true, 'lease.owner': lease.owner },
      {
        // The lease stays, and with it the file's name: killed before the file is gone, a successor still knows of it.
        $set: { 'lease.owner': randomUUID(), 'lease.until': new Date(0), look_at: now() },
        $inc: { restarts: lease.until > now() ? 1 : 0 },
      },
    );
    if (taken.matchedCount !== 1) return false;
    await folder.remove(lease.file);
    return true;
  };

  const clearFile = async (report: Row, file: string, turns: readonly Turn[]): Promise<void> => {
    const open = turns.filter((turn) => !turn.signal.aborted && !clean.has(turn.reference, file));
    if (open.length === 0) return;
    const handle = await folder.read(file);
    if (handle) {
      const search = searchFor(open.map((turn) => turn.number));
      const found = await findInFile(handle, search, () => open.every((turn) => turn.signal.aborted));
      if (found === undefined) return;
      if (found === null) {
        for (const turn of open) clean.add(turn.reference, file);
        return;
      }
      await drop(report, file, open.find((turn) => turn.number === found) ?? open[0]);
      return;
    }
    // Gone, and the ledger does not say why: an erasure that was killed there. Or it has been dropped just now.
    if ((await lookAgain(report))?.file === file) await drop(report, file, open[0]);
  };

  const drop = async (report: Row, file: string, turn: Turn | undefined): Promise<void> => {
    if (!turn) return;
    const { _id, account_id, request_id } = report;
    const at = now();
    // In this order a name is never forgotten while its file is there.
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
    await reports.updateOne(
      { _id, account_id, file },
      { $set: { file_removed_at: at }, $unset: { file: '', on_disk: '' } },
    );
  };

  return {
    async clear(erased, signal) {
      const rows = await findJoined(LANE, erased.account);
      if (rows.length === 0) return null;
      if (await clearJoined(erased.account, { ...erased, signal, rows })) {
        clean.forget(erased.reference);
        return null;
      }
      return { where: REPORTS, again: new Date(now().getTime() + (signal.aborted ? 0 : WAIT_MS)), tries: 0 };
    },
  };
}

/** Finished files do not change: one without the number need not be read again by the same request. */
function rememberFiles() {
  const known = new Map<string, Set<string>>();
  return {
    has: (reference: string, file: string) => known.get(reference)?.has(file) ?? false,
    add(reference: string, file: string) {
      known.set(reference, (known.get(reference) ?? new Set()).add(file));
      const [oldest] = known.keys();
      if (known.size > MOST_REMEMBERED && oldest !== undefined) known.delete(oldest);
    },
    forget: (reference: string) => known.delete(reference),
  };
}
