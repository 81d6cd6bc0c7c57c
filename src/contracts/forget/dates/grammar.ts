import { isIsoDate, readCalendarDay } from './calendar-dates.ts';
import { readClock, readIsoClock, readLostPlusOffset, readOffset } from './clock-times.ts';
import type { Clock, Phrase } from './phrase.ts';
import { readDistance, readRelativeDay, readSignedShifts } from './relative-days.ts';
import { attempt, isAtEnd, peek, type Reader, type Token, takeDigits, takeMark, takeWord } from './tokens.ts';

/** A phrase in the making. */
interface Draft extends Phrase {
  /** Where an ISO date ended; undefined where the day is written another way. */
  isoDateEnd?: number;
}

/**
 * Reads a whole text: a day, a time of day and a distance, each at most once, in any order, with commas, `on` and `at`
 * between them. Returns undefined unless every token has its part: a text half understood would name the wrong day.
 */
export function readPhrase(tokens: readonly Token[]): Phrase | undefined {
  const reader: Reader = { tokens, at: 0 };
  const draft: Draft = { shifts: [] };
  if (isAtEnd(reader)) return undefined;

  while (!isAtEnd(reader)) {
    if (reader.at > 0) takeMark(reader, ',');
    const read =
      readTimeOfDay(reader, draft) ||
      readDay(reader, draft) ||
      readShifts(reader, draft) ||
      readLateYear(reader, draft);
    if (!read) return undefined;
  }
  return draft;
}

function readTimeOfDay(reader: Reader, draft: Draft): boolean {
  if (draft.clock !== undefined) return false;
  const clock = attempt(reader, () => readClockAfterT(reader, draft)) ?? attempt(reader, readClockAfterAt);
  if (clock === undefined) return false;

  draft.clock = clock;
  const lost = draft.isoDateEnd === undefined ? undefined : readLostPlusOffset(reader);
  const offset = lost ?? readOffset(reader);
  if (offset !== undefined) draft.offset = offset;
  return true;
}

/** `T09:03` adjoins its ISO date on the one side and its digits on the other. */
function readClockAfterT(reader: Reader, draft: Draft): Clock | undefined {
  if (draft.isoDateEnd !== reader.at || peek(reader)?.spaced !== false || peek(reader, 1)?.spaced !== false)
    return undefined;
  return takeWord(reader, 't') ? readIsoClock(reader) : undefined;
}

function readClockAfterAt(reader: Reader): Clock | undefined {
  takeWord(reader, 'at');
  return readClock(reader);
}

function readDay(reader: Reader, draft: Draft): boolean {
  if (draft.day !== undefined) return false;
  return (
    attempt(reader, () => {
      takeWord(reader, 'on');
      const iso = isIsoDate(reader);
      const day = readCalendarDay(reader) ?? readRelativeDay(reader);
      if (day === undefined) return undefined;
      draft.day = day;
      if (iso) draft.isoDateEnd = reader.at;
      return true;
    }) ?? false
  );
}

/** A distance stands for a day of its own; after a day only signed terms do, and only once. */
function readShifts(reader: Reader, draft: Draft): boolean {
  if (draft.shifts.length > 0) return false;
  const shifts = draft.day === undefined ? readDistance(reader) : readSignedShifts(reader);
  if (shifts === undefined) return false;
  draft.shifts = shifts;
  draft.day ??= { kind: 'now' };
  return true;
}

/** The year of `Wed Dec 25 21:00:00 2019`, as the C library and the `date` command write it. */
function readLateYear(reader: Reader, draft: Draft): boolean {
  if (draft.clock === undefined || draft.day?.kind !== 'calendar' || draft.day.year !== undefined) return false;
  const year = takeDigits(reader, 4, 4);
  if (year === undefined) return false;
  draft.day = { ...draft.day, year: { written: Number(year) } };
  return true;
}
