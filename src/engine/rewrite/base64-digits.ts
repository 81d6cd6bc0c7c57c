import { isUtf8 } from 'node:buffer';
import { FEWEST_DIGITS } from '../../phone/interpret.ts';

/** Nine digits, the fewest of most numbers, take up twelve characters. */
export const SHORTEST_TOKEN = 12;

/** The value of each base64 character, of the standard alphabet and of the one of URLs; -1 for other bytes. */
export const SEXTETS = new Int8Array(256).fill(-1);
[...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].forEach((character, value) => {
  SEXTETS[character.charCodeAt(0)] = value;
});
SEXTETS['-'.charCodeAt(0)] = 62;
SEXTETS['_'.charCodeAt(0)] = 63;

const KEPT_BYTES = 1 << 16;
const kept = new Uint8Array(KEPT_BYTES);

/**
 * May a stretch of base64 hold a number? It does not unless it decodes to enough digits, wherever in it the encoding
 * begins, or to a text, which may hold digits of other scripts, JSON or base64 again.
 * @param bytes the characters of the stretch stand from `start` to `end`, exclusive
 */
export function tokenMayHold(bytes: Uint8Array, start: number, end: number): boolean {
  const decoded = end - start <= KEPT_BYTES ? kept : new Uint8Array(end - start);
  const digits = [0, 0, 0, 0];
  let length = 0;
  let isNumber = true;
  let second = SEXTETS[bytes[start] as number] as number;
  for (let at = start; at < end - 1; at += 1) {
    const first = second;
    second = SEXTETS[bytes[at + 1] as number] as number;
    // Digits are the values from 52 to 61.
    isNumber &&= first >= 52 && first <= 61;
    // A byte begins with the first, the third or the fifth bit of a character: then the encoding began 0, 1, 2 before.
    for (let before = 0; before < 3; before += 1) {
      const byte = ((first << (2 + 2 * before)) | (second >> (4 - 2 * before))) & 0xff;
      const shift = (at - start - before) & 3;
      if (byte >= 0x30 && byte <= 0x39) digits[shift] = (digits[shift] as number) + 1;
      if (shift === 0) decoded[length++] = byte;
    }
  }
  // A number itself decodes to no number: no three bytes of it are digits.
  if (isNumber) return false;
  return digits.some((count) => count >= FEWEST_DIGITS) || isUtf8(decoded.subarray(0, length));
}
