import type { Clock } from './phrase.ts';
import {
  attempt,
  isAtEnd,
  peek,
  type Reader,
  takeDigits,
  takeFrom,
  takeMark,
  takeTightDigits,
  takeTightMark,
  takeWord,
} from './tokens.ts';
import { UNITS, ZONES } from './words.ts';

/** The furthest zone is Kiribati's, 14 hours ahead of UTC. */
const FURTHEST_OFFSET = 14 * 60;

/** `21:00`, `21:00:05.5`, `9pm`, `9:30 am`, `9.30am`, `noon`, `midnight`. */
export function readClock(reader: Reader): Clock | undefined {
  if (takeWord(reader, 'noon') !== undefined) return { hour: 12, minute: 0, second: 0 };
  if (takeWord(reader, 'midnight') !== undefined) return { hour: 0, minute: 0, second: 0 };
  return attempt(reader, readColonClock) ?? attempt(reader, readShortClock);
}

/** The time after the `T` of ISO 8601: with colons, or `0903` and `090300`. */
export function readIsoClock(reader: Reader): Clock | undefined {
  const compact = attempt(reader, () => {
    const digits = takeTightDigits(reader, 4, 6);
    if (digits === undefined || digits.length === 5) return undefined;
    if (digits.length === 6) skipFraction(reader);
    return checkClock(digits.slice(0, 2), digits.slice(2, 4), digits.slice(4) || '0', undefined);
  });
  return compact ?? attempt(reader, readColonClock);
}

function readColonClock(reader: Reader): Clock | undefined {
  const hour = takeDigits(reader, 1, 2);
  const minute = hour && takeTightMark(reader, ':') && takeTightDigits(reader, 2, 2);
  if (!hour || !minute) return undefined;

  let second = '0';
  if (takeTightMark(reader, ':')) {
    const digits = takeTightDigits(reader, 2, 2);
    if (digits === undefined) return undefined;
    second = digits;
    skipFraction(reader);
  }
  return checkClock(hour, minute, second, takeWord(reader, 'am', 'pm'));
}

/** `9pm`, `9.30 am`: without a colon the half of the day must be there, or any number would be a time. */
function readShortClock(reader: Reader): Clock | undefined {
  const hour = takeDigits(reader, 1, 2);
  if (hour === undefined) return undefined;
  const minute = takeTightMark(reader, '.') ? takeTightDigits(reader, 2, 2) : '0';
  const half = takeWord(reader, 'am', 'pm');
  return minute === undefined || half === undefined ? undefined : checkClock(hour, minute, '0', half);
}

function skipFraction(reader: Reader): void {
  attempt(reader, () => takeTightMark(reader, '.', ',') && takeTightDigits(reader, 1, 9));
}

function checkClock(hours: string, minutes: string, seconds: string, half: string | undefined): Clock | undefined {
  const written = Number(hours);
  const minute = Number(minutes);
  const second = Number(seconds);
  if (minute > 59 || second > 60) return undefined;
  if (half === undefined ? written > 23 : written < 1 || written > 12) return undefined;

  const hour = half === undefined ? written : (written % 12) + (half === 'pm' ? 12 : 0);
  // A leap second stays on its own day.
  return { hour, minute, second: Math.min(second, 59) };
}

/** `Z`, `UTC`, `GMT`, `BST`, `+01:00`, `+0100`, `+01`; in minutes ahead of UTC. */
export function readOffset(reader: Reader): number | undefined {
  return takeFrom(reader, ZONES) ?? attempt(reader, readSignedOffset);
}

function readSignedOffset(reader: Reader): number | undefined {
  const sign = takeMark(reader, '+', '-');
  if (sign === undefined) return undefined;
  const minutes = readOffsetDigits(reader);
  // `21:00 -10 days` goes on to count days.
  const next = peek(reader);
  if (minutes === undefined || (next?.kind === 'word' && UNITS.has(next.text))) return undefined;
  return sign === '-' ? -minutes : minutes;
}

/** An offset whose plus a query string turned into a space. Only as the last thing of a text. */
export function readLostPlusOffset(reader: Reader): number | undefined {
  if (peek(reader)?.spaced !== true) return undefined;
  return attempt(reader, () => {
    const minutes = readOffsetDigits(reader, true);
    return isAtEnd(reader) ? minutes : undefined;
  });
}

function readOffsetDigits(reader: Reader, spaced = false): number | undefined {
  const digits = spaced ? takeDigits(reader, 2, 4) : takeTightDigits(reader, 2, 4);
  if (digits === undefined || digits.length === 3) return undefined;
  const colon = digits.length === 2 ? takeTightMark(reader, ':') : undefined;
  const rest = colon === undefined ? digits.slice(2) || '00' : takeTightDigits(reader, 2, 2);
  if (rest === undefined || Number(rest) > 59) return undefined;
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(rest);
  return minutes <= FURTHEST_OFFSET ? minutes : undefined;
}
