import type { Encoded, Masker } from './base64.ts';

/** A telephone number as a domain name has it: its digits from the last to the first (RFC 6116, 3.2). */
const NAME = /(?<![\d.])\d(?:\.\d){6,14}(?=\.e164\.)/gi;

/** May a text hold such a name? One look, which sorts out nearly every text. */
export function mayHoldEnum(text: string): boolean {
  return text.includes('.e164.') || text.includes('.E164.');
}

/**
 * Finds numbers in domain names. Each digit becomes a star, and the domain stays.
 * @param masker how what they stand for is read
 */
export function findEnum(text: string, masker: Masker): Encoded[] {
  if (!mayHoldEnum(text)) return [];
  return [...text.matchAll(NAME)].flatMap(({ 0: name, index }) => {
    const { finds } = masker.mask(`+${name.split('.').reverse().join('')}`);
    const written = finds.some(({ sure }) => sure) ? name.replace(/\d/g, '*') : name;
    return finds.length > 0 ? [{ start: index, end: index + name.length, written, finds }] : [];
  });
}
