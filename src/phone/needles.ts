import { EXIT_CODES } from './interpret.ts';
import { isPossibleE164, type PhoneNumber } from './number.ts';
import { planOf, splitNumber } from './numbering-plan.ts';
import { formerNumbersOf, otherPrefixesOf } from './other-writings.ts';

/** What may stand before the national digits, and whether it makes the writing an international one. */
export interface Head {
  readonly digits: string;
  readonly international: boolean;
  /** No plan knows the prefix (any more): what is read with it is nobody else's. */
  readonly isUnknown?: true;
}

/** Digits that are searched for on behalf of a number. */
export interface Needle {
  readonly number: PhoneNumber;
  /** The number that its digits are read as: another where the same line is written as it once was. */
  readonly reads: PhoneNumber;
  readonly digits: string;
  /** The longest first. */
  readonly heads: readonly Head[];
  /** Does a numbering plan know a number of this length? */
  readonly isPossible: boolean;
}

/**
 * What is searched for to find a number: its national digits, and others that are dialled for it at home.
 * @param callingCodes of the served countries: their numbers only have national writings
 */
export function needlesOf(number: PhoneNumber, callingCodes: readonly string[]): Needle[] {
  const { countryCode, national, domestic } = splitNumber(number);
  const plan = planOf(countryCode);
  if (plan === null || !isPossibleE164(number)) {
    const heads = [...EXIT_CODES, ''].map((digits) => ({ digits, international: true }));
    return [{ number, reads: number, digits: number, heads, isPossible: isPossibleE164(number) }];
  }
  const { trunk, exit } = plan;
  const exits = [...new Set([...EXIT_CODES, exit])].filter((one) => one !== '');
  // `+1 1 201..` is nobody's writing, and 11 begins many a number.
  const codes = [trunk === '' || trunk === countryCode ? '' : countryCode + trunk, countryCode].filter(Boolean);
  const abroad = codes.flatMap((code) => [...exits.map((one) => one + code), code]);
  const isServed = callingCodes.includes(countryCode);
  const home = isServed ? [...new Set([trunk, ''])] : [];
  const unknown = isServed ? otherPrefixesOf(countryCode) : [];
  const known: Head[] = [
    ...abroad.map((digits) => ({ digits, international: true })),
    ...home.filter((digits) => !abroad.includes(digits)).map((digits) => ({ digits, international: false })),
  ];
  const others: Head[] = unknown.map((digits) => ({ digits, international: false, isUnknown: true }));
  const heads = [...known, ...others].sort(byLength);
  const needles: Needle[] = [{ number, reads: number, digits: national, heads, isPossible: true }];
  for (const reads of formerNumbersOf(number)) {
    const isPossible = isPossibleE164(reads);
    // At home a former writing that no plan knows may be anything.
    const formerHeads = isPossible ? heads : known.filter(({ international }) => international).sort(byLength);
    needles.push({ number, reads, digits: reads.slice(countryCode.length), heads: formerHeads, isPossible });
  }
  if (home.length === 0) return needles;

  // Argentina's `011 15-2345-6789`, and the zero that a number column took from an Italian number.
  const dialled = domestic.replace(/\D/g, '').slice(trunk.length);
  for (const digits of [dialled, ...(national.startsWith('0') ? [national.slice(1)] : [])]) {
    if (digits.length < 6 || national === digits || digits.endsWith(national) || national.startsWith(digits)) continue;
    needles.push({
      number,
      reads: number,
      digits,
      heads: home.map((head) => ({ digits: head, international: false })),
      isPossible: true,
    });
  }
  return needles;
}

/** The longest first. */
function byLength(one: Head, other: Head): number {
  return other.digits.length - one.digits.length;
}
