import { isUtf8 } from 'node:buffer';
import type { PhoneNumber } from '../../phone/number.ts';
import { SHORTEST_TOKEN, tokenMayHold } from './base64-digits.ts';

/** A number seen in a text that stands in another, and whether it is surely that person's. */
export interface InnerFind {
  readonly number: PhoneNumber;
  readonly sure: boolean;
}

/** A stretch of base64 that holds a number. */
export interface Encoded {
  readonly start: number;
  readonly end: number;
  /** The stretch with the number masked. */
  readonly written: string;
  readonly finds: readonly InnerFind[];
}

/** A text with its numbers masked. */
export interface Masked {
  readonly written: string;
  readonly finds: readonly InnerFind[];
}

/** How decoded texts are read. */
export interface Masker {
  /** Masks a text, which may hold JSON or base64 again. */
  mask(text: string): Masked;
  /** Masks bytes, given as latin1, at the same length. */
  maskBytes(bytes: string): Masked;
}

/** Of `SHORTEST_TOKEN` characters; the standard alphabet and the one of URLs. */
const TOKEN = /[A-Za-z0-9+/_-]{12,}={0,2}/g;
const LONG_TOKEN = /[A-Za-z0-9+/_-]{12}/;

/** Is there a stretch long enough to hold a number in base64? */
export function mayHoldBase64(text: string): boolean {
  return text.length >= SHORTEST_TOKEN && LONG_TOKEN.test(text);
}

/** Does a stretch decode to what may be a number, or a text? */
function mayHold(token: string): boolean {
  return tokenMayHold(Buffer.from(token, 'latin1'), 0, token.replace(/=+$/, '').length);
}

/** Stretches that are remembered. */
const MOST_HARMLESS = 10_000;

/**
 * Is there a stretch that decodes to what may be a number, or a text?
 * @param harmless stretches that do not, kept from call to call: an account's id comes in every line
 */
export function mayHoldEncoded(text: string, harmless: Set<string> = new Set()): boolean {
  for (const [token] of text.matchAll(TOKEN)) {
    if (harmless.has(token)) continue;
    if (mayHold(token)) return true;
    if (harmless.size < MOST_HARMLESS) harmless.add(token);
  }
  return false;
}

/**
 * Finds base64 that holds a number, whatever stands before it: `wamid.`, `data:...;base64,`, a word run together with it.
 * Only what decodes to a number that is looked for is taken for base64.
 */
export function findEncoded(text: string, masker: Masker): Encoded[] {
  if (!mayHoldBase64(text)) return [];
  return [...text.matchAll(TOKEN)].flatMap(({ 0: token, index }) => {
    if (!mayHold(token)) return [];
    const masked = maskWhole(token, masker) ?? maskAligned(token, masker);
    return masked === undefined ? [] : [{ start: index, end: index + token.length, ...masked }];
  });
}

/** A token that is a text as a whole: a file, a payload. Its length may change. */
function maskWhole(token: string, masker: Masker): Masked | undefined {
  const bytes = Buffer.from(token, 'base64');
  if (!isText(bytes)) return undefined;
  const { written, finds } = masker.mask(bytes.toString('utf8'));
  if (finds.length === 0) return undefined;
  return { written: encode(Buffer.from(written, 'utf8'), token, token.length % 4 === 0), finds };
}

/** A token that holds other bytes beside the number, or does not begin at its own beginning. */
function maskAligned(token: string, masker: Masker): Masked | undefined {
  let written = token;
  const finds: InnerFind[] = [];
  for (let shift = 0; shift < 4; shift += 1) {
    const bytes = Buffer.from(written.slice(shift), 'base64').toString('latin1');
    const masked = masker.maskBytes(bytes);
    finds.push(...masked.finds);
    if (masked.written !== bytes)
      written = written.slice(0, shift) + patch(written.slice(shift), bytes, masked.written);
  }
  return finds.length > 0 ? { written, finds } : undefined;
}

/** Encodes the groups again in which a byte has changed. */
function patch(token: string, before: string, after: string): string {
  const parts: string[] = [];
  let kept = 0;
  for (let at = 0; at < before.length; at += 3) {
    const bytes = after.slice(at, at + 3);
    if (bytes === before.slice(at, at + 3)) continue;
    const group = encode(Buffer.from(bytes, 'latin1'), token, false);
    const start = (at / 3) * 4;
    parts.push(token.slice(kept, start), group);
    kept = start + group.length;
  }
  return parts.join('') + token.slice(kept);
}

function encode(bytes: Buffer, like: string, padded: boolean): string {
  const text = bytes.toString(/[-_]/.test(like) ? 'base64url' : 'base64').replace(/=+$/, '');
  return padded ? text.padEnd(Math.ceil(text.length / 4) * 4, '=') : text;
}

/** Mostly printable, as a text is: of ten characters at most one is none. */
function isText(bytes: Uint8Array): boolean {
  if (!isUtf8(bytes)) return false;
  let controls = 0;
  for (const byte of bytes) if (byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) controls += 1;
  return controls * 10 <= bytes.length;
}
