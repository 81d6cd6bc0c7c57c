import { isSpeakable } from '../src/phone/hide-digits.ts';
import { UsageFault } from './faults.ts';

const MOST_CHARACTERS = 200;

/**
 * Words that people put on something of theirs. They are kept and shown for as long as it is there: no number among them.
 * @param option its name, for the message
 * @returns the words without white space around them
 * @throws UsageFault
 */
export function readLabel(option: string, text: string, least: 0 | 1 = 1): string {
  const label = text.trim();
  if (label.length < least || label.length > MOST_CHARACTERS)
    throw new UsageFault(`${option} needs ${least} to ${MOST_CHARACTERS} characters`);
  if (!isSpeakable(label)) throw new UsageFault(`${option} must not hold what may be a phone number`);
  return label;
}
