/**
 * How long tests wait, in milliseconds. No other file sets a limit of its own: a wait that is too short fails on a slow
 * or loaded machine, and one that is long costs nothing while tests pass.
 *
 * `TEST_PATIENCE` multiplies them all: 10 on a very slow machine, 0.1 to see a failing wait fail soon.
 */
const PATIENCE = Number(process.env.TEST_PATIENCE ?? 1);
if (!(PATIENCE > 0)) throw new Error('TEST_PATIENCE must be a number above 0');

export const LIMITS = {
  /** For one answer of a server that is up: a request, a connection, the end of a process that was told to end. */
  answerMs: 120_000 * PATIENCE,
  /** For a jest worker to exit after its last test file. */
  exitMs: 15_000 * PATIENCE,
  /** For one condition, as `waitFor` waits for it. On an idle machine it takes seconds at most. */
  waitMs: 300_000 * PATIENCE,
  /** For one test or hook. Longer than a few waits, so that a wait fails first and says what it waited for. */
  testMs: 1_200_000 * PATIENCE,
} as const;

/**
 * A time that passes in reality and that a test cannot wait for as a condition: a lease that must not run out while its
 * holder works, a message that must not be due before it was looked at. Longer on a slow machine, never shorter.
 * @param ms what is enough on an ordinary machine
 */
export function unhurried(ms: number): number {
  return Math.round(ms * Math.max(1, PATIENCE));
}
