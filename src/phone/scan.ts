import { mainCountryOf } from './countries.ts';
import { createNumberMatcher, type Mention, maskMentions } from './matcher.ts';
import type { PhoneNumber } from './number.ts';
import { splitNumber } from './numbering-plan.ts';

export { REDACTED_RUN, redactDigitRuns } from './hide-digits.ts';

/** Says whether a text holds this number in any writing people use where its country is served. */
export function containsNumber(text: string, number: PhoneNumber): boolean {
  return mentionsOf(text, number).length > 0;
}

/** Replaces every writing of the number that `containsNumber` sees with its mask, and leaves the rest as it was. */
export function maskInText(text: string, number: PhoneNumber): string {
  return maskMentions(text, mentionsOf(text, number));
}

function mentionsOf(text: string, number: PhoneNumber): Mention[] {
  const country = mainCountryOf(splitNumber(number).countryCode);
  return createNumberMatcher([number], country === undefined ? [] : [country]).find(text);
}
