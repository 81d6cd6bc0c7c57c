import type mongoose from 'mongoose';
import {
  CLOCK_KINDS,
  type KindFigures,
  type MonthFigures,
  monthWindow,
  readMonth,
} from '../ledger/requests/month-figures.ts';
import { writeCells } from '../lib/csv.ts';
import { addCounts } from './completed-sums.ts';

/** Figures of requests that were made in one month. Seconds are null where none was completed. */
export interface RequestFigures {
  readonly received: number;
  readonly completed: number;
  readonly median_seconds: number | null;
  readonly p95_seconds: number | null;
  readonly overdue: number;
  readonly missed: number;
  readonly failed_by_cause: Readonly<Record<string, number>>;
}

/** A month's figures: of what people asked for, over all accounts that were asked about. */
export interface MonthReport extends RequestFigures {
  readonly month: string;
  /** Those that the clock made, too: `automatic` and `retention`. */
  readonly by_profile: Readonly<Record<string, RequestFigures>>;
  readonly by_account: readonly ({ readonly account: string } & RequestFigures)[];
  readonly by_day: readonly { readonly day: string; readonly received: number; readonly completed: number }[];
}

/** Accounts that are read side by side. */
const SIDE_BY_SIDE = 4;

/**
 * The figures of a month, in UTC: of the requests accepted in it, whatever has become of them by now.
 * @param month as `2026-11`
 * @param options.onRead told how many accounts have been read
 * @throws RangeError for a text that is no month; the signal's reason when it is aborted
 */
export async function reportMonth(
  db: mongoose.mongo.Db,
  accounts: readonly string[],
  month: string,
  now: Date,
  options: { readonly signal?: AbortSignal; readonly onRead?: (accounts: number) => void } = {},
): Promise<MonthReport> {
  const window = monthWindow(month);
  if (!window) throw new RangeError('not a month');
  let all: MonthFigures = { kinds: {}, days: {} };
  const by_account: ({ account: string } & RequestFigures)[] = [];
  for (let from = 0; from < accounts.length; from += SIDE_BY_SIDE) {
    options.signal?.throwIfAborted();
    options.onRead?.(from);
    const some = accounts.slice(from, from + SIDE_BY_SIDE);
    const figures = await Promise.all(some.map((account) => readMonth(db, account, month, now)));
    for (const [index, account] of some.entries()) {
      const own = figures[index];
      if (!own || Object.keys(own.kinds).length === 0) continue;
      all = addMonths(all, own);
      by_account.push({ account, ...figuresOf(askedFor(own)) });
    }
  }
  return {
    month,
    ...figuresOf(askedFor(all)),
    by_profile: Object.fromEntries(Object.entries(all.kinds).map(([kind, own]) => [kind, figuresOf(own)])),
    by_account,
    by_day: daysOf(window).map((day) => ({ day, ...(all.days[day.slice(8)] ?? { received: 0, completed: 0 }) })),
  };
}

const NOTHING: KindFigures = { received: 0, completed: 0, overdue: 0, missed: 0, failed: {}, times: [] };

/** What people asked for. */
function askedFor({ kinds }: MonthFigures): KindFigures {
  return Object.entries(kinds)
    .filter(([kind]) => !CLOCK_KINDS.includes(kind))
    .reduce((sum, [, own]) => addKinds(sum, own), NOTHING);
}

function addMonths(one: MonthFigures, other: MonthFigures): MonthFigures {
  const kinds: Record<string, KindFigures> = { ...one.kinds };
  for (const [kind, own] of Object.entries(other.kinds)) kinds[kind] = addKinds(kinds[kind] ?? NOTHING, own);
  const days: Record<string, { received: number; completed: number }> = { ...one.days };
  for (const [day, { received, completed }] of Object.entries(other.days)) {
    const before = days[day] ?? { received: 0, completed: 0 };
    days[day] = { received: before.received + received, completed: before.completed + completed };
  }
  return { kinds, days };
}

function addKinds(one: KindFigures, other: KindFigures): KindFigures {
  const times = new Map(one.times);
  for (const [seconds, count] of other.times) times.set(seconds, (times.get(seconds) ?? 0) + count);
  return {
    received: one.received + other.received,
    completed: one.completed + other.completed,
    overdue: one.overdue + other.overdue,
    missed: one.missed + other.missed,
    failed: addCounts(one.failed, other.failed),
    times: [...times].sort(([a], [b]) => a - b),
  };
}

function figuresOf({ received, completed, overdue, missed, failed, times }: KindFigures): RequestFigures {
  return {
    received,
    completed,
    median_seconds: percentile(times, 0.5),
    p95_seconds: percentile(times, 0.95),
    overdue,
    missed,
    failed_by_cause: failed,
  };
}

/** The least time that this share of all took at most (nearest rank); null of none. */
function percentile(times: KindFigures['times'], share: number): number | null {
  const all = times.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [seconds, count] of times) {
    seen += count;
    if (seen >= all * share) return seconds;
  }
  return null;
}

function daysOf({ from, to }: { from: Date; to: Date }): string[] {
  const days: string[] = [];
  for (let day = from.getTime(); day < to.getTime(); day += 86_400_000)
    days.push(new Date(day).toISOString().slice(0, 10));
  return days;
}

const COLUMNS = [
  'month',
  'account',
  'profile',
  'received',
  'completed',
  'median_seconds',
  'p95_seconds',
  'overdue',
  'missed',
  'failed_by_cause',
];

/** A month's figures as lines of CSV: all accounts, each profile of all, and each account. */
export function* monthAsCsv({ month, by_profile, by_account, ...all }: MonthReport): Generator<string> {
  const line = (account: string, profile: string, figures: RequestFigures) =>
    writeCells([
      ...[month, account, profile],
      ...[figures.received, figures.completed, figures.median_seconds, figures.p95_seconds].map(cell),
      ...[figures.overdue, figures.missed].map(cell),
      tellCauses(figures.failed_by_cause).join(' '),
    ]);
  yield writeCells(COLUMNS);
  yield line('all', 'all', all);
  for (const [profile, figures] of Object.entries(by_profile)) yield line('all', profile, figures);
  for (const { account, ...figures } of by_account) yield line(account, 'all', figures);
}

/** The most frequent first. */
export function tellCauses(causes: RequestFigures['failed_by_cause']): string[] {
  const sorted = Object.entries(causes).sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1));
  return sorted.map(([cause, count]) => `${cause} ${count}`);
}

const cell = (value: number | null) => (value === null ? null : String(value));
