import { expect } from '@jest/globals';

/** What a failure shows of an answer; `call` and `sendRaw` give it. */
interface Shown {
  readonly status: number;
  readonly text: string;
}

/** @throws Error that shows the answer's body, when its status is another one */
export function expectStatus(answer: Shown, status: number): void {
  expectStatuses([answer], [status]);
}

/** The same of several answers, in their order. @throws Error that shows the body of each with another status */
export function expectStatuses(answers: readonly Shown[], statuses: readonly number[]): void {
  const shown = answers.map((answer, index) => ({
    status: answer.status,
    ...(answer.status !== statuses[index] && { body: answer.text }),
  }));
  try {
    expect(shown).toEqual(statuses.map((status) => ({ status })));
  } catch (error) {
    // The failure is the test's: its line is shown, not one of this file.
    if (error instanceof Error) Error.captureStackTrace(error, answers.length === 1 ? expectStatus : expectStatuses);
    throw error;
  }
}
