import { storedForms } from '../phone/forms.ts';
import { isPhoneNumber } from '../phone/number.ts';
import { isLeftBehind } from './map/strategies.ts';

/**
 * The kind of a value in a number field:
 * - `found`: some number has this as one of its stored forms
 * - `blank`: empty, or what one of the strategies leaves behind
 * - `likely`: seven digits or more, in no form that is searched for
 * - `unlike`: too few digits to be a number: a short code, a sender's name
 */
export type FormKind = 'found' | 'blank' | 'likely' | 'unlike';

const FEWEST_DIGITS = 7;

/**
 * Sorts a string or a number of any BSON type.
 * @param prefixes the prefixes that are served (`['44']`): where national forms may come from
 */
export function sortStoredForm(value: unknown, prefixes: readonly string[]): FormKind {
  const text = String(value);
  if (text.trim() === '' || isLeftBehind(text)) return 'blank';
  const isText = typeof value === 'string';
  const digits = text.replace(/\D/g, '');
  for (const candidate of candidatesFor(digits, prefixes)) {
    if (!isPhoneNumber(candidate)) continue;
    const forms = storedForms(candidate);
    if (isText ? forms.strings.includes(text) : forms.integers.some((integer) => String(integer) === text))
      return 'found';
  }
  return digits.length >= FEWEST_DIGITS ? 'likely' : 'unlike';
}

/** The numbers whose stored form these digits could be; wrong guesses do no harm, their forms do not match. */
function candidatesFor(digits: string, prefixes: readonly string[]): string[] {
  const international = digits.replace(/^00/, '');
  // A prefix may be longer than a country code: `447`.
  const codes = new Set(prefixes.flatMap((prefix) => [1, 2, 3].map((length) => prefix.slice(0, length))));
  const national = [...codes].flatMap((code) => [code + digits, code + digits.slice(1)]);
  return [international, ...new Set(national)];
}
