import type mongoose from 'mongoose';
import type { ProfileName } from '../../engine/map/categories.ts';
import { PROFILE_NAMES } from '../../engine/map/categories.ts';
import { type ErasureRequest, OPEN_STATES, type RequestState, requestsOf } from '../../ledger/requests/ledger.ts';
import { readProgress, type ScanProgress } from '../../ledger/scan/progress.ts';

export const ORDERS = ['due', 'newest'] as const;
/** `due`: unfinished requests, the nearest deadline first. `newest`: all, the last accepted first. */
export type Order = (typeof ORDERS)[number];

export interface RequestQuery {
  /** Lethe's accounts that the caller may see. */
  readonly accounts: 'all' | readonly string[];
  readonly state?: RequestState | undefined;
  readonly overdue?: boolean | undefined;
  /** The last attempt failed, or records are known to refuse their change. */
  readonly failed?: boolean | undefined;
  /** It waits: for messages to be sent, for the scan, or to be cancelled. */
  readonly waiting?: boolean | undefined;
  readonly profile?: ProfileName | undefined;
  /** Accepted in `[from, to)`. */
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** Without it: `due` when only unfinished ones are asked for, else `newest`. */
  readonly order?: Order | undefined;
}

/** The last request of a page: where the next begins. */
export interface RequestPosition {
  readonly order: Order;
  readonly at: Date;
  readonly id: mongoose.mongo.ObjectId;
}

export interface RequestPage {
  readonly requests: ErasureRequest[];
  /** Of those that wait for a scan. */
  readonly progress: ReadonlyMap<ErasureRequest, ScanProgress>;
  readonly next: RequestPosition | null;
}

type Requests = mongoose.mongo.Collection<ErasureRequest>;
type Filter = mongoose.mongo.Filter<ErasureRequest>;
/** Filters that begin with the key of one index, and the index, whose order is that of the list. */
interface Walk {
  readonly filter: Filter;
  readonly hint: mongoose.mongo.IndexSpecification;
}

/** More accounts are walked through together, in an index over all. */
const MOST_WALKS = 120;
const EVER = new Date(0);
const FIELDS = { announced: 0, refused: 0, references: 0, lease: 0, suppressed_before: 0 } as const;

/** In which order a query is answered. */
function orderOf({ order, state, overdue, failed, waiting }: RequestQuery): Order {
  if (order !== undefined) return order;
  const isOpen = state !== undefined && (OPEN_STATES as readonly string[]).includes(state);
  return isOpen || overdue || failed || waiting ? 'due' : 'newest';
}

/**
 * One page of requests. Each walk follows an index whose order is the list's, so that nothing is sorted in memory, however
 * many requests there are.
 * @param options.after where the page before ended; of another order it is left out of account
 */
export async function listRequests(
  db: mongoose.mongo.Db,
  query: RequestQuery,
  now: Date,
  { limit, after }: { readonly limit: number; readonly after?: RequestPosition | undefined },
): Promise<RequestPage> {
  const order = orderOf(query);
  const requests = requestsOf(db);
  const from = after?.order === order ? after : undefined;
  const lists = await Promise.all(
    walksOf(query, order, now).map((walk) => readWalk(requests, walk, order, from, limit + 1)),
  );
  const merged = lists.flat().sort((one, other) => compare(order, one, other));
  const page = merged.slice(0, limit);
  const last = page.at(-1);
  return {
    requests: page,
    progress: await readProgress(db, page),
    next: last && merged.length > limit ? { order, at: momentOf(order, last), id: last._id } : null,
  };
}

const momentOf = (order: Order, request: ErasureRequest) => (order === 'due' ? request.due_at : request.created_at);

function compare(order: Order, one: ErasureRequest, other: ErasureRequest): number {
  const [a, b] = order === 'due' ? [one, other] : [other, one];
  return (
    momentOf(order, a).getTime() - momentOf(order, b).getTime() || (a._id.toHexString() < b._id.toHexString() ? -1 : 1)
  );
}

function walksOf(query: RequestQuery, order: Order, now: Date): Walk[] {
  const rest = conditionsOf(query, now);
  const { accounts, profile } = query;
  if (order === 'due') {
    const open: Filter = { ...rest, unfinished: true };
    return accounts === 'all' || accounts.length > MOST_WALKS
      ? [{ filter: { ...open, ...among(accounts) }, hint: 'unfinished_due' }]
      : accounts.map((account_id) => ({ filter: { ...open, account_id }, hint: 'unfinished_account_due' }));
  }
  const profiles = profile === undefined ? PROFILE_NAMES : [profile];
  if (accounts === 'all' || accounts.length * profiles.length > MOST_WALKS)
    return [{ filter: { ...rest, ...among(accounts) }, hint: 'newest' }];
  return accounts.flatMap((account_id) =>
    profiles.map((name) => ({ filter: { ...rest, account_id, profile: name }, hint: 'by_moment' })),
  );
}

const among = (accounts: RequestQuery['accounts']): Filter =>
  accounts === 'all' ? {} : { account_id: { $in: [...accounts] } };

/** What is asked beside whose requests. */
function conditionsOf({ state, overdue, failed, waiting, profile, from, to }: RequestQuery, now: Date): Filter {
  const also: Filter[] = [
    ...(state === undefined ? [] : [{ state }]),
    ...(overdue ? [{ unfinished: true as const, due_at: { $lt: now } }] : []),
    ...(failed ? [{ unfinished: true as const, failure: { $exists: true } }] : []),
    ...(waiting
      ? [
          {
            $or: [
              { state: { $in: ['waiting' as const, 'scanning' as const] } },
              { state: 'accepted' as const, grace_until: { $gt: now } },
            ],
          },
        ]
      : []),
    ...(profile === undefined ? [] : [{ profile }]),
    ...(from === undefined ? [] : [{ created_at: { $gte: from } }]),
    ...(to === undefined ? [] : [{ created_at: { $lt: to } }]),
  ];
  return also.length > 0 ? { $and: also } : {};
}

/** What comes behind a position, apart: not every engine walks an index for `$or`. */
async function readWalk(
  requests: Requests,
  { filter, hint }: Walk,
  order: Order,
  after: RequestPosition | undefined,
  limit: number,
): Promise<ErasureRequest[]> {
  const [field, direction] = order === 'due' ? (['due_at', 1] as const) : (['created_at', -1] as const);
  const behind = order === 'due' ? '$gt' : '$lt';
  const ranges: object[] =
    after === undefined
      ? // Every deadline is later. A condition on the index's key is what has a partial index taken.
        [{ [field]: { $gt: EVER } }]
      : [{ [field]: after.at, _id: { [behind]: after.id } }, { [field]: { [behind]: after.at } }];
  const found: ErasureRequest[] = [];
  for (const range of ranges) {
    if (found.length >= limit) break;
    const more = await requests
      .find({ ...filter, ...range } as Filter, { projection: FIELDS, hint })
      .sort({ [field]: direction, _id: direction })
      .limit(limit - found.length)
      .toArray();
    found.push(...more);
  }
  return found;
}
