import type { SealedText } from '../../base/keys/rewrap.ts';
import type { Seal } from '../../base/keys/seal.ts';

/** Writings of a number that were seen in the record a request began with, sealed. @param reference of the request */
export function sealWritings(seal: Seal, writings: readonly string[], reference: string): string {
  return seal.closeText(JSON.stringify(writings), contextOf(reference));
}

/** @throws ErasureFailure `unsealable` */
export function openWritings(seal: Seal, sealed: string | undefined, reference: string): string[] {
  return sealed === undefined ? [] : (JSON.parse(seal.openText(sealed, contextOf(reference))) as string[]);
}

/** The sealed writings of a request's row, by their path in it. */
export function sealedInWritings(sealed: string | undefined, reference: string): SealedText[] {
  return sealed === undefined ? [] : [{ path: 'sealed_writings', text: sealed, context: contextOf(reference) }];
}

const contextOf = (reference: string) => `writings:${reference}`;
