/** Moments as people read them, in an account's time zone. All take ISO 8601 text. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options);
  const found = formats.get(key) ?? new Intl.DateTimeFormat('en-GB', options);
  formats.set(key, found);
  return found;
}

/** `26 Nov 2026, 14:02` */
export const shortMoment = (at: string, timeZone: string): string =>
  format({ dateStyle: 'medium', timeStyle: 'short', timeZone }).format(new Date(at));

/** `26 Nov 2026, 14:02:31` */
export const exactMoment = (at: string, timeZone: string): string =>
  format({ dateStyle: 'medium', timeStyle: 'medium', timeZone }).format(new Date(at));

/** `14:02 on Thursday 26 November`, for a sentence. */
export function spokenMoment(at: string, timeZone: string, now: Date): string {
  const date = new Date(at);
  const time = format({ timeStyle: 'short', timeZone }).format(date);
  const day = format({ dateStyle: 'short', timeZone });
  if (day.format(date) === day.format(now)) return `${time} today`;
  const sameYear = date.getUTCFullYear() === now.getUTCFullYear();
  const long = format({
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(!sameYear && { year: 'numeric' }),
    timeZone,
  });
  return `${time} on ${long.format(date)}`;
}

/** `2026-11-26 14:02:31 UTC`, for the pointer that rests on a time, and for files. */
export const utcMoment = (at: string): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** A calendar day as it is, without a zone: `26 Nov 2026`. */
export const shortDay = (day: string): string =>
  format({ dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(`${day.slice(0, 10)}T12:00:00Z`));

/** A length of time in two units at most: `3 h 20 min`. */
export function spokenLength(ms: number): string {
  const rest = Math.abs(ms);
  if (rest < MINUTE) return `${Math.max(1, Math.round(rest / 1000))} s`;
  if (rest < HOUR) return `${Math.round(rest / MINUTE)} min`;
  if (rest < DAY) return join(Math.floor(rest / HOUR), 'h', Math.floor((rest % HOUR) / MINUTE), 'min');
  return join(Math.floor(rest / DAY), 'd', Math.floor((rest % DAY) / HOUR), 'h');
}

const join = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;

/** `12 s ago`, `in 3 h 20 min`. */
export function relativeMoment(at: string, now: Date): string {
  const ms = new Date(at).getTime() - now.getTime();
  return ms <= 0 ? `${spokenLength(ms)} ago` : `in ${spokenLength(ms)}`;
}
