import type { DayReference, YearReference } from './phrase.ts';
import {
  attempt,
  peek,
  type Reader,
  takeDigits,
  takeFrom,
  takeMark,
  takeTightDigits,
  takeTightMark,
  takeWord,
} from './tokens.ts';
import { DIRECTIONS, MONTHS, WEEKDAYS } from './words.ts';

type CalendarDay = Extract<DayReference, { kind: 'calendar' }>;

/** Long enough for a year that is refused for its size, not for its look. */
const LONGEST_YEAR = 12;

/**
 * A date of the calendar: `2018-02-22`, `2018/02/22`, `20180222`, `25-12-2019`, `25.12.2019`, `25/12/2019`,
 * `25th of december 2019`, `december 25, 2019`, `11-may-2019`, `2019 may 11`, each after a weekday or not.
 * A year has four digits or is `last year`, `this year`, `next year`; without one the month must be a word.
 */
export function readCalendarDay(reader: Reader): CalendarDay | undefined {
  return (
    attempt(reader, readYearFirst) ??
    attempt(reader, readCompact) ??
    attempt(reader, readYearLast) ??
    attempt(reader, readDayMonth) ??
    attempt(reader, readMonthDay) ??
    attempt(reader, readAfterWeekday)
  );
}

/** Whether the text that begins here is an ISO date, which alone may be followed by `T` or an offset without its plus. */
export function isIsoDate(reader: Reader): boolean {
  return attempt({ ...reader }, readYearFirst) !== undefined || attempt({ ...reader }, readCompact) !== undefined;
}

/** `Wed, 25 Dec 2019`. */
function readAfterWeekday(reader: Reader): CalendarDay | undefined {
  const weekday = takeFrom(reader, WEEKDAYS);
  if (weekday === undefined) return undefined;
  skipFullStop(reader);
  takeMark(reader, ',');
  takeWord(reader, 'the');
  const date =
    attempt(reader, readYearFirst) ??
    attempt(reader, readYearLast) ??
    attempt(reader, readDayMonth) ??
    attempt(reader, readMonthDay);
  return date && { ...date, weekday };
}

function readYearFirst(reader: Reader): CalendarDay | undefined {
  const year = takeDigits(reader, 4, LONGEST_YEAR);
  if (year === undefined) return undefined;
  const mark = takeTightMark(reader, '-', '/', '.');
  const month = mark === undefined ? readMonth(reader) : (takeTightDigits(reader, 1, 2) ?? readMonth(reader));
  if (month === undefined || (mark !== undefined && takeTightMark(reader, mark) === undefined)) return undefined;
  const day = mark === undefined ? takeDay(reader) : takeTightDigits(reader, 1, 2);
  return day === undefined ? undefined : calendarDay(day, month, { written: Number(year) });
}

function readCompact(reader: Reader): CalendarDay | undefined {
  const digits = takeDigits(reader, 8, 8);
  if (digits === undefined) return undefined;
  return calendarDay(digits.slice(6), digits.slice(4, 6), { written: Number(digits.slice(0, 4)) });
}

/**
 * `25-12-2019`, `25.12.2019`, `25/12/2019`. Dashes and dots put the day first, as in PHP. With slashes PHP reads the
 * American order, and a British clerk means the other: only a date that has one reading is taken.
 */
function readYearLast(reader: Reader): CalendarDay | undefined {
  const first = takeDigits(reader, 1, 2);
  const mark = first && takeTightMark(reader, '-', '/', '.');
  const named = mark ? takeFrom(reader, MONTHS) : undefined;
  const second = mark ? (named ?? takeTightDigits(reader, 1, 2)) : undefined;
  const year = second && mark && takeTightMark(reader, mark) && takeTightDigits(reader, 4, LONGEST_YEAR);
  if (!first || !second || !year) return undefined;

  const written = { written: Number(year) };
  if (mark !== '/' || named !== undefined) return calendarDay(first, second, written);
  const british = Number(first) <= 31 && Number(second) <= 12;
  const american = Number(first) <= 12 && Number(second) <= 31;
  if (british && american && Number(first) !== Number(second)) return undefined;
  return british ? calendarDay(first, second, written) : calendarDay(second, first, written);
}

/** `25 december`, `25th of december 2019`. */
function readDayMonth(reader: Reader): CalendarDay | undefined {
  takeWord(reader, 'the');
  const day = takeDay(reader);
  if (day === undefined) return undefined;
  takeWord(reader, 'of');
  const month = readMonth(reader);
  return month === undefined ? undefined : calendarDay(day, month, readYear(reader));
}

/** `december 25`, `december the 25th, 2019`. */
function readMonthDay(reader: Reader): CalendarDay | undefined {
  const month = readMonth(reader);
  if (month === undefined) return undefined;
  takeWord(reader, 'the');
  const day = takeDay(reader);
  // `may 11:30` is a month and a time: no day.
  const next = peek(reader);
  if (day === undefined || (next?.text === ':' && !next.spaced)) return undefined;
  return calendarDay(day, month, readYear(reader));
}

/** A year after a day and month, or undefined where the text gives none. */
export function readYear(reader: Reader): YearReference | undefined {
  return (
    attempt(reader, () => {
      takeMark(reader, ',');
      const year = takeDigits(reader, 4, LONGEST_YEAR);
      return year === undefined ? undefined : { written: Number(year) };
    }) ??
    attempt(reader, () => {
      takeWord(reader, 'of');
      const fromNow = takeFrom(reader, DIRECTIONS);
      return fromNow !== undefined && takeWord(reader, 'year') ? { fromNow } : undefined;
    })
  );
}

export function readMonth(reader: Reader): number | undefined {
  const month = takeFrom(reader, MONTHS);
  if (month !== undefined) skipFullStop(reader);
  return month;
}

/** `25`, `25th`. The ending must adjoin the digits; which one it is does not matter. */
function takeDay(reader: Reader): string | undefined {
  const day = takeDigits(reader, 1, 2);
  if (day !== undefined && peek(reader)?.spaced === false) takeWord(reader, 'st', 'nd', 'rd', 'th');
  return day;
}

/** The full stop of `Dec.` and `Fri.`. */
function skipFullStop(reader: Reader): void {
  const after = peek(reader, 1);
  if (after === undefined || after.spaced || after.text === ',') takeTightMark(reader, '.');
}

function calendarDay(day: string | number, month: string | number, year: YearReference | undefined): CalendarDay {
  return { kind: 'calendar', day: Number(day), month: Number(month), year };
}
