import type mongoose from 'mongoose';
import { type ErasureRequest, requestsOf } from './ledger.ts';

type DayFilter = Pick<ErasureRequest, 'account_id' | 'profile'>;

/** Submitted in `[from, to)`. */
export interface Window {
  readonly from: Date;
  readonly to: Date;
}

interface DayTotals {
  /** Counts the requests that were submitted in a window. */
  count(filter: DayFilter, window: Window, now: Date): Promise<number>;
  /** About as many as were counted last; 0: never, or long ago. */
  lastCount(filter: DayFilter, window: Window): number;
}

/** A request may enter the ledger so much later than its moment says: by clocks that differ, and writes that take long. */
const SETTLED_MS = 120_000;
/** A count is made anew after so long: requests may have left the ledger. */
const KEPT_MS = 600_000;
const MOST_KEPT = 1_000;

interface Counted {
  readonly since: number;
  readonly upTo: Date;
  readonly count: number;
}

/** Counts a day's requests, of which there may be a hundred thousand, once, and later only those that came since. */
export function createDayTotals(db: mongoose.mongo.Db): DayTotals {
  const known = new Map<string, Counted>();
  const count = (filter: DayFilter, from: Date, to: Date) =>
    from < to ? requestsOf(db).countDocuments({ ...filter, created_at: { $gte: from, $lt: to } }) : 0;

  const keyOf = (filter: DayFilter, { from, to }: Window) =>
    JSON.stringify([filter.account_id, filter.profile, from, to]);
  const countSubmitted: DayTotals['count'] = async (filter, window, now) => {
    const { from, to } = window;
    const key = keyOf(filter, window);
    const before = known.get(key);
    const {
      since,
      upTo,
      count: counted,
    } = before && now.getTime() - before.since < KEPT_MS ? before : { since: now.getTime(), upTo: from, count: 0 };
    const settled = new Date(Math.max(upTo.getTime(), Math.min(to.getTime(), now.getTime() - SETTLED_MS)));
    const [newly, recent] = await Promise.all([count(filter, upTo, settled), count(filter, settled, to)]);
    known.delete(key);
    known.set(key, { since, upTo: settled, count: counted + newly });
    for (const [oldest] of known) if (known.size > MOST_KEPT) known.delete(oldest);
    return counted + newly + recent;
  };
  return {
    count: countSubmitted,
    lastCount: (filter, window) => known.get(keyOf(filter, window))?.count ?? 0,
  };
}
