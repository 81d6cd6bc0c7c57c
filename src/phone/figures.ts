import { GAP, type Run } from './digit-runs.ts';
import { isWhole } from './wrapping.ts';

// Digits that stand as a number's would, and are a figure of another kind: a date, an amount, a range, a list, an address.

/** Characters on either side of a possible mention in which a figure may begin or end. */
const REACH = 14;

const DATE =
  /(?<!\d|\d[/.-])(?:(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)|(\d{4})([/.-])(\d{1,2})\6(\d{1,2}))(?!\d|[/.-]\d)/g;
/** Of Christians and, in Thailand, of Buddhists. */
const YEAR = /^(?:19|20|25)\d\d$|^\d\d$/;

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
/** An IPv4 address. Pairs are left out: so numbers of eight digits are written. */
const ADDRESS = new RegExp(
  `(?<![\\d.-])(?!(?:\\d\\d\\.){3}\\d\\d(?!\\d))(?:${OCTET}\\.){3}${OCTET}(?!\\d|[.-]\\d)`,
  'g',
);

/** `1,234,567.50`, `12.345.678,90`, `2,50,00,000`, `103660.19`. */
const AMOUNTS = [
  /(?<![\d.,])\d{1,3}(?:,\d{2,3})*,\d{3}\.\d{1,2}(?!\d)/g,
  /(?<![\d.,])\d{1,3}(?:\.\d{3})+,\d{1,2}(?!\d)/g,
  /(?<![\d.,])\d{1,2}(?:,\d\d)+,\d{3}(?!\d|,\d)/g,
];
/** `15,000-30,000`, `1,500/3000`; `12.30-17.30`. */
const RANGES = [
  /(?<![\d.,])\d{1,3}(?:,\d{3})+ ?[-\u2013~/] ?(?:\d{1,3}(?:,\d{3})+|[1-9]\d{3,})(?![\d,])/g,
  /(?<!\d|\d[.-])(?:[01]?\d|2[0-4])\.[0-5]\d ?[-\u2013~] ?(?:[01]?\d|2[0-4])\.[0-5]\d(?!\d|[.-]\d)/g,
];
const DECIMALS = /(?<![\d.,])\d{4,}\.(\d\d)(?!\d|[.-]\d)/g;
const LIST = /(?<!\d|\d,)\d{1,3}(?:,\d{1,3}){2,}(?!\d|,\d)/g;
const THOUSANDS = /^\d{1,3}(?:,\d{3})+$/;

/** Before the minutes of `14:01 09/04/22`. */
const HOUR = /\d[:.]$/;

/**
 * Is a possible mention a date, an amount, a list of small numbers or a computer's address, or has it digits in common with
 * one? What a plus announces is a number whatever it looks like; what begins with a zero, unless a date does so, too.
 * Looks a bounded number of characters to either side.
 * @param from index of its first digit, `to` the index after its last
 */
export function isFigure(text: string, run: Run, from: number, to: number): boolean {
  if (((run.gaps[from] ?? 0) & GAP.plus) !== 0) return false;
  const place = run.places[from] ?? 0;
  const start = Math.max(0, place - REACH);
  const around: Around = {
    text: text.slice(start, (run.places[to - 1] ?? 0) + 1 + REACH),
    first: place - start,
    end: (run.places[to - 1] ?? 0) + 1 - start,
  };
  const hasZero = run.digits[from] === 0;
  if (isDated(around, hasZero)) return true;
  if (hasZero || isWhole(text, place, start + around.end)) return false;
  if ([...AMOUNTS, ...RANGES].some((pattern) => overlapping(around, pattern).length > 0)) return true;
  const isAll = ({ 0: list, index }: RegExpExecArray) => index === around.first && index + list.length === around.end;
  if (overlapping(around, LIST).some((list) => !THOUSANDS.test(list[0]) || !isAll(list))) return true;
  // Behind other groups, points part a number's own: `(858) 7510.17`.
  const isBefore = ({ index }: RegExpExecArray) => index <= around.first;
  return (
    overlapping(around, ADDRESS).some(isBefore) ||
    // `7700900123.00` is what a column of numbers makes of one.
    overlapping(around, DECIMALS)
      .filter(isBefore)
      .some(({ 0: amount, 1: decimals, index }) => decimals !== '00' || index + amount.length === around.end)
  );
}

/** A stretch of text around a possible mention, which stands in it from `first` to `end`, exclusive. */
interface Around {
  readonly text: string;
  readonly first: number;
  readonly end: number;
}

function overlapping({ text, first, end }: Around, pattern: RegExp): RegExpExecArray[] {
  return [...text.matchAll(pattern)].filter(({ 0: figure, index }) => index < end && index + figure.length > first);
}

/** Behind the hour of `08/02/17 11:17`. */
const MINUTES = /^:\d\d/;

/** Within a number's groups a date without its century is none: `(61) 61 18.3.85`. */
function isDated(around: Around, hasZero: boolean): boolean {
  const isTimed = HOUR.test(around.text.slice(0, around.first)) || MINUTES.test(around.text.slice(around.end));
  return overlapping(around, DATE)
    .filter(isDate)
    .some((date) => {
      const hasCentury = /\d{4}/.test(date[0]);
      if (isTimed) return true;
      return hasZero ? hasCentury && date.index <= around.first : hasCentury || date.index <= around.first;
    });
}

function isDate([, first, , second, year, yearFirst, , month, day]: RegExpExecArray): boolean {
  if (yearFirst !== undefined) return YEAR.test(yearFirst) && isDay(Number(month), Number(day));
  return YEAR.test(year ?? '') && (isDay(Number(first), Number(second)) || isDay(Number(second), Number(first)));
}

function isDay(month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}
