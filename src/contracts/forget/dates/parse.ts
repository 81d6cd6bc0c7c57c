import { DateTime } from 'luxon';
import { firstMoment } from '../../../lib/calendar.ts';
import { readPhrase } from './grammar.ts';
import { type DateFault, FIRST_YEAR, LAST_YEAR, resolvePhrase } from './resolve.ts';
import { readSpan } from './spans.ts';
import { tokenize } from './tokens.ts';

export interface DateContext {
  now: Date;
  /** The account's time zone by its IANA name: `Europe/London`. */
  timeZone: string;
}

/**
 * The calendar day a text means, or the days: from the first moment of the first to the end of the last (exclusive), and
 * the dates of these two, `YYYY-MM-DD`.
 */
export type SubmissionDate =
  | { ok: true; from: Date; to: Date; day: string; lastDay: string }
  | { ok: false; reason: 'missing' | DateFault };

/** Examples of what can be read, for the answer to what cannot. */
export const DATE_FORMATS: readonly string[] = [
  '1537525884',
  '2018-02-22T09:03:00+00:00',
  '2018-02-22',
  '25th December 2019 21:00',
  'may 11 2019',
  'august 20',
  '25/12/2019',
  'yesterday',
  'last friday',
  'last friday of march 2019',
  '2 weeks ago',
  'last week',
];

const LONGEST_TEXT = 100;

/** Anything a keyboard without special keys writes; leaves out control characters and foreign digits. */
const PRINTABLE = /^[\x20-\x7e]*$/;

/** `a.m.` and `p.m.` in one word. */
const DOTTED_HALF = /\b([ap])\.m\b\.?/g;

/**
 * Reads the `date` of a status request: UNIX seconds, ISO 8601, or words. The grammar is that of PHP's `strtotime`, with
 * these rulings where PHP would guess, or guess ahead:
 *
 * - Words that leave a choice mean the past, as a submission cannot lie ahead: `2 weeks` were two weeks ago,
 *   `august 20` is the latest one, `friday` the latest Friday, today included. What says it lies ahead does.
 * - A time of day can move the day only if a zone comes with it. A time alone is today's.
 * - Digits alone: eight are YYYYMMDD, nine or more UNIX seconds, fewer unreadable (PHP takes `2019` for 20:19).
 *   After an `@` any number is UNIX seconds. A JSON number is read as its digits.
 * - `last week`, `this month` and `next year` are all the days of it; `a week ago` is one day.
 * - A month or a year is no day: `may 2019` is unreadable. So are years of two digits, and dates with slashes that a
 *   Briton and an American read differently: `03/04/2019`. Dashes and dots put the day first: `03-04-2019`.
 * - Nothing rolls over: 30 February, 25:00 and a fifth Monday that the month has not are unreadable.
 * - A weekday beside a date must be that date's own.
 * - An offset whose plus arrives as a space, from a query string, is read after an ISO date and time.
 *
 * The whole text must make sense, or none of it does. Never throws because of `input`.
 *
 * @param input what the request held: a string or an integer
 * @param context `now`, and the account's zone, in which the day begins and ends (it lasts 23 to 25 hours)
 * @returns the day; or `missing` (nothing given), `unreadable`, or `out_of_range` (a date outside 1970 to 9999)
 * @throws RangeError if `timeZone` is no known zone or `now` no date: a mistake of the caller's
 */
export function parseSubmissionDate(input: unknown, context: DateContext): SubmissionDate {
  const now = DateTime.fromJSDate(context.now, { zone: context.timeZone });
  if (context.timeZone === '' || !now.isValid) throw new RangeError('no such time zone or moment');

  if (input === undefined || input === null) return refuse('missing');
  if (typeof input === 'number') return readNumber(input, now);
  if (typeof input !== 'string') return refuse('unreadable');
  if (input.length > LONGEST_TEXT || !PRINTABLE.test(input)) return refuse('unreadable');

  const text = input.trim().toLowerCase();
  if (text === '') return refuse('missing');
  const span = readSpan(text, now);
  if (span) return windowOf(span.first, span.last);
  const digits = /^(@?)([0-9]+)$/.exec(text);
  if (digits?.[2] !== undefined && (digits[1] === '@' || digits[2].length !== 8)) {
    return readSeconds(digits[2], digits[1] === '@', now);
  }
  if (/^@-[0-9]+$/.test(text)) return refuse('out_of_range');
  return readWords(text.replace(DOTTED_HALF, '$1m'), now);
}

function readNumber(input: number, now: DateTime): SubmissionDate {
  if (!Number.isInteger(input)) return refuse('unreadable');
  if (input < 0 || !Number.isSafeInteger(input)) return refuse('out_of_range');
  const digits = String(input);
  return digits.length === 8 ? readWords(digits, now) : readSeconds(digits, false, now);
}

/** Nine digits reach back to 1973. Shorter runs are more likely a year or a slip than a moment in 1970. */
function readSeconds(digits: string, marked: boolean, now: DateTime): SubmissionDate {
  if (!marked && (digits.length < 9 || digits.startsWith('0'))) return refuse('unreadable');
  return windowOf(DateTime.fromSeconds(Number(digits), { zone: now.zone }));
}

function readWords(text: string, now: DateTime): SubmissionDate {
  const tokens = tokenize(text);
  const phrase = tokens && readPhrase(tokens);
  if (phrase === undefined) return refuse('unreadable');
  const resolved = resolvePhrase(phrase, now);
  return resolved.ok ? windowOf(resolved.moment.setZone(now.zone)) : resolved;
}

function windowOf(first: DateTime, last = first): SubmissionDate {
  if (!first.isValid || first.year < FIRST_YEAR || last.year > LAST_YEAR) return refuse('out_of_range');
  const to = firstMoment(firstMoment(last).plus({ days: 1 }));
  return {
    ok: true,
    from: firstMoment(first).toJSDate(),
    to: to.toJSDate(),
    day: first.toFormat('yyyy-MM-dd'),
    lastDay: last.toFormat('yyyy-MM-dd'),
  };
}

function refuse(reason: 'missing' | DateFault): SubmissionDate {
  return { ok: false, reason };
}
