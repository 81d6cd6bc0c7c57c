import type { Unit } from './words.ts';

/** A year as written, or in steps from this one: `last year` is -1. */
export type YearReference = { written: number } | { fromNow: number };

/** A month of some year, of the latest year that fits (no year), or in steps from this month: `last month` is -1. */
export type MonthReference = { month: number; year: YearReference | undefined } | { monthsFromNow: number };

/** The ways to name a day. Months count from 1; weekdays are ISO, Monday 1 to Sunday 7. */
export type DayReference =
  /** This very moment, to count from. */
  | { kind: 'now' }
  /** `yesterday`: days from today. */
  | { kind: 'named'; days: number }
  /** `25 december 2019`, `august 20`. A weekday written before it must be the date's own. */
  | { kind: 'calendar'; day: number; month: number; year: YearReference | undefined; weekday?: number }
  /** `friday`, `last friday`, `next friday`. */
  | { kind: 'weekday'; weekday: number; direction: number }
  /** `friday last week`: that day of a Monday-to-Sunday week. */
  | { kind: 'weekdayOfWeek'; weekday: number; weeks: number }
  /** `last friday of march 2019`, `first day of last month`. `nth` -1 is the last; no weekday means any day. */
  | { kind: 'nth'; nth: number; weekday: number | undefined; of: MonthReference };

/** A time of day on a 24-hour clock. */
export interface Clock {
  hour: number;
  minute: number;
  second: number;
}

/** A signed number of units. */
export interface Shift {
  amount: number;
  unit: Unit;
}

/** Everything a whole text said. Without a day it is today that is meant. */
export interface Phrase {
  day?: DayReference;
  clock?: Clock;
  /** Minutes ahead of UTC, where the text names a zone. */
  offset?: number;
  shifts: Shift[];
}
