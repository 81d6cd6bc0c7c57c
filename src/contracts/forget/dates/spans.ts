import type { DateTime } from 'luxon';

const SPAN = /^(?:the )?(last|previous|this|next) (week|month|year)$/;
const STEPS: Readonly<Record<string, number>> = { last: -1, previous: -1, this: 0, next: 1 };
type Span = 'week' | 'month' | 'year';

/**
 * Reads `last week`, `this month`, `next year`: a whole week from Monday to Sunday, a month or a year of the calendar. No
 * day of it is the one that is meant, and a day a week ago is `a week ago`.
 * @param now in the account's zone
 * @returns a moment of the first day and one of the last; undefined for anything else
 */
export function readSpan(text: string, now: DateTime): { first: DateTime; last: DateTime } | undefined {
  const [, step = '', unit] = SPAN.exec(text.replace(/\s+/g, ' ')) ?? [];
  if (unit === undefined) return undefined;
  const span = unit as Span;
  const within = now.plus({ [`${span}s`]: STEPS[step] ?? 0 });
  // Noon: no clock change can take it away.
  return { first: within.startOf(span).set({ hour: 12 }), last: within.endOf(span).set({ hour: 12 }) };
}
