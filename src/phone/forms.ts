import { isPossibleE164, type PhoneNumber } from './number.ts';
import { splitNumber } from './numbering-plan.ts';

export interface StoredForms {
  /** Every string a field may hold, without repeats. */
  strings: string[];
  /** Every whole number a field may hold, without repeats. The caller queries them as Int32, Int64 and Double alike. */
  integers: bigint[];
}

/** Anything shorter is more likely an identifier or a count than a phone number. */
const SHORTEST_FORM = 7;

/**
 * Every way a platform may have stored a number, for an equality search on a field that holds nothing else.
 *
 * Strings: `447700900123`, `+447700900123`, `00447700900123`, the national `07700900123`, the usual spaced writings
 * `+44 7700 900123` and `07700 900123`, and the bare `7700900123` that a spreadsheet leaves of the national form.
 *
 * A national writing that, read after a plus, would be a possible number of some country is left out: the Danish
 * `32123456` is fine, but an American `5555550123` is also `+55 55550123` in Brazil, and erasing the wrong person's
 * record cannot be undone. A form that begins with a zero is never in doubt, since no country code does. The price:
 * a platform that stores ambiguous national numbers must convert them to international ones before they can be found.
 *
 * Integers: the international digits, and the national form as a number, which loses its leading zero: `7700900123`.
 * The latter may match more than it should: the same integer could be a foreign number kept without its plus. Where a
 * country has a trunk zero it is searched all the same, as spreadsheets and numeric columns make it far the likelier
 * reading; elsewhere only if it is no possible international number.
 */
export function storedForms(number: PhoneNumber): StoredForms {
  const strings = new Set([number, `+${number}`, `00${number}`]);
  const integers = new Set([BigInt(number)]);
  // Nobody has it as a number of its country: a national form would be somebody else's.
  if (!isPossibleE164(number)) return { strings: [...strings], integers: [...integers] };
  const { national, trunk, international, domestic } = splitNumber(number);

  if (international !== '') strings.add(international);
  for (const form of [withTrunk(national, trunk), domestic, national]) {
    if (isSafeNational(form, number)) strings.add(form);
  }

  const losesZero = national.startsWith('0') || trunk === '0';
  const nationalInteger = BigInt(losesZero ? national : trunk + national);
  const written = nationalInteger.toString();
  if (written.length >= SHORTEST_FORM && (losesZero || isSafeNational(written, number))) integers.add(nationalInteger);

  return { strings: [...strings], integers: [...integers] };
}

/** The national form as dialled. Italian numbers keep their zero abroad: it is part of the number, not a prefix. */
function withTrunk(national: string, trunk: string): string {
  return national.startsWith('0') ? national : trunk + national;
}

function isSafeNational(form: string, number: PhoneNumber): boolean {
  const digits = form.replace(/[^0-9]/g, '');
  if (digits.length < SHORTEST_FORM) return false;
  return digits === number || !isPossibleE164(digits);
}
