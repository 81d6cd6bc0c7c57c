import { storedForms } from './forms.ts';
import { isPhoneNumber, isPossibleE164, type PhoneNumber } from './number.ts';
import { splitNumber } from './numbering-plan.ts';

/**
 * Reads the number of a record, in whatever way the platform stored it: the inverse of `storedForms`. A text that could
 * be two people's numbers is not guessed at, unless one of them begins as the numbers that are served here do: what is
 * erased for the wrong person cannot be had back.
 * @param value a string, or a whole number of any BSON type
 * @param prefixes what served numbers begin with (`['44']`); the first tells the country of national writings
 * @returns null when it is no number, or not one alone
 */
export function readStoredNumber(value: unknown, prefixes: readonly string[]): PhoneNumber | null {
  const isText = typeof value === 'string';
  const text = String(value ?? '').trim();
  const plain = text.replace(/[\s().-]/g, '');
  const [, lead, digits] = /^(\+|00)?(\d{5,18})$/.exec(plain) ?? [];
  if (digits === undefined) return null;
  if (isText && lead !== undefined) return possible(digits);

  const [prefix = ''] = prefixes;
  const countries = [1, 2, 3].map((length) => prefix.slice(0, length));
  const guesses = new Set([digits, ...countries.flatMap((code) => [code + digits, code + digits.slice(1)])]);
  const readings = [...guesses].filter((guess): guess is PhoneNumber => {
    if (possible(guess) === null) return false;
    if (guess === digits) return true;
    const { national, trunk } = splitNumber(guess as PhoneNumber);
    // Where nothing is dialled before it, this is how the country writes its numbers, searched for or not.
    if (trunk !== '0' && national === digits) return true;
    const forms = storedForms(guess as PhoneNumber);
    return isText ? forms.strings.includes(plain) : forms.integers.some((integer) => String(integer) === digits);
  });
  const international = readings.find((one) => one === digits);
  if (international !== undefined && prefixes.some((one) => one !== '' && digits.startsWith(one))) return international;
  return readings.length === 1 ? (readings[0] ?? null) : null;
}

function possible(digits: string): PhoneNumber | null {
  return isPhoneNumber(digits) && isPossibleE164(digits) ? digits : null;
}
