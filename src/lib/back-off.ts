/** Doublings after which a pause no longer grows: with any sensible base it is past its longest by then. */
const MOST_DOUBLINGS = 12;

/**
 * The pause before another attempt at work that failed: doubled with each failure.
 * @param failures attempts that failed before the last one; 0 gives the base itself
 * @returns milliseconds, never more than `longestMs`
 */
export function backOff(failures: number, baseMs: number, longestMs: number): number {
  return Math.min(baseMs * 2 ** Math.min(failures, MOST_DOUBLINGS), longestMs);
}

/** What one more rival adds to the span, and the longest span, in milliseconds. */
const RIVAL_STEP_MS = 5;
const RIVAL_LONGEST_MS = 100;

/**
 * The pause of one of several processes that want the same place: random, so that they do not meet again, from a span
 * that grows with the attempts.
 * @param attempt from 1
 * @returns milliseconds
 */
export function rivalPause(attempt: number): number {
  return Math.random() * Math.min(RIVAL_STEP_MS * attempt, RIVAL_LONGEST_MS);
}
