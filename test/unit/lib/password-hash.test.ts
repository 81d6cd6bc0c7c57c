import { scryptSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { hashPassword, verifyPassword } from '../../../src/lib/password-hash.ts';

describe('a password', () => {
  it('is kept as a salted hash that carries its costs, and known again', async () => {
    const [one, two] = [await hashPassword('correct horse'), await hashPassword('correct horse')];
    expect(one).not.toBe(two);
    const [, N, r, p, salt = '', hash] = one.split('$');
    const options = { N: Number(N), r: Number(r), p: Number(p), maxmem: 2 ** 30 };
    expect(scryptSync('correct horse', Buffer.from(salt, 'base64url'), 32, options).toString('base64url')).toBe(hash);
    expect(await verifyPassword('correct horse', one)).toBe(true);
    expect(await verifyPassword('correct hors', one)).toBe(false);
    // One letter, two writings.
    expect(await verifyPassword('caf\u00e9 long enough', await hashPassword('cafe\u0301 long enough'))).toBe(true);
  });

  it.each([[null], [''], ['scrypt$32768$8$3$'], [`scrypt$9999999$8$3$AAAAAAAAAAAAAAAAAAAAAA$${'A'.repeat(43)}`]])(
    'is never right where nothing usable is kept: %j',
    async (stored) => {
      expect(await verifyPassword('', stored)).toBe(false);
    },
  );

  it('takes its work also where nobody has one', async () => {
    const stored = await hashPassword('correct horse');
    const timed = async (one: string | null) => {
      const before = process.cpuUsage();
      await verifyPassword('wrong', one);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const [known, unknown] = [await timed(stored), await timed(null)];
    expect(unknown).toBeGreaterThan(known / 3);
    expect(unknown).toBeLessThan(known * 3);
  });
});
