import { DateTime } from 'luxon';
import type mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import { PROFILE_NAMES } from '../../engine/map/categories.ts';
import { requestsOf } from './ledger.ts';

type Db = mongoose.mongo.Db;
type Counts = Readonly<Record<string, number>>;

/** Where sums are kept: one row for all that was ever completed, and one for each month of an account. */
export const FIGURES = 'lethe_figures';

/** What became of the requests of one kind that an account made in a month. */
export interface KindFigures {
  readonly received: number;
  readonly completed: number;
  /** Unfinished, and past the deadline. */
  readonly overdue: number;
  /** Completed after the deadline. */
  readonly missed: number;
  /** Requests with an attempt that failed, by the name of the failure: one that failed for two causes counts for both. */
  readonly failed: Counts;
  /** Times from acceptance to completion: seconds, and how many took so long. Ascending. */
  readonly times: readonly (readonly [seconds: number, count: number])[];
}

/** What became of all requests that an account made in a month. A month and its days are UTC's. */
export interface MonthFigures {
  /** By profile; `automatic` and `retention` are those that the clock made. */
  readonly kinds: Readonly<Record<string, KindFigures>>;
  /** By day of the month, of the requests that people made: received, and completed of those. */
  readonly days: Readonly<Record<string, { readonly received: number; readonly completed: number }>>;
}

interface MonthRow extends MonthFigures {
  /** `acc_…:2026-11` */
  readonly _id: string;
}

/** Kinds that the clock makes: an account's own figures are about what people asked for. */
export const CLOCK_KINDS: readonly string[] = ['automatic', 'retention'];

/** A month is told anew until it is over for so long: a process with a slow clock may still add a request to it. */
const SETTLED_MS = 86_400_000;
const DAY_MS = 86_400_000;
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

/** The moments of a month, `2026-11`; null for a text that is none. */
export function monthWindow(month: string): { from: Date; to: Date } | null {
  if (!MONTH.test(month)) return null;
  const from = DateTime.fromISO(`${month}-01`, { zone: 'utc' });
  return { from: from.toJSDate(), to: from.plus({ months: 1 }).toJSDate() };
}

/** The month that a moment lies in. */
export function monthOf(moment: Date): string {
  return moment.toISOString().slice(0, 7);
}

/**
 * The figures of one account and month. Read from the requests by an index, once: when the month is over and all of its
 * requests are finished, the figures are kept, and hold when the requests leave the ledger.
 * @param month as `2026-11`
 * @throws RangeError for a text that is no month
 */
export async function readMonth(db: Db, account: string, month: string, now: Date): Promise<MonthFigures> {
  const stored = await storedMonth(db, account, month);
  if (stored) return stored;
  const window = monthWindow(month);
  if (!window) throw new RangeError('not a month');
  const isOpen = await isAnyOpen(db, account, window, now);
  const figures = await countMonth(db, account, window, now);
  if (!isOpen) await store(db, account, month, figures);
  return figures;
}

/**
 * Keeps the figures of every month of an account whose requests may leave the ledger.
 * @param before requests accepted before this moment are to leave it
 * @returns requests accepted before this moment may: their months are kept. The same or an earlier one: of a month in which
 * a request is unfinished, none may
 */
export async function settleMonths(db: Db, account: string, before: Date, now: Date): Promise<Date> {
  const oldest = await oldestRequest(db, account);
  if (!oldest || oldest >= before) return before;
  for (let month = monthOf(oldest); ; ) {
    const window = monthWindow(month);
    if (!window || window.from >= before) return before;
    await readMonth(db, account, month, now);
    if (!(await storedMonth(db, account, month))) return window.from;
    month = monthOf(window.to);
  }
}

function storedMonth(db: Db, account: string, month: string): Promise<MonthRow | null> {
  return db.collection<MonthRow>(FIGURES).findOne({ _id: `${account}:${month}` });
}

async function store(db: Db, account: string, month: string, { kinds, days }: MonthFigures): Promise<void> {
  const row = { _id: `${account}:${month}`, kinds, days };
  await db
    .collection<MonthRow>(FIGURES)
    .insertOne(row)
    .catch((error: unknown) => {
      // Another process has told the same.
      if (!isDuplicateKey(error)) throw error;
    });
}

/** May anything of the month still change? */
async function isAnyOpen(db: Db, account: string, { from, to }: { from: Date; to: Date }, now: Date): Promise<boolean> {
  if (now.getTime() < to.getTime() + SETTLED_MS) return true;
  const unfinished = await requestsOf(db).findOne(
    { account_id: account, unfinished: true, created_at: { $gte: from, $lt: to } },
    { projection: { _id: 1 } },
  );
  return unfinished !== null;
}

