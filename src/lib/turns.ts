/** How long a loop that reads records may hold the loop of events, in milliseconds. */
export const HOLD_MS = 5;

/**
 * Leaves the event loop to others every so many steps of a long calculation: other requests, the liveness probe and time
 * limits wait behind a loop that does not.
 * @param steps of a kind that takes well under a millisecond each
 * @returns call it before each step
 */
export function everyFew(steps: number): () => Promise<void> | undefined {
  let taken = 0;
  return () => {
    taken += 1;
    if (taken % steps !== 0) return undefined;
    return new Promise((resolve) => setImmediate(resolve));
  };
}
