import type mongoose from 'mongoose';
import { isDuplicateKey } from '../base/db/faults.ts';
import { type ErasureRequest, requestsOf } from '../ledger/requests/ledger.ts';
import { FIGURES } from '../ledger/requests/month-figures.ts';

/** What was completed up to a moment. */
export interface CompletedSums {
  readonly completed: number;
  /** Those that were completed after their deadline. */
  readonly missed: number;
  /** Records, by the names of the data map. */
  readonly erased: Counts;
  /** Of those, the ones deleted because of their age. */
  readonly retention: Counts;
  /** Attempts of completed requests that had failed, by the name of the failure. */
  readonly causes: Counts;
  /** Time from acceptance to completion, by profile. */
  readonly times: Readonly<Record<string, DurationSums>>;
}

export type Counts = Readonly<Record<string, number>>;

/** A histogram of durations: how many in all, their sum in seconds, and how many were no longer than each bound. */
interface DurationSums {
  readonly count: number;
  readonly sum: number;
  /** In the order of `ERASE_SECONDS`. */
  readonly within: readonly number[];
}

/** Bounds of the time to erase, in seconds: from a second to two days. */
export const ERASE_SECONDS = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200, 86_400, 172_800] as const;

/** Sums of all that was completed before `up_to`. One row: any process may go on from it. */
interface StoredSums extends CompletedSums {
  readonly _id: typeof ROW;
  readonly up_to: Date;
}

/** Earlier versions kept less, under other ids. */
const ROW = 'completed-3';
const FORMER_ROW = 'completed-2';
/** Without what was missed: requests that were dropped since are in it, so that it is not made again. */
interface FormerSums extends Omit<StoredSums, '_id' | 'missed'> {
  readonly _id: typeof FORMER_ROW;
}

/** Completions older than this are summed once; later ones each time, as a worker with a slow clock may still add some. */
const SETTLED_MS = 120_000;
/** How far the stored sums may lag behind those at hand. */
const STORE_EVERY_MS = 300_000;

/**
 * A reader of what was ever completed that costs the same however much that is: sums are kept in the database, and what
 * came since is added. The whole ledger is read once, when there are none yet.
 */
export function createCompletedSums(db: mongoose.mongo.Db): (now: Date) => Promise<CompletedSums> {
  const stored = db.collection<StoredSums>(FIGURES);
  const former = db.collection<FormerSums>(FIGURES);
  let settled: { upTo: Date; sums: CompletedSums } | undefined;
  let storedUpTo = 0;

  const load = async () => {
    const row = await stored.findOne({ _id: ROW });
    storedUpTo = row?.up_to.getTime() ?? 0;
    if (row) return { upTo: row.up_to, sums: row };
    const less = await former.findOne({ _id: FORMER_ROW });
    if (!less) return { upTo: new Date(0), sums: NOTHING };
    const missed = await requestsOf(db).countDocuments({ overdue: true, completed_at: { $lt: less.up_to } });
    return { upTo: less.up_to, sums: { ...less, missed } };
  };

  /** The sums of a moment are the same whoever made them, so that the latest may replace any earlier ones. */
  const store = async ({ upTo, sums }: { upTo: Date; sums: CompletedSums }) => {
    const { completed, missed, erased, retention, causes, times } = sums;
    const row = { up_to: upTo, completed, missed, erased, retention, causes, times };
    storedUpTo = upTo.getTime();
    const replaced = await stored.updateOne({ _id: ROW, up_to: { $lt: upTo } }, { $set: row });
    if (replaced.matchedCount > 0) return;
    await stored.insertOne({ _id: ROW, ...row }).catch((error: unknown) => {
      // Another process has stored later ones.
      if (!isDuplicateKey(error)) throw error;
    });
  };

  return async (now) => {
    const before = settled ?? (await load());
    // What is completed later than a moment summed up to is counted by nobody: no clock far ahead may set it.
    const latest = Math.min(now.getTime(), await readClock(db));
    const border = new Date(Math.max(before.upTo.getTime(), latest - SETTLED_MS));
    const [newly, recent] = await Promise.all([
      sumBetween(db, before.upTo, border),
      sumBetween(db, border, new Date(now.getTime() + SETTLED_MS)),
    ]);
    settled = { upTo: border, sums: add(before.sums, newly) };
    if (border.getTime() - storedUpTo >= STORE_EVERY_MS) await store(settled);
    return add(settled.sums, recent);
  };
}

/** The database's own clock, in milliseconds. */
async function readClock(db: mongoose.mongo.Db): Promise<number> {
  const { localTime } = await db.admin().command({ hello: 1 });
  return localTime instanceof Date ? localTime.getTime() : Number.POSITIVE_INFINITY;
}

/** Rows a batch: none holds the event loop. */
const ROWS_AT_ONCE = 1_000;

/**
 * Sums what was completed in a time, row by row, in the order of the index: an engine that is to sum by the names in
 * the rows may read the whole ledger for the few that came since.
 */
async function sumBetween(db: mongoose.mongo.Db, from: Date, to: Date): Promise<CompletedSums> {
  const rows = requestsOf(db)
    .find({ completed_at: { $gte: from, $lt: to } }, { batchSize: ROWS_AT_ONCE })
    .project<SummedRow>(Object.fromEntries(SUMMED.map((name) => [name, 1])));
  let sums = NOTHING;
  for await (const row of rows) sums = add(sums, sumsOf(row));
  return sums;
}

/** What one completed request adds to the sums. */
function sumsOf({ overdue, ...row }: SummedRow): CompletedSums {
  const { profile, created_at, completed_at = created_at, erased, causes = {} } = row;
  const seconds = (completed_at.getTime() - created_at.getTime()) / 1_000;
  const within = ERASE_SECONDS.map((bound) => (seconds <= bound ? 1 : 0));
  return {
    ...{ completed: 1, missed: overdue ? 1 : 0 },
    ...{ erased, retention: profile === 'retention' ? erased : {}, causes },
    times: { [profile]: { count: 1, sum: seconds, within } },
  };
}

const SUMMED = [
  'profile',
  'created_at',
  'completed_at',
  'overdue',
  'erased',
  'causes',
] as const satisfies (keyof ErasureRequest)[];
type SummedRow = Pick<ErasureRequest, (typeof SUMMED)[number]>;

/** Up to when what was completed is summed for good; the epoch when nothing is. */
export async function summedUpTo(db: mongoose.mongo.Db): Promise<Date> {
  const row = await db.collection<StoredSums>(FIGURES).findOne({ _id: ROW });
  return row?.up_to ?? new Date(0);
}

const NOTHING: CompletedSums = { completed: 0, missed: 0, erased: {}, retention: {}, causes: {}, times: {} };

function add(one: CompletedSums, other: CompletedSums): CompletedSums {
  const times: Record<string, DurationSums> = { ...one.times };
  for (const [profile, more] of Object.entries(other.times)) {
    const before = times[profile];
    times[profile] = before
      ? {
          count: before.count + more.count,
          sum: before.sum + more.sum,
          within: more.within.map((count, bound) => count + (before.within[bound] ?? 0)),
        }
      : more;
  }
  return {
    completed: one.completed + other.completed,
    missed: one.missed + other.missed,
    erased: addCounts(one.erased, other.erased),
    retention: addCounts(one.retention, other.retention),
    causes: addCounts(one.causes, other.causes),
    times,
  };
}

/** Adds counts by name. */
export function addCounts(one: Counts, other: Counts): Counts {
  const sum: Record<string, number> = { ...one };
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
