import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { isPhoneNumber, type PhoneNumber } from '../../phone/number.ts';
import { ErasureFailure } from '../errors.ts';
import { currentKey, type KeyRing } from './key-ring.ts';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Seals what must not be read in Lethe's own collections: AES-256-GCM (NIST SP 800-38D), `keyId.base64url(iv | ciphertext | tag)`. */
export interface Seal {
  /** @param context bound to the seal: a sealed number moved to another request does not open */
  close(number: PhoneNumber, context: string): string;
  /** @throws ErasureFailure `unsealable` when the key is gone, or the text was changed or moved */
  open(sealed: string, context: string): PhoneNumber;
  /** As `close`, of any text; its length can be told. */
  closeText(text: string, context: string): string;
  /** @throws ErasureFailure `unsealable` */
  openText(sealed: string, context: string): string;
  /**
   * The same under the current key.
   * @returns null: it is under the current key
   * @throws ErasureFailure `unsealable`
   */
  renew(sealed: string, context: string): string | null;
}

/** The id of the key under which a text was sealed, or a token made. */
export const keyIdOf = (made: string): string => made.slice(0, made.indexOf('.'));

export function createSeal(ring: KeyRing): Seal {
  const { id: currentId, key: current } = currentKey(ring);
  const closeText = (text: string, context: string): string => {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, current, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(context));
    const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${currentId}.${sealed.toString('base64url')}`;
  };
  const openText = (sealed: string, context: string): string => {
    const [id = '', text = ''] = sealed.split('.');
    const key = ring.keys.get(id);
    const bytes = Buffer.from(text, 'base64url');
    if (!key || bytes.length <= IV_BYTES + TAG_BYTES) throw new ErasureFailure('unsealable');
    const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
    } catch {
      // The cause says nothing more than that authentication failed.
      throw new ErasureFailure('unsealable');
    }
  };
  return {
    closeText,
    openText,
    renew: (sealed, context) => (keyIdOf(sealed) === currentId ? null : closeText(openText(sealed, context), context)),
    // Padded to one length, so that the sealed text does not tell how long the number is.
    close: (number, context) => closeText(number.padEnd(15, ' '), context),
    open(sealed, context) {
      const number: unknown = openText(sealed, context).trimEnd();
      if (isPhoneNumber(number)) return number;
      throw new ErasureFailure('unsealable');
    },
  };
}
