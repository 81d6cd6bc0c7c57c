import type mongoose from 'mongoose';
import { FILES, type FileRow } from '../ledger/recordings/outbox.ts';
import { requestsOf, STATES } from '../ledger/requests/ledger.ts';
import { scansOf } from '../ledger/scan/ledger.ts';

/** Figures of the ledger at one moment. */
export interface LedgerFigures {
  readonly byState: Record<string, number>;
  /** Seconds since the oldest unfinished request was accepted; 0 without one. */
  readonly oldestUnfinishedSeconds: number;
  /** Seconds until the nearest deadline of an unfinished request, negative when it has passed; null without one. */
  readonly nearestDeadlineSeconds: number | null;
  readonly overdue: number;
  readonly erased: Record<string, number>;
  /** Recording files that no record refers to any more, and that are still to be removed. */
  readonly filesLeft: number;
  /** Seconds since the oldest of them lost its record; 0 without one. */
  readonly oldestFileSeconds: number;
  /** Accounts whose records are being read, or will be, for requests that wait for it. */
  readonly scans: number;
  /** Records read by scans so far. */
  readonly scanned: number;
  /** Seconds that the request which is due first of those that wait for a scan has waited; 0 without one. */
  readonly oldestScanSeconds: number;
}

/** Completions older than this are summed once; later ones each time, as a worker with a slow clock may still add some. */
const SETTLED_MS = 120_000;

/**
 * A reader of the ledger that stays cheap as the ledger grows: unfinished requests have a partial index, and completed
 * requests are summed once.
 */
export function createLedgerFigures(db: mongoose.mongo.Db): (now: Date) => Promise<LedgerFigures> {
  const requests = requestsOf(db);
  const files = db.collection<FileRow>(FILES);
  let settled = { upTo: new Date(0), completed: 0, erased: {} as Record<string, number> };

  const sumCompleted = async (from: Date, to: Date) => {
    const cursor = requests.find({ completed_at: { $gte: from, $lt: to } }, { projection: { _id: 0, erased: 1 } });
    let completed = 0;
    const erased: Record<string, number> = {};
    for await (const request of cursor) {
      completed += 1;
      addTo(erased, request.erased);
    }
    return { completed, erased };
  };

  return async (now) => {
    // Two parallel calls both add to the sums as they were before, or one would add to what the other has just summed.
    const before = settled;
    const border = new Date(Math.max(before.upTo.getTime(), now.getTime() - SETTLED_MS));
    const [newlySettled, recent, unfinished, first, overdue, filesLeft, oldestFile, scans, scanned, waiting] =
      await Promise.all([
        sumCompleted(before.upTo, border),
        sumCompleted(border, new Date(now.getTime() + SETTLED_MS)),
        Promise.all(STATES.map((state) => requests.countDocuments({ unfinished: true, state }))),
        // All deadlines are equally long, so the oldest request is due first.
        requests.findOne({ unfinished: true }, { projection: { created_at: 1, due_at: 1 }, sort: { due_at: 1 } }),
        requests.countDocuments({ unfinished: true, due_at: { $lt: now } }),
        files.countDocuments({}),
        // Ids ascend with time, to the second.
        files.findOne({}, { projection: { created_at: 1 }, sort: { _id: 1 } }),
        scansOf(db).countDocuments({ unfinished: true }),
        // One row an account.
        scansOf(db)
          .aggregate<{ read: number }>([{ $group: { _id: null, read: { $sum: '$read' } } }])
          .toArray(),
        requests.findOne({ unfinished: true, state: 'scanning' }, { projection: { scan: 1 }, sort: { due_at: 1 } }),
      ]);
    const summed = {
      upTo: border,
      completed: before.completed + newlySettled.completed,
      erased: addTo({ ...before.erased }, newlySettled.erased),
    };
    if (summed.upTo >= settled.upTo) settled = summed;
    const byState = Object.fromEntries(STATES.map((state, index) => [state, unfinished[index] ?? 0]));
    byState.completed = summed.completed + recent.completed;
    return {
      byState,
      oldestUnfinishedSeconds: first ? secondsBetween(first.created_at, now) : 0,
      nearestDeadlineSeconds: first ? secondsBetween(now, first.due_at) : null,
      overdue,
      erased: addTo({ ...summed.erased }, recent.erased),
      filesLeft,
      scans,
      scanned: scanned[0]?.read ?? 0,
      oldestScanSeconds: waiting?.scan?.since ? secondsBetween(waiting.scan.since, now) : 0,
      oldestFileSeconds: oldestFile ? secondsBetween(oldestFile.created_at, now) : 0,
    };
  };
}

function secondsBetween(from: Date, to: Date): number {
  return (to.getTime() - from.getTime()) / 1000;
}

function addTo(total: Record<string, number>, more: Record<string, number>): Record<string, number> {
  for (const [name, count] of Object.entries(more)) total[name] = (total[name] ?? 0) + count;
  return total;
}
