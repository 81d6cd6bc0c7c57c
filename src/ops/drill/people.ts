import { randomInt } from 'node:crypto';
import { isPhoneNumber, type PhoneNumber } from '../../phone/number.ts';

/**
 * Numbers that regulators keep for films and examples, and that ring nowhere: Ofcom's 07700 900000-900999, North
 * America's 555-0100 to 555-0199 (in area 201), ARCEP's 06 39 98 00 00 to 99 99.
 */
const MADE_UP: readonly { readonly first: number; readonly count: number }[] = [
  { first: 447_700_900_000, count: 1_000 },
  { first: 12_015_550_100, count: 100 },
  { first: 33_639_980_000, count: 10_000 },
];
const CANDIDATES = 24;

/**
 * Numbers of nobody, which the API takes, in an order of their own.
 * @param prefixes that are served (`['44']`)
 * @returns none where no regulator keeps any under these prefixes
 */
export function madeUpNumbers(prefixes: readonly string[]): PhoneNumber[] {
  const chosen = new Set<string>();
  for (const { first, count } of MADE_UP) {
    for (let tries = 0; tries < CANDIDATES; tries += 1) {
      const number = String(first + randomInt(count));
      if (prefixes.some((prefix) => number.startsWith(prefix))) chosen.add(number);
    }
  }
  return [...chosen].filter(isPhoneNumber);
}
