import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { CompactSign, type JWK } from 'jose';
import { currentKey, type KeyRing } from './key-ring.ts';

/** RFC 8037: Ed25519 under the name that every library knows. */
export const SIGNATURE_ALGORITHM = 'EdDSA';

/** Signs with the keys of a ring, and says by which public keys that is checked. */
export interface Signer {
  /** The id of the key that signs. */
  readonly keyId: string;
  /**
   * @param type what the text is: the header's `typ`
   * @returns a compact JWS (RFC 7515) with the key's id in its header
   */
  sign(text: string, type: string): Promise<string>;
  /** The public keys of the whole ring (RFC 7517): former ones check what they have signed. */
  readonly jwks: { readonly keys: readonly JWK[] };
}

/** What stands before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410, section 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** @param ring 32 bytes each: the seeds of Ed25519 keys (RFC 8032, section 5.1.5) */
export function createSigner(ring: KeyRing): Signer {
  const { id: keyId, key } = currentKey(ring);
  const signing = privateKeyOf(key);
  const jwks = { keys: [...ring.keys].map(([id, seed]) => publicKeyOf(id, privateKeyOf(seed))) };
  return {
    keyId,
    jwks,
    sign: (text, type) =>
      new CompactSign(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: SIGNATURE_ALGORITHM, kid: keyId, typ: type })
        .sign(signing),
  };
}

function privateKeyOf(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

/** The private part is left behind by the public key, whatever the export may hold. */
function publicKeyOf(id: string, key: KeyObject): JWK {
  const { kty, crv, x } = createPublicKey(key).export({ format: 'jwk' }) as { kty: string; crv: string; x: string };
  return { kty, crv, x, kid: id, alg: SIGNATURE_ALGORITHM, use: 'sig' };
}
