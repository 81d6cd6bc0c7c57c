import { DateTime, FixedOffsetZone } from 'luxon';
import type { DayReference, MonthReference, Phrase, Shift, YearReference } from './phrase.ts';
import type { Unit } from './words.ts';

/** UNIX time begins with the first year, and the last is the end of what ISO 8601 writes with four digits. */
export const FIRST_YEAR = 1970;
export const LAST_YEAR = 9999;

export type DateFault = 'unreadable' | 'out_of_range';

/** Faults travel as a value, so that no text can make the parser throw. */
export type Resolved = { ok: true; moment: DateTime } | { ok: false; reason: DateFault };

type DatedResult = { ok: true; date: DateTime } | { ok: false; reason: DateFault };

/**
 * Finds the moment a phrase means, seen from `now`, whose zone is the account's. Where the phrase names a zone all of it
 * is read in that zone: `yesterday 23:30 UTC` is the day before today in UTC. The moment is right to the day; its time
 * of day means something only where the phrase gives one.
 *
 * Months and years are clipped to the end of the month: a month before 31 March is the last of February. (PHP would
 * roll over into March.) Hours, minutes and seconds are counted on the clock that knows no daylight saving.
 */
export function resolvePhrase(phrase: Phrase, now: DateTime): Resolved {
  const local = phrase.offset === undefined ? now : now.setZone(FixedOffsetZone.instance(phrase.offset));
  const start = startMoment(phrase, local);
  if (!start.ok) return start;

  const { years, months, days, seconds } = sum(phrase.shifts);
  let moment = start.date.plus({ years, months, days });
  if (phrase.clock !== undefined) moment = moment.set(phrase.clock);
  moment = moment.plus({ seconds });
  return moment.isValid ? { ok: true, moment } : { ok: false, reason: 'out_of_range' };
}

/** Noon stands for a day without a time, as no clock change can take it away; hours are counted from midnight. */
function startMoment({ day = { kind: 'named', days: 0 }, clock, shifts }: Phrase, local: DateTime): DatedResult {
  if (day.kind === 'now') return { ok: true, date: local };
  const found = findDate(day, DateTime.utc(local.year, local.month, local.day));
  if (!found.ok) return found;

  const hour = shifts.some(({ unit }) => unit.measure === 'seconds') ? 0 : 12;
  const fields = { year: found.date.year, month: found.date.month, day: found.date.day };
  const date = DateTime.fromObject({ ...fields, ...(clock ?? { hour }) }, { zone: local.zone });
  // Samoa had no 30 December 2011.
  return date.day === fields.day ? { ok: true, date } : { ok: false, reason: 'unreadable' };
}

/** Works on dates without a time or a place, held as midnights in UTC. */
function findDate(day: Exclude<DayReference, { kind: 'now' }>, today: DateTime): DatedResult {
  switch (day.kind) {
    case 'named':
      return { ok: true, date: today.plus({ days: day.days }) };
    case 'weekday':
      return { ok: true, date: today.plus({ days: daysToWeekday(today.weekday, day.weekday, day.direction) }) };
    case 'weekdayOfWeek':
      return { ok: true, date: today.plus({ weeks: day.weeks, days: day.weekday - today.weekday }) };
    case 'calendar': {
      // Before the year is looked at: `12345678` is no date of the year 1234, but no date at all.
      if (day.month < 1 || day.month > 12 || day.day < 1 || day.day > 31) return { ok: false, reason: 'unreadable' };
      const found = inYear(day.year, today, (year) => calendarDate(year, day.month, day.day));
      const agrees = !found.ok || day.weekday === undefined || found.date.weekday === day.weekday;
      return agrees ? found : { ok: false, reason: 'unreadable' };
    }
    case 'nth':
      return findNth(day.nth, day.weekday, day.of, today);
  }
}

/** A bare weekday is the latest one, today included; last and next leave today out. */
function daysToWeekday(from: number, to: number, direction: number): number {
  if (direction > 0) return (to - from + 7) % 7 || 7;
  const back = (from - to + 7) % 7;
  return direction < 0 ? -(back || 7) : -back;
}

function findNth(nth: number, weekday: number | undefined, of: MonthReference, today: DateTime): DatedResult {
  if ('month' in of) return inYear(of.year, today, (year) => nthOfMonth(nth, weekday, year, of.month));
  const month = today.startOf('month').plus({ months: of.monthsFromNow });
  return orUnreadable(nthOfMonth(nth, weekday, month.year, month.month));
}

/**
 * Finds a date in the year the text names or, where it names none, in the latest year that has the date on or before
 * today. A 29 February or a fifth Friday may lie years back.
 */
function inYear(
  reference: YearReference | undefined,
  today: DateTime,
  dateIn: (year: number) => DateTime | undefined,
): DatedResult {
  if (reference !== undefined) {
    const year = 'written' in reference ? reference.written : today.year + reference.fromNow;
    return year < FIRST_YEAR || year > LAST_YEAR ? { ok: false, reason: 'out_of_range' } : orUnreadable(dateIn(year));
  }
  for (let year = today.year; year >= FIRST_YEAR; year -= 1) {
    const date = dateIn(year);
    if (date !== undefined && date <= today) return { ok: true, date };
  }
  return { ok: false, reason: 'unreadable' };
}

function orUnreadable(date: DateTime | undefined): DatedResult {
  return date === undefined ? { ok: false, reason: 'unreadable' } : { ok: true, date };
}

/** Undefined where the month has no such day. */
function calendarDate(year: number, month: number, day: number): DateTime | undefined {
  const date = DateTime.utc(year, month, day);
  return date.isValid ? date : undefined;
}

/** Undefined where the month has no fifth such day. */
function nthOfMonth(nth: number, weekday: number | undefined, year: number, month: number): DateTime | undefined {
  const first = DateTime.utc(year, month, 1);
  const last = first.endOf('month').startOf('day');
  if (nth < 0) {
    return weekday === undefined ? last : last.plus({ days: daysToWeekday(last.weekday, weekday, 0) });
  }
  const start = weekday === undefined ? 0 : (weekday - first.weekday + 7) % 7;
  const step = weekday === undefined ? 1 : 7;
  const date = first.plus({ days: start + step * (nth - 1) });
  return date.month === month ? date : undefined;
}

function sum(shifts: readonly Shift[]): Record<Unit['measure'], number> {
  const total = { years: 0, months: 0, days: 0, seconds: 0 };
  for (const { amount, unit } of shifts) total[unit.measure] += amount * unit.size;
  return total;
}
