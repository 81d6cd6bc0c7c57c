import type mongoose from 'mongoose';
import { guardOf } from '../ledger/guard/row.ts';
import { FILES, type FileRow } from '../ledger/recordings/outbox.ts';
import type { DeadlineState } from '../ledger/requests/deadline.ts';
import { type ErasureRequest, OPEN_STATES, requestsOf } from '../ledger/requests/ledger.ts';
import { scansOf } from '../ledger/scan/ledger.ts';
import { tombstonesOf } from '../ledger/tombstones/tombstones.ts';
import { shareReading } from '../lib/share.ts';
import { addCounts, type CompletedSums, type Counts, createCompletedSums } from './completed-sums.ts';
import { readDeadlines } from './deadlines.ts';

/** Figures of the ledger at one moment. */
export interface LedgerFigures {
  readonly byState: Record<string, number>;
  /** Seconds since the oldest unfinished request was accepted; 0 without one. */
  readonly oldestUnfinishedSeconds: number;
  /** Seconds until the nearest deadline of an unfinished request, negative when it has passed; null without one. */
  readonly nearestDeadlineSeconds: number | null;
  readonly overdue: number;
  readonly deadlines: Readonly<Record<DeadlineState, number>>;
  readonly erased: Record<string, number>;
  /** Of those, the ones deleted because of their age. */
  readonly retention: Record<string, number>;
  /** Attempts that failed, of completed and unfinished requests, by the name of the failure. */
  readonly failures: Record<string, number>;
  readonly times: CompletedSums['times'];
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
  /** Seconds since everything inserted into an account was last looked through for late records; 0 where nobody was forgotten. */
  readonly guardLagSeconds: number;
  /** Tombstones still to be written down outside of the database; null where they are not. */
  readonly unexported: number | null;
}

const DUE_SOON_MS = 4 * 3_600_000;
/** How long figures are told again: several Prometheus servers ask at once, and nobody needs them more often. */
const FRESH_MS = 3_000;
/** Every deadline is later. With a bound on its key the partial index of the unfinished is taken; else all are read. */
const ANY_DEADLINE = { due_at: { $gt: new Date(0) } };

/**
 * A reader of the ledger that costs the same as the ledger grows, and however many ask: unfinished requests have a
 * partial index, and what was completed is summed once.
 * @param dueSoonMs how much of a request's time is little
 * @param isExporting tombstones are written down outside of the database
 */
export function createLedgerFigures(
  db: mongoose.mongo.Db,
  dueSoonMs = DUE_SOON_MS,
  isExporting = false,
): (now: Date) => Promise<LedgerFigures> {
  const requests = requestsOf(db);
  const files = db.collection<FileRow>(FILES);
  const sumCompleted = createCompletedSums(db);
  /**
   * Unfinished requests by state, and by how often which failure has met them. All in one group: the local engine sets
   * helpers up for a list that is unwound, or for a count of very many, which takes longer than the counting.
   */
  const countUnfinished = () =>
    requests
      .aggregate<UnfinishedGroup>([
        { $match: { unfinished: true, ...ANY_DEADLINE } },
        { $group: { _id: { state: '$state', causes: '$causes' }, count: { $sum: 1 } } },
      ])
      .toArray();

  return shareReading(async (now) => {
    const [sums, unfinished, first, filesLeft, oldestFile, scans, scanned, waiting, guarded, unexported] =
      await Promise.all([
        sumCompleted(now),
        countUnfinished(),
        // All deadlines are equally long, so the oldest request is due first.
        requests.findOne(
          { unfinished: true, ...ANY_DEADLINE },
          { projection: { created_at: 1, due_at: 1 }, sort: { due_at: 1 } },
        ),
        files.countDocuments({}),
        // Ids ascend with time, to the second.
        files.findOne({}, { projection: { created_at: 1 }, sort: { _id: 1 } }),
        scansOf(db).countDocuments({ unfinished: true }),
        // One row an account.
        scansOf(db)
          .aggregate<{ read: number }>([{ $group: { _id: null, read: { $sum: '$read' } } }])
          .toArray(),
        requests.findOne(
          { unfinished: true, state: 'scanning', ...ANY_DEADLINE },
          { projection: { scan: 1 }, sort: { due_at: 1 } },
        ),
        readGuarded(db),
        isExporting ? tombstonesOf(db).countDocuments({ unexported: true }) : null,
      ]);
    const byState: Record<string, number> = Object.fromEntries(OPEN_STATES.map((state) => [state, 0]));
    let failures = sums.causes;
    for (const { _id, count } of unfinished) {
      const many = Number(count);
      byState[_id.state] = (byState[_id.state] ?? 0) + many;
      failures = addCounts(failures, timesEach(_id.causes ?? {}, many));
    }
    byState.completed = sums.completed;
    const { failed: _failed, ...open } = await readDeadlines(db, now, dueSoonMs);
    const deadlines = { ...open, met: sums.completed - sums.missed, missed: sums.missed };
    return {
      byState,
      oldestUnfinishedSeconds: first ? secondsBetween(first.created_at, now) : 0,
      nearestDeadlineSeconds: first ? secondsBetween(now, first.due_at) : null,
      overdue: deadlines.overdue,
      deadlines,
      erased: { ...sums.erased },
      retention: { ...sums.retention },
      failures: { ...failures },
      times: sums.times,
      filesLeft,
      scans,
      scanned: scanned[0]?.read ?? 0,
      oldestScanSeconds: waiting?.scan?.since ? secondsBetween(waiting.scan.since, now) : 0,
      unexported,
      guardLagSeconds: guarded ? secondsBetween(guarded, now) : 0,
      oldestFileSeconds: oldestFile ? secondsBetween(oldestFile.created_at, now) : 0,
    };
  }, FRESH_MS);
}

/** Unfinished requests that are alike in this. */
interface UnfinishedGroup {
  readonly _id: Pick<ErasureRequest, 'state' | 'causes'>;
  readonly count: unknown;
}

function timesEach(counts: Counts, times: number): Counts {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count * times]));
}

/** Up to when late records were looked for in every account; null where nobody was forgotten. */
async function readGuarded(db: mongoose.mongo.Db): Promise<Date | null> {
  const [last] = await guardOf(db)
    .find({ watermark: { $gt: new Date(0) } })
    .sort({ watermark: 1 })
    .limit(1)
    .toArray();
  if (last?.watermark) return last.watermark;
  if ((await guardOf(db).findOne()) !== null) return null;
  // Nobody has looked yet.
  return (await tombstonesOf(db).findOne({}, { sort: { _id: 1 } }))?.cut_off ?? null;
}

function secondsBetween(from: Date, to: Date): number {
  return (to.getTime() - from.getTime()) / 1000;
}
