import { createHmac } from 'node:crypto';
import type { PhoneNumber } from '../../phone/number.ts';
import { currentKey, type KeyRing } from './key-ring.ts';

/**
 * A token stands for a number where the number itself may not be: `keyId.base64url(HMAC-SHA-256)` (RFC 2104).
 * Keyed, because the numbers of a country can all be hashed in minutes; scoped by account, so that two platforms
 * cannot compare whom they know.
 */
export interface Tokens {
  /** The id of the key that writes. */
  readonly currentId: string;
  /** Under the current key: what is written. */
  current(account: string, number: PhoneNumber): string;
  /** Under every key of the ring, the current first: what is looked up. */
  allTokens(account: string, number: PhoneNumber): string[];
  /** As `allTokens`, of another text, which begins with no digit. */
  allMarks(account: string, text: string): string[];
}

/** What a token looks like, and hardly anything a platform would call one: a key's id, and 32 bytes in base64url. */
export const TOKEN_SHAPE = /^[A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{43}$/;

const digest = (id: string, key: Buffer, account: string, number: string) =>
  `${id}.${createHmac('sha256', key).update(`${account}\0${number}`).digest('base64url')}`;

/** @param ring the token keys; taking an old one out makes what it made unfindable */
export function createTokens(ring: KeyRing): Tokens {
  const { id: currentId, key: current } = currentKey(ring);
  const allTokens = (account: string, text: string) => {
    const older = [...ring.keys].filter(([id]) => id !== currentId);
    return [digest(currentId, current, account, text), ...older.map(([id, key]) => digest(id, key, account, text))];
  };
  return {
    currentId,
    current: (account, number) => digest(currentId, current, account, number),
    allTokens,
    allMarks: allTokens,
  };
}
