import type { PhoneNumber } from './number.ts';
import { splitNumber } from './numbering-plan.ts';

/** With fewer national digits than this, two of them would leave too few to guess. */
const SHORTEST_TO_SHOW_TAIL = 6;

/**
 * The display form of an erased number: its country code, stars, its last two digits, at the number's own length.
 * `447700900123` becomes `44********23`. More than the country code and two digits can be guessed back.
 * A number of no known country keeps its first digit at most; one with under six national digits keeps no tail.
 */
export function maskNumber(number: PhoneNumber): string {
  const { countryCode } = splitNumber(number);
  const head = countryCode === '' ? number.slice(0, 1) : countryCode;
  const national = number.length - head.length;
  const tail = national >= SHORTEST_TO_SHOW_TAIL ? number.slice(-2) : '';
  return head + '*'.repeat(national - tail.length) + tail;
}

/** A country code, stars, and two digits at most. */
const MASK_SHAPE = /^\d{0,3}\*+\d{0,2}$/;

/** Does a text look like what `maskNumber` writes? */
export function isMasked(text: string): boolean {
  return MASK_SHAPE.test(text);
}
