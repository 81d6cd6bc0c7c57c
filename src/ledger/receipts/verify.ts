import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { SIGNATURE_ALGORITHM } from '../../base/keys/signer.ts';
import { digestOf } from '../../lib/digest.ts';
import { RECEIPT_TYPE, type ReceiptClaims } from './receipt.ts';

/** What a receipt must say to be one. Later versions may say more. */
const claims = z.looseObject({
  version: z.literal(1),
  reference: z.string(),
  account: z.string(),
  token: z.string(),
  accepted: z.iso.datetime(),
  due: z.iso.datetime(),
  completed: z.iso.datetime(),
  erased: z.record(z.string(), z.number()),
  looks: z.looseObject({ indexed: z.string(), scan: z.string(), files: z.string(), reports: z.string() }),
  serial: z.number(),
  previous: z.string().nullable(),
});

export interface VerifiedReceipt {
  readonly claims: ReceiptClaims;
  /** The id of the key that signed it. */
  readonly keyId: string;
  /** Of the whole receipt: what the account's next one says of it. */
  readonly hash: string;
}

/** Why a receipt is none, in words for whoever holds it. */
export class ReceiptFault extends Error {
  override readonly name = 'ReceiptFault';
}

/**
 * Checks a receipt by nothing but itself and public keys.
 * @param jws the receipt, as it was given out, or with the line breaks of a page that it was copied from
 * @param keys the contents of a JWKS file
 * @throws ReceiptFault
 */
export async function verifyReceipt(jws: string, keys: unknown): Promise<VerifiedReceipt> {
  const text = jws.replace(/\s/g, '');
  try {
    const keySet = createLocalJWKSet(keys as JSONWebKeySet);
    const { payload, protectedHeader } = await compactVerify(text, keySet, { algorithms: [SIGNATURE_ALGORITHM] });
    if (protectedHeader.typ !== RECEIPT_TYPE) throw new ReceiptFault('what is signed is no receipt');
    const read = claims.safeParse(JSON.parse(new TextDecoder().decode(payload)));
    if (!read.success) throw new ReceiptFault('what is signed lacks what a receipt says');
    return {
      claims: read.data as unknown as ReceiptClaims,
      keyId: String(protectedHeader.kid),
      hash: digestOf(text),
    };
  } catch (error) {
    throw error instanceof ReceiptFault ? error : new ReceiptFault(explain(error));
  }
}

/** The library's own codes tell apart what its messages do not. */
function explain(error: unknown): string {
  switch ((error as { code?: unknown } | null)?.code) {
    case 'ERR_JWKS_NO_MATCHING_KEY':
      return 'none of these public keys has signed it';
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return 'the signature does not fit: it was changed after it was signed';
    case 'ERR_JWKS_INVALID':
      return 'the public keys are no JWKS';
    default:
      return 'it is no signed receipt';
  }
}
