import { DateTime } from 'luxon';
import type { Automatic } from '../../ledger/accounts/accounts.ts';
import { firstMoment } from '../../lib/calendar.ts';

/** One run of the automatic redaction: what happened before `before` is redacted, once `since` has come. */
export interface DueRedaction {
  /** What makes two runs the same: `auto:` and the day in the account's calendar. */
  readonly token: string;
  readonly before: Date;
  /** When it became due: the first moment of that day. */
  readonly since: Date;
}

/**
 * The run that is due at a moment, from the account's own calendar. A day ends where the next begins there, after 23 to
 * 25 hours. Computed from now, not from when it should have run: a day that was missed is part of the next.
 * @param automatic daily: all days that have ended; a number: days that ended so many days before today began
 * @throws RangeError when the time zone is none
 */
export function dueRedaction(now: Date, timeZone: string, automatic: Exclude<Automatic, 'off'>): DueRedaction {
  const moment = DateTime.fromJSDate(now, { zone: timeZone });
  if (timeZone === '' || !moment.isValid) throw new RangeError('no such time zone or moment');
  const today = firstMoment(moment);
  // Counted in calendar days from noon, which every day has.
  const back = automatic === 'daily' ? 0 : automatic;
  const before = firstMoment(today.set({ hour: 12 }).minus({ days: back }));
  return { token: `auto:${today.toFormat('yyyy-MM-dd')}`, before: before.toJSDate(), since: today.toJSDate() };
}
