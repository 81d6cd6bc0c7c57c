import type { Mention, NumberMatcher } from '../../phone/matcher.ts';
import { maskSemiOctets, semiOctetsIn } from '../../phone/semi-octets.ts';
import type { Masked } from './base64.ts';

/** A number in bytes, by the indexes of its bytes. */
interface ByteMention extends Mention {
  /** Two digits a byte. */
  readonly isPacked?: true;
}

/** Bytes as a text with a character for each. */
export function latin1Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** What bytes mention: as texts do, in whatever encoding has ASCII's digits, and as short messages do on their way. */
export function findInBytes(bytes: Uint8Array, matcher: NumberMatcher): ByteMention[] {
  const text = latin1Of(bytes);
  const mentions: ByteMention[] = matcher.mayHold(text) ? matcher.find(text) : [];
  for (const { start, end, written } of semiOctetsIn(bytes)) {
    const found = matcher.find(written).filter(({ whole }) => whole);
    for (const mention of found) mentions.push({ ...mention, start, end, isPacked: true });
  }
  return mentions.sort((one, other) => one.start - other.start);
}

/** The bytes, given as latin1, with stars in place of the numbers' digits. */
export function maskBytes(text: string, matcher: NumberMatcher): Masked {
  const bytes = Buffer.from(text, 'latin1');
  const finds = findInBytes(bytes, matcher);
  for (const { start, end, isPacked } of finds.filter(({ sure }) => sure)) {
    const within = bytes.subarray(start, end);
    if (isPacked) maskSemiOctets(within);
    else within.write(latin1Of(within).replace(/\d/g, '*'), 'latin1');
  }
  return { written: finds.length > 0 ? latin1Of(bytes) : text, finds };
}
