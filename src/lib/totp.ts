import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Time-based one-time passwords (RFC 6238), as every authenticator app makes them: HMAC-SHA-1, 6 digits, 30 seconds. */
const STEP_SECONDS = 30;
const DIGITS = 6;
/** Steps to either side that are taken, too: clocks differ, and people type slowly (RFC 6238, section 5.2). */
const DRIFT_STEPS = 1;
const SECRET_BYTES = 20;

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** @returns a new secret in base32, as it is typed into an app */
export function generateTotpSecret(): string {
  return toBase32(randomBytes(SECRET_BYTES));
}

/**
 * The address that an app reads from a picture or a link.
 * @param label whose it is, e.g. an e-mail address
 */
export function totpAddress(secret: string, issuer: string, label: string): string {
  const query = new URLSearchParams({ secret, issuer, period: String(STEP_SECONDS), digits: String(DIGITS) });
  return `otpauth://totp/${encodeURIComponent(`${issuer}:${label}`)}?${query}`;
}

/** The code of a moment. @param secret base32 */
export function totpCode(secret: string, at: Date): string {
  return codeOf(fromBase32(secret), stepOf(at));
}

/**
 * Which step a code is of. The caller lets each step pass once only (RFC 6238, section 5.2).
 * @returns null for a wrong code
 */
export function findTotpStep(secret: string, code: string, at: Date): number | null {
  const key = fromBase32(secret);
  const given = Buffer.from(
    code
      .replaceAll(/\s/g, '')
      .padEnd(DIGITS)
      .slice(0, DIGITS + 1),
  );
  let found: number | null = null;
  // All are looked at, so that the time does not tell which one it was.
  for (let step = stepOf(at) - DRIFT_STEPS; step <= stepOf(at) + DRIFT_STEPS; step += 1) {
    const right = Buffer.from(codeOf(key, step));
    if (given.length === right.length && timingSafeEqual(given, right)) found = step;
  }
  return found;
}

const stepOf = (at: Date): number => Math.floor(at.getTime() / 1000 / STEP_SECONDS);

/** RFC 4226, section 5.3. */
function codeOf(key: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  const number = mac.readUInt32BE(offset) & 0x7fffffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0');
}

/** RFC 4648, without padding. */
function toBase32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}

/** @throws TypeError for what is no base32 */
function fromBase32(text: string): Buffer {
  const bits = [...text.toUpperCase()].map((letter) => {
    const value = BASE32.indexOf(letter);
    if (value < 0) throw new TypeError('a TOTP secret is base32');
    return value.toString(2).padStart(5, '0');
  });
  const bytes = bits.join('').match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((eight) => Number.parseInt(eight, 2)));
}