/** One look a profile, each at the end of an index. */
async function oldestRequest(db: Db, account: string): Promise<Date | undefined> {
  const firsts = await Promise.all(
    PROFILE_NAMES.map((profile) =>
      requestsOf(db).findOne(
        { account_id: account, profile },
        { sort: { created_at: 1, _id: 1 }, projection: { created_at: 1 } },
      ),
    ),
  );
  const times = firsts.flatMap((row) => (row ? [row.created_at.getTime()] : []));
  return times.length === 0 ? undefined : new Date(Math.min(...times));
}

/** Whose wish it was: a profile's by somebody's key, or the clock's. */
const KIND = {
  $cond: [
    { $ne: ['$requested_by', 'schedule'] },
    '$profile',
    { $cond: [{ $eq: ['$profile', 'retention'] }, 'retention', 'automatic'] },
  ],
};
const SECONDS = { $divide: [{ $subtract: ['$completed_at', '$created_at'] }, 1000] };
/** To a tenth of a second, to a second from a minute on, to ten seconds from an hour on: so that there are few. */
const ROUNDED = {
  $cond: [
    { $lt: ['$seconds', 60] },
    { $divide: [{ $floor: { $multiply: ['$seconds', 10] } }, 10] },
    {
      $cond: [
        { $lt: ['$seconds', 3_600] },
        { $floor: '$seconds' },
        { $multiply: [{ $floor: { $divide: ['$seconds', 10] } }, 10] },
      ],
    },
  ],
};

interface CountRow {
  readonly _id: { readonly kind: string; readonly day: number };
  readonly received: unknown;
  readonly completed: unknown;
  readonly overdue: unknown;
  readonly missed: unknown;
}

async function countMonth(
  db: Db,
  account: string,
  { from, to }: { from: Date; to: Date },
  now: Date,
): Promise<MonthFigures> {
  const requests = requestsOf(db);
  const match = { account_id: account, profile: { $in: [...PROFILE_NAMES] }, created_at: { $gte: from, $lt: to } };
  const isCompleted = { $eq: ['$state', 'completed'] };
  const one = (condition: object) => ({ $sum: { $cond: [condition, 1, 0] } });
  const [counts, times, failed] = await Promise.all([
    requests
      .aggregate<CountRow>([
        { $match: match },
        {
          $group: {
            _id: { kind: KIND, day: { $floor: { $divide: [{ $subtract: ['$created_at', from] }, DAY_MS] } } },
            received: { $sum: 1 },
            completed: one(isCompleted),
            overdue: one({ $and: [{ $eq: ['$unfinished', true] }, { $lt: ['$due_at', now] }] }),
            missed: one({ $and: [isCompleted, { $gt: ['$completed_at', '$due_at'] }] }),
          },
        },
      ])
      .toArray(),
    requests
      .aggregate<{ _id: { kind: string; seconds: unknown }; count: unknown }>([
        { $match: { ...match, state: 'completed' } },
        { $project: { kind: KIND, seconds: SECONDS } },
        { $group: { _id: { kind: '$kind', seconds: ROUNDED }, count: { $sum: 1 } } },
      ])
      .toArray(),
    requests
      .aggregate<{ _id: { kind: string; cause: string }; count: unknown }>([
        { $match: { ...match, causes: { $exists: true } } },
        { $project: { kind: KIND, causes: { $objectToArray: '$causes' } } },
        { $unwind: '$causes' },
        { $group: { _id: { kind: '$kind', cause: '$causes.k' }, count: { $sum: 1 } } },
      ])
      .toArray(),
  ]);
  const kinds: Record<string, KindFigures> = {};
  for (const kind of new Set(counts.map(({ _id }) => _id.kind))) {
    const own = counts.filter(({ _id }) => _id.kind === kind);
    const sum = (name: 'received' | 'completed' | 'overdue' | 'missed') =>
      own.reduce((total, row) => total + Number(row[name]), 0);
    kinds[kind] = {
      ...{ received: sum('received'), completed: sum('completed'), overdue: sum('overdue'), missed: sum('missed') },
      failed: Object.fromEntries(
        failed.filter(({ _id }) => _id.kind === kind).map(({ _id, count }) => [_id.cause, Number(count)]),
      ),
      times: times
        .filter(({ _id }) => _id.kind === kind)
        .map(({ _id, count }) => [Number(_id.seconds), Number(count)] as const)
        .sort(([a], [b]) => a - b),
    };
  }
  const days: Record<string, { received: number; completed: number }> = {};
  for (const { _id, received, completed } of counts) {
    if (CLOCK_KINDS.includes(_id.kind)) continue;
    const name = String(Number(_id.day) + 1).padStart(2, '0');
    const before = days[name] ?? { received: 0, completed: 0 };
    days[name] = {
      received: before.received + Number(received),
      completed: before.completed + Number(completed),
    };
  }
  return { kinds, days };
}
