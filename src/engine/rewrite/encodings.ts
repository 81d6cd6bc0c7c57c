import { type Encoded, findEncoded, type Masker } from './base64.ts';
import { findEnum } from './enum.ts';
import { findHex } from './hex.ts';

/**
 * What stands in base64, in hexadecimal digits or in a domain's name, in order.
 * @param masker how what they stand for is read
 */
export function findInEncodings(text: string, masker: Masker): Encoded[] {
  const hex = findHex(text, masker);
  // Hexadecimal digits could all be base64.
  const others = findEncoded(text, masker).filter(
    ({ start, end }) => !hex.some((one) => one.start < end && start < one.end),
  );
  return [...hex, ...others, ...findEnum(text, masker)].sort((one, other) => one.start - other.start);
}
