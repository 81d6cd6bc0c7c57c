import { describe, expect, it } from '@jest/globals';
import { findTotpStep, generateTotpSecret, totpAddress, totpCode } from '../../../src/lib/totp.ts';

/** The ASCII secret 12345678901234567890 of RFC 6238, appendix B, in base32. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

describe('one-time passwords', () => {
  // The RFC prints eight digits: ours are the last six of them.
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('are those of RFC 6238 at second %d', (seconds, code) => {
    expect(totpCode(SECRET, new Date(seconds * 1000))).toBe(code);
    expect(findTotpStep(SECRET, code, new Date(seconds * 1000))).toBe(Math.floor(seconds / 30));
  });

  it('are taken a step early or late, and with blanks, and no further', () => {
    const at = (steps: number) => new Date((1_000_000 + steps) * 30_000);
    const code = totpCode(SECRET, at(0));
    expect([-2, -1, 0, 1, 2].map((steps) => findTotpStep(SECRET, code, at(steps)))).toEqual([
      null,
      1_000_000,
      1_000_000,
      1_000_000,
      null,
    ]);
    expect(findTotpStep(SECRET, `${code.slice(0, 3)} ${code.slice(3)}`, at(0))).toBe(1_000_000);
  });

  it.each(['', '28708', '2870820', 'abcdef', '２８７０８２'])('are nothing else: %j', (code) => {
    expect(findTotpStep(SECRET, code, new Date(59_000))).toBeNull();
  });

  it('begin with a secret of 160 bits, in an address an app reads', () => {
    const secret = generateTotpSecret();
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(secret).not.toBe(generateTotpSecret());
    const address = new URL(totpAddress(secret, 'Lethe', 'jo@example.com'));
    expect(address.href).toMatch(/^otpauth:\/\/totp\/Lethe%3Ajo%40example\.com\?/);
    expect(Object.fromEntries(address.searchParams)).toEqual({ secret, issuer: 'Lethe', period: '30', digits: '6' });
  });
});
