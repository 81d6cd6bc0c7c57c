import { readMonth, readYear } from './calendar-dates.ts';
import type { DayReference, MonthReference, Shift } from './phrase.ts';
import { attempt, peek, type Reader, takeDigits, takeFrom, takeMark, takeWord } from './tokens.ts';
import { AMOUNTS, DIRECTIONS, NAMED_DAYS, ORDINALS, UNITS, WEEKDAYS } from './words.ts';

/** Digits enough for any count of seconds since 1970, and for one that is out of range. */
const LONGEST_AMOUNT = 12;

/** A day named by where it lies: `yesterday`, `last friday`, `friday last week`, `last friday of march 2019`. */
export function readRelativeDay(reader: Reader): DayReference | undefined {
  return (
    attempt(reader, readNamedDay) ??
    attempt(reader, readNthOfMonth) ??
    attempt(reader, readWeekdayOfWeek) ??
    attempt(reader, readWeekday)
  );
}

function readNamedDay(reader: Reader): DayReference | undefined {
  if (takeWord(reader, 'now')) return { kind: 'now' };
  const days = takeFrom(reader, NAMED_DAYS);
  return days === undefined ? undefined : { kind: 'named', days };
}

/** `[the] last friday of march 2019`, `first day of last month`. */
function readNthOfMonth(reader: Reader): DayReference | undefined {
  takeWord(reader, 'the');
  const nth = readNth(reader);
  if (nth === undefined) return undefined;
  const anyDay = takeWord(reader, 'day') !== undefined;
  const weekday = anyDay ? undefined : takeFrom(reader, WEEKDAYS);
  if ((!anyDay && weekday === undefined) || !takeWord(reader, 'of', 'in')) return undefined;
  const of = readMonthReference(reader);
  return of && { kind: 'nth', nth, weekday, of };
}

function readNth(reader: Reader): number | undefined {
  if (takeWord(reader, 'last')) return -1;
  const digits = takeDigits(reader, 1, 1);
  if (digits === undefined) return takeFrom(reader, ORDINALS);
  const nth = Number(digits);
  const ending = peek(reader)?.spaced === false && takeWord(reader, 'st', 'nd', 'rd', 'th');
  return ending && nth >= 1 && nth <= 5 ? nth : undefined;
}

function readMonthReference(reader: Reader): MonthReference | undefined {
  const month = readMonth(reader);
  if (month !== undefined) return { month, year: readYear(reader) };
  takeWord(reader, 'the');
  const monthsFromNow = takeFrom(reader, DIRECTIONS);
  return monthsFromNow !== undefined && takeWord(reader, 'month') ? { monthsFromNow } : undefined;
}

/** `friday last week`, `last week friday`. */
function readWeekdayOfWeek(reader: Reader): DayReference | undefined {
  const before = takeFrom(reader, WEEKDAYS);
  if (before !== undefined) takeWord(reader, 'of');
  const weeks = takeFrom(reader, DIRECTIONS);
  if (weeks === undefined || !takeWord(reader, 'week')) return undefined;
  const weekday = before ?? takeFrom(reader, WEEKDAYS);
  return weekday === undefined ? undefined : { kind: 'weekdayOfWeek', weekday, weeks };
}

function readWeekday(reader: Reader): DayReference | undefined {
  const direction = takeFrom(reader, DIRECTIONS) ?? 0;
  const weekday = takeFrom(reader, WEEKDAYS);
  return weekday === undefined ? undefined : { kind: 'weekday', weekday, direction };
}

/**
 * A distance from now. `2 weeks` and `2 weeks ago` lie behind, as a submission cannot lie ahead; `in 2 weeks`,
 * `2 weeks from now` and `+2 weeks` keep the direction they name. `last week` is no day, but all of its days: see `readSpan`.
 */
export function readDistance(reader: Reader): Shift[] | undefined {
  return attempt(reader, readCounted) ?? readSignedShifts(reader);
}

/** `1 year, 2 months and 3 days ago`. */
function readCounted(reader: Reader): Shift[] | undefined {
  const ahead = takeWord(reader, 'in') !== undefined;
  const shifts: Shift[] = [];
  for (let shift = attempt(reader, readTerm); shift !== undefined; shift = attempt(reader, readNextTerm)) {
    shifts.push(shift);
  }
  if (shifts.length === 0) return undefined;
  if (ahead || attempt(reader, () => takeWord(reader, 'from') && takeWord(reader, 'now'))) return shifts;
  takeWord(reader, 'ago');
  return shifts.map(({ amount, unit }) => ({ amount: -amount, unit }));
}

function readTerm(reader: Reader): Shift | undefined {
  const digits = takeDigits(reader, 1, LONGEST_AMOUNT);
  const amount = digits === undefined ? takeFrom(reader, AMOUNTS) : Number(digits);
  const unit = amount === undefined ? undefined : takeFrom(reader, UNITS);
  return amount === undefined || unit === undefined ? undefined : { amount, unit };
}

function readNextTerm(reader: Reader): Shift | undefined {
  takeMark(reader, ',');
  takeWord(reader, 'and');
  return readTerm(reader);
}

/** `-2 weeks`, `+1 week -2 days`: on their own, or after a day they move. */
export function readSignedShifts(reader: Reader): Shift[] | undefined {
  const shifts: Shift[] = [];
  for (let shift = attempt(reader, readSigned); shift !== undefined; shift = attempt(reader, readSigned)) {
    shifts.push(shift);
  }
  return shifts.length === 0 ? undefined : shifts;
}

function readSigned(reader: Reader): Shift | undefined {
  const sign = takeMark(reader, '+', '-');
  const digits = sign === undefined ? undefined : takeDigits(reader, 1, LONGEST_AMOUNT);
  const unit = digits === undefined ? undefined : takeFrom(reader, UNITS);
  // `-2 weeks ago` would turn round twice.
  if (digits === undefined || unit === undefined || peek(reader)?.text === 'ago') return undefined;
  return { amount: sign === '-' ? -Number(digits) : Number(digits), unit };
}
