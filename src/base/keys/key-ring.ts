import { randomBytes } from 'node:crypto';

/** Secret keys by id. The first of the list is used for new work, all of them for reading what older ones made. */
export interface KeyRing {
  readonly currentId: string;
  readonly keys: ReadonlyMap<string, Buffer>;
}

const KEY_BYTES = 32;
const ENTRY = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_-]{42,44}={0,2})$/;

/**
 * Reads a key ring as the environment holds it: `id:base64,id:base64`, the current key first.
 * A key has 256 bits; one that is shorter, or plainly not random (fewer than 12 different bytes), is refused.
 * @returns the ring, or a reason that does not repeat the text
 */
export function parseKeyRing(text: string): { ok: true; ring: KeyRing } | { ok: false; reason: string } {
  const keys = new Map<string, Buffer>();
  for (const entry of text.split(',').map((part) => part.trim())) {
    const match = ENTRY.exec(entry);
    if (!match?.[1] || !match[2]) return { ok: false, reason: 'each key must be written id:base64 with 32 bytes' };
    const key = Buffer.from(match[2], 'base64');
    if (key.length !== KEY_BYTES) return { ok: false, reason: 'each key must have 32 bytes' };
    if (new Set(key).size < 12) return { ok: false, reason: 'a key is too weak' };
    if (keys.has(match[1])) return { ok: false, reason: 'a key id stands twice' };
    keys.set(match[1], key);
  }
  const currentId = keys.keys().next().value;
  if (currentId === undefined) return { ok: false, reason: 'there is no key' };
  return { ok: true, ring: { currentId, keys } };
}

/** A new key as `id:base64`, from the system's secure source. The id is the day it was made and two random bytes. */
export function generateKey(now: Date): string {
  const id = `k${now.toISOString().slice(0, 10).replaceAll('-', '')}-${randomBytes(2).toString('hex')}`;
  return `${id}:${randomBytes(KEY_BYTES).toString('base64')}`;
}

/** The current key of a ring with its id. */
export function currentKey(ring: KeyRing): { id: string; key: Buffer } {
  const key = ring.keys.get(ring.currentId);
  if (!key) throw new Error('the key ring has no current key');
  return { id: ring.currentId, key };
}
