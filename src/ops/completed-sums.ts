import type mongoose from 'mongoose';
import { isDuplicateKey } from '../base/db/faults.ts';
import { requestsOf } from '../ledger/requests/ledger.ts';

/** What was completed up to a moment. */
export interface CompletedSums {
  readonly completed: number;
  /** Records, by the names of the data map. */
  readonly erased: Readonly<Record<string, number>>;
}

/** Sums of all that was completed before `up_to`. One row: any process may go on from it. */
interface StoredSums extends CompletedSums {
  readonly _id: 'completed';
  readonly up_to: Date;
}

const FIGURES = 'lethe_figures';
/** Completions older than this are summed once; later ones each time, as a worker with a slow clock may still add some. */
const SETTLED_MS = 120_000;
/** How far the stored sums may lag behind those at hand. */
const STORE_EVERY_MS = 300_000;

/**
 * A reader of what was ever completed that costs the same however much that is: sums are kept in the database, and what
 * came since is added. The whole ledger is read once, when there are none yet, and by the server.
 */
export function createCompletedSums(db: mongoose.mongo.Db): (now: Date) => Promise<CompletedSums> {
  const requests = requestsOf(db);
  const stored = db.collection<StoredSums>(FIGURES);
  let settled: { upTo: Date; sums: CompletedSums } | undefined;
  let storedUpTo = 0;

  const load = async () => {
    const row = await stored.findOne({ _id: 'completed' });
    storedUpTo = row?.up_to.getTime() ?? 0;
    return row ? { upTo: row.up_to, sums: row } : { upTo: new Date(0), sums: NOTHING };
  };

  const sumBetween = async (from: Date, to: Date): Promise<CompletedSums> => {
    const within = { completed_at: { $gte: from, $lt: to } };
    const [completed, rows] = await Promise.all([
      requests.countDocuments(within),
      requests
        .aggregate<{ _id: string; count: unknown }>([
          { $match: within },
          { $project: { _id: 0, erased: { $objectToArray: '$erased' } } },
          { $unwind: '$erased' },
          { $group: { _id: '$erased.k', count: { $sum: '$erased.v' } } },
        ])
        .toArray(),
    ]);
    return { completed, erased: Object.fromEntries(rows.map(({ _id, count }) => [_id, Number(count)])) };
  };

  /** The sums of a moment are the same whoever made them, so that the latest may replace any earlier ones. */
  const store = async ({ upTo, sums }: { upTo: Date; sums: CompletedSums }) => {
    const row = { up_to: upTo, completed: sums.completed, erased: sums.erased };
    storedUpTo = upTo.getTime();
    const replaced = await stored.updateOne({ _id: 'completed', up_to: { $lt: upTo } }, { $set: row });
    if (replaced.matchedCount > 0) return;
    await stored.insertOne({ _id: 'completed', ...row }).catch((error: unknown) => {
      // Another process has stored later ones.
      if (!isDuplicateKey(error)) throw error;
    });
  };

  return async (now) => {
    const before = settled ?? (await load());
    const border = new Date(Math.max(before.upTo.getTime(), now.getTime() - SETTLED_MS));
    const [newly, recent] = await Promise.all([
      sumBetween(before.upTo, border),
      sumBetween(border, new Date(now.getTime() + SETTLED_MS)),
    ]);
    settled = { upTo: border, sums: add(before.sums, newly) };
    if (border.getTime() - storedUpTo >= STORE_EVERY_MS) await store(settled);
    return add(settled.sums, recent);
  };
}

const NOTHING: CompletedSums = { completed: 0, erased: {} };

function add(one: CompletedSums, other: CompletedSums): CompletedSums {
  const erased: Record<string, number> = { ...one.erased };
  for (const [name, count] of Object.entries(other.erased)) erased[name] = (erased[name] ?? 0) + count;
  return { completed: one.completed + other.completed, erased };
}
