import { redactDigitRuns } from './hide-digits.ts';

/** Can a text of the caller's be repeated, in an answer or in the audit? Not when a number may stand in it. */
export function isSpeakable(text: string): boolean {
  return redactDigitRuns(text) === text;
}
