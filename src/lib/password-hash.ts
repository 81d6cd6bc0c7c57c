import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/**
 * The costs of scrypt (RFC 7914) that OWASP's Password Storage Cheat Sheet gives for 32 MiB: N, r, p. A hash carries its
 * own, so that they can be raised later.
 */
const COSTS = { N: 2 ** 15, r: 8, p: 3 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** The most that a stored hash may ask for: what stands in the database is not trusted with the memory of the process. */
const MOST_N = 2 ** 17;

/** Hashes under way at once. Each takes a thread of the four that all files and look-ups of names share. */
const MOST_AT_ONCE = 2;

/** @returns `scrypt$N$r$p$salt$hash`, salt and hash in base64url */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, COSTS);
  return ['scrypt', COSTS.N, COSTS.r, COSTS.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/**
 * Takes the same time whether there is a hash or not: nobody learns who has a password.
 * @param stored null: nobody's
 */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const known = stored === null ? null : readHash(stored);
  const { salt, hash, costs } = known ?? { salt: NOBODY, hash: NOBODY, costs: COSTS };
  const given = await derive(password, salt, costs);
  const equal = given.length === hash.length && timingSafeEqual(given, hash);
  return known !== null && equal;
}

const NOBODY = Buffer.alloc(HASH_BYTES);
const STORED = /^scrypt\$(\d{4,7})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})$/;

function readHash(stored: string): { salt: Buffer; hash: Buffer; costs: { N: number; r: number; p: number } } | null {
  const [, N, r, p, salt = '', hash = ''] = STORED.exec(stored) ?? [];
  const costs = { N: Number(N), r: Number(r), p: Number(p) };
  if (salt === '' || costs.N > MOST_N) return null;
  return { salt: Buffer.from(salt, 'base64url'), hash: Buffer.from(hash, 'base64url'), costs };
}

const waiting: (() => void)[] = [];
let underWay = 0;

async function derive(password: string, salt: Buffer, costs: { N: number; r: number; p: number }): Promise<Buffer> {
  if (underWay >= MOST_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else underWay += 1;
  const options: ScryptOptions = { ...costs, maxmem: 160 * costs.N * costs.r };
  try {
    return await new Promise((resolve, reject) => {
      // Two writings of one letter are one password (NFKC, as NIST SP 800-63B has it).
      scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, hash) => {
        if (error) reject(error);
        else resolve(hash);
      });
    });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else underWay -= 1;
  }
}
