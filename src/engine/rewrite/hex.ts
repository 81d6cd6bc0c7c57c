import { FEWEST_DIGITS } from '../../phone/interpret.ts';
import { isTypeOfNumber, MOST_SEMI_OCTETS } from '../../phone/semi-octets.ts';
import type { Encoded, InnerFind, Masker } from './base64.ts';

/** Seven digits, the fewest of any number, take up as many octets. */
export const SHORTEST_HEX = 2 * FEWEST_DIGITS;

const TOKEN = /[0-9A-Fa-f]{14,}/g;

/** The value of each hexadecimal digit; -1 for other bytes. */
const NIBBLES = new Int8Array(256).fill(-1);
[...'0123456789abcdef'].forEach((digit, value) => {
  NIBBLES[digit.charCodeAt(0)] = value;
  NIBBLES[digit.toUpperCase().charCodeAt(0)] = value;
});

/** Semi-octets behind a type of number that are looked at: with fewer digits none is read. */
const FEWEST_SEMI_OCTETS = 6;

/**
 * May a stretch of hexadecimal digits hold a number: as the codes of its characters, or as the raw form of a short message
 * has it? One look at each digit; most ids do not pass.
 * @param bytes the characters stand from `start` to `end`, exclusive; others may be among them
 */
export function hexMayHold(bytes: Uint8Array, start: number, end: number): boolean {
  // Of octets that begin at the last digit, and at the one before it.
  let digits = 0;
  let others = 0;
  let first = start;
  let high = -1;
  for (let at = start; at < end; at += 1) {
    const low = NIBBLES[bytes[at] as number] as number;
    if (low < 0) {
      first = at + 1;
      digits = 0;
      others = 0;
    } else if (high === 3 && low <= 9) {
      digits += 1;
      if (digits >= FEWEST_DIGITS) return true;
    } else if (high >= 8 && low <= 1 && at - first >= 3 && isNumberAt(bytes, at - 3, end)) return true;
    const swapped = digits;
    digits = others;
    others = swapped;
    high = low;
  }
  return false;
}

/** Are there a length, a type of number and digits? @param start of the length */
function isNumberAt(bytes: Uint8Array, start: number, end: number): boolean {
  const behind = start + 4;
  if (behind + FEWEST_SEMI_OCTETS > end) return false;
  const octetAt = (at: number) =>
    ((NIBBLES[bytes[at] as number] as number) << 4) | (NIBBLES[bytes[at + 1] as number] as number);
  if (octetAt(start) > MOST_SEMI_OCTETS || !isTypeOfNumber(octetAt(start + 2))) return false;
  for (let at = behind; at < behind + FEWEST_SEMI_OCTETS; at += 1) {
    const nibble = NIBBLES[bytes[at] as number] as number;
    if (nibble < 0 || nibble > 9) return false;
  }
  return true;
}

/** Is there a stretch that may hold a number in hexadecimal digits? */
export function mayHoldHex(text: string): boolean {
  if (text.length < SHORTEST_HEX) return false;
  return [...text.matchAll(TOKEN)].some(([token]) => hexMayHold(Buffer.from(token, 'latin1'), 0, token.length));
}

/**
 * Finds hexadecimal digits that hold a number, whatever stands before it in them. Their length stays.
 * @param masker how what they stand for is read
 */
export function findHex(text: string, masker: Masker): Encoded[] {
  if (text.length < SHORTEST_HEX) return [];
  return [...text.matchAll(TOKEN)].flatMap(({ 0: token, index }) => {
    if (!hexMayHold(Buffer.from(token, 'latin1'), 0, token.length)) return [];
    let written = token;
    const finds: InnerFind[] = [];
    // An octet may begin at the second digit: behind a letter that is none of the octets'.
    for (const shift of [0, 1]) {
      const octets = Buffer.from(written.slice(shift), 'hex').toString('latin1');
      const masked = masker.maskBytes(octets);
      finds.push(...masked.finds);
      if (masked.written !== octets) written = written.slice(0, shift) + patch(written.slice(shift), masked.written);
    }
    return finds.length > 0 ? [{ start: index, end: index + token.length, written, finds }] : [];
  });
}

/** Writes the octets that have changed, in the letters of the others. */
function patch(token: string, octets: string): string {
  const hex = Buffer.from(octets, 'latin1').toString('hex');
  return (/[A-F]/.test(token) ? hex.toUpperCase() : hex) + token.slice(hex.length);
}
