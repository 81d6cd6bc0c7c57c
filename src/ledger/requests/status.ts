import type mongoose from 'mongoose';
import type { ProfileName } from '../../engine/map/categories.ts';
import type { Account } from '../accounts/accounts.ts';
import { readProgress, type ScanProgress } from '../scan/progress.ts';
import { createDayTotals } from './day-totals.ts';
import { type ErasureRequest, requestsOf } from './ledger.ts';

interface StatusQuery {
  readonly account: Account;
  /** Requests of this contract only. */
  readonly profile: ProfileName;
  /** Requests submitted in `[from, to)`. */
  readonly window?: { from: Date; to: Date };
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

/** @returns the function that finds an account's requests by day or reference, and remembers how many a day has */
export function createRequestSearch(db: mongoose.mongo.Db): FindRequests {
  const countSubmitted = createDayTotals(db);
  return async ({ account, profile, window, reference, limit, skip }, now) => {
    if (window === undefined && reference === undefined) throw new TypeError('a day or a reference is needed');
    const owner = { account_id: account._id, profile };
    const requests = await requestsOf(db)
      .find(
        {
          ...owner,
          ...(window && { created_at: { $gte: window.from, $lt: window.to } }),
          ...(reference !== undefined && { reference }),
        },
        { projection: { announced: 0, sealed: 0, sealed_writings: 0, lease: 0 } },
      )
      .sort({ created_at: -1, _id: -1 })
      .skip(skip)
      .limit(limit)
      .toArray();
    const progress = await readProgress(db, requests);
    // The last page says itself how many there are, and a reference stands for one request.
    const isLastPage = requests.length < limit && (requests.length > 0 || skip === 0);
    if (isLastPage || window === undefined || reference !== undefined)
      return { requests, total: requests.length === 0 ? 0 : skip + requests.length, progress };
    return { requests, total: await countSubmitted(owner, window, now), progress };
  };
}
