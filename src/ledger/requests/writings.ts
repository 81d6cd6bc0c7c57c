import type { Seal } from '../../base/keys/seal.ts';

/** Writings of a number that were seen in the record a request began with, sealed. @param reference of the request */
export function sealWritings(seal: Seal, writings: readonly string[], reference: string): string {
  return seal.closeText(JSON.stringify(writings), contextOf(reference));
}

/** @throws ErasureFailure `unsealable` */
export function openWritings(seal: Seal, sealed: string | undefined, reference: string): string[] {
  return sealed === undefined ? [] : (JSON.parse(seal.openText(sealed, contextOf(reference))) as string[]);
}

const contextOf = (reference: string) => `writings:${reference}`;
