import type mongoose from 'mongoose';
import type { ProfileName } from '../../engine/map/categories.ts';
import type { Account } from '../accounts/accounts.ts';
import { readProgress, type ScanProgress } from '../scan/progress.ts';
import { type ErasureRequest, requestsOf } from './ledger.ts';

export interface StatusQuery {
  readonly account: Account;
  /** Requests of this contract only. */
  readonly profile: ProfileName;
  /** Requests submitted in `[from, to)`. */
  readonly window?: { from: Date; to: Date };
  readonly reference?: string;
  readonly limit: number;
  readonly skip: number;
}

export interface StatusPage {
  /** Newest first. */
  readonly requests: ErasureRequest[];
  /** How many match in all. */
  readonly total: number;
  /** Of the requests that wait for a scan. */
  readonly progress: ReadonlyMap<ErasureRequest, ScanProgress>;
}

/**
 * Finds an account's requests by day or reference.
 * @throws TypeError when neither is given: that would be the whole ledger
 */
export async function findRequests(db: mongoose.mongo.Db, query: StatusQuery): Promise<StatusPage> {
  if (query.window === undefined && query.reference === undefined)
    throw new TypeError('a day or a reference is needed');
  const filter = {
    account_id: query.account._id,
    profile: query.profile,
    ...(query.window && { created_at: { $gte: query.window.from, $lt: query.window.to } }),
    ...(query.reference !== undefined && { reference: query.reference }),
  };
  const requests = requestsOf(db);
  const [page, total] = await Promise.all([
    requests
      .find(filter, { projection: { announced: 0, sealed: 0, lease: 0 } })
      .sort({ created_at: -1, _id: -1 })
      .skip(query.skip)
      .limit(query.limit)
      .toArray(),
    requests.countDocuments(filter),
  ]);
  return { requests: page, total, progress: await readProgress(db, page) };
}
