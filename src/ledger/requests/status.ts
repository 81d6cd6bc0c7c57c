import type mongoose from 'mongoose';
import type { ProfileName } from '../../engine/map/categories.ts';
import type { Account } from '../accounts/accounts.ts';
import { readProgress, type ScanProgress } from '../scan/progress.ts';
import { createDayTotals, type Window } from './day-totals.ts';
import { type ErasureRequest, requestsOf } from './ledger.ts';

interface StatusQuery {
  readonly account: Account;
  /** Requests of this contract only. */
  readonly profile: ProfileName;
  /** Requests submitted in `[from, to)`. */
  readonly window?: Window;
  readonly reference?: string;
  readonly limit: number;
  readonly skip: number;
}

interface StatusPage {
  /** Newest first. */
  readonly requests: ErasureRequest[];
  /** How many match in all. */
  readonly total: number;
  /** Of the requests that wait for a scan. */
  readonly progress: ReadonlyMap<ErasureRequest, ScanProgress>;
}

/** @throws TypeError when neither a day nor a reference is given: that would be the whole ledger */
export type FindRequests = (query: StatusQuery, now: Date) => Promise<StatusPage>;

/** How many times what a page needs is looked through at first: requests do not come evenly over a day. */
const SPARE = 4;
/** Each further part is so many times as long. */
const WIDER = 8;

/**
 * Parts of a window, each ending where it ends, in which the newest requests probably are. An engine that does not read in
 * the order of the index sorts all it finds: of a busy day that would be very many.
 * @param needed how many requests from the newest on
 * @param total about how many the window has
 */
function* newestParts({ from, to }: Window, needed: number, total: number, now: Date): Generator<Window> {
  const end = Math.min(to.getTime(), now.getTime());
  const length = end - from.getTime();
  for (let share = (SPARE * needed) / Math.max(total, 1); share < 1 / 2; share *= WIDER)
    yield { from: new Date(end - share * length), to };
}

/** @returns the function that finds an account's requests by day or reference, and remembers how many a day has */
export function createRequestSearch(db: mongoose.mongo.Db): FindRequests {
  const totals = createDayTotals(db);
  return async ({ account, profile, window, reference, limit, skip }, now) => {
    if (window === undefined && reference === undefined) throw new TypeError('a day or a reference is needed');
    const owner = { account_id: account._id, profile };
    const read = (within: Window | undefined) =>
      requestsOf(db)
        .find(
          {
            ...owner,
            ...(within && { created_at: { $gte: within.from, $lt: within.to } }),
            ...(reference !== undefined && { reference }),
          },
          { projection: { announced: 0, sealed: 0, sealed_writings: 0, lease: 0 } },
        )
        .sort({ created_at: -1, _id: -1 })
        .skip(skip)
        .limit(limit)
        .toArray();
    const readPage = async () => {
      const total = window && reference === undefined ? totals.lastCount(owner, window) : 0;
      if (window && total > 0)
        for (const part of newestParts(window, skip + limit, total, now)) {
          const page = await read(part);
          // It holds all that are newer than these.
          if (page.length === limit) return page;
        }
      return read(window);
    };
    const requests = await readPage();
    const progress = await readProgress(db, requests);
    // The last page says itself how many there are, and a reference stands for one request.
    const isLastPage = requests.length < limit && (requests.length > 0 || skip === 0);
    if (isLastPage || window === undefined || reference !== undefined)
      return { requests, total: requests.length === 0 ? 0 : skip + requests.length, progress };
    return { requests, total: await totals.count(owner, window, now), progress };
  };
}
