import { describe, expect, it } from '@jest/globals';
import { ErasureFailure } from '../../../src/base/errors.ts';
import { generateKey, parseKeyRing } from '../../../src/base/keys/key-ring.ts';
import { createSeal } from '../../../src/base/keys/seal.ts';
import { isPhoneNumber, type PhoneNumber } from '../../../src/phone/number.ts';

const named = (id: string) => generateKey(new Date()).replace(/^[^:]+/, id);

function sealWith(...keys: string[]) {
  const parsed = parseKeyRing(keys.join(','));
  if (!parsed.ok) throw new Error(parsed.reason);
  return createSeal(parsed.ring);
}

function phone(text: string): PhoneNumber {
  if (!isPhoneNumber(text)) throw new Error('not a number');
  return text;
}

const NUMBER = phone('447700900123');
const REFERENCE = 'BWwmkoxO3YTfpEt';
const [KEY_A, KEY_B] = [named('a'), named('b')];

describe('a seal', () => {
  const seal = sealWith(KEY_A);

  it('opens what it closed', () => {
    for (const number of [NUMBER, phone('4477009'), phone('447700900123456')])
      expect(seal.open(seal.close(number, REFERENCE), REFERENCE)).toBe(number);
  });

  it('names its key, and shows nothing of the number, not even its length', () => {
    const sealed = seal.close(NUMBER, REFERENCE);
    expect(sealed).toMatch(/^a\.[A-Za-z0-9_-]+$/);
    const raw = Buffer.from(sealed.slice(2), 'base64url');
    expect(raw.includes('7700900')).toBe(false);
    expect(seal.close(phone('4477009'), REFERENCE)).toHaveLength(sealed.length);
  });

  it('is another each time', () => {
    const all = Array.from({ length: 200 }, () => seal.close(NUMBER, REFERENCE));
    expect(new Set(all).size).toBe(200);
    expect(new Set(all.map((sealed) => sealed.slice(0, 18))).size).toBe(200);
  });

  it('does not open on another request', () => {
    const sealed = seal.close(NUMBER, REFERENCE);
    expect(() => seal.open(sealed, 'AWwmkoxO3YTfpEt')).toThrow(ErasureFailure);
  });

  it('does not open when any byte was changed, or some are missing', () => {
    const sealed = seal.close(NUMBER, REFERENCE);
    const raw = Buffer.from(sealed.slice(2), 'base64url');
    for (let index = 0; index < raw.length; index += 1) {
      const changed = Buffer.from(raw);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => seal.open(`a.${changed.toString('base64url')}`, REFERENCE)).toThrow(ErasureFailure);
    }
    for (let length = 0; length < raw.length; length += 1) {
      const cut = raw.subarray(0, length).toString('base64url');
      expect(() => seal.open(`a.${cut}`, REFERENCE)).toThrow(ErasureFailure);
    }
  });

  it.each(['', '.', 'a', 'a.', 'b.AAAA', 'a.AAAA', 'a.*'])('does not open %j', (text) => {
    expect(() => seal.open(text, REFERENCE)).toThrow(ErasureFailure);
  });

  it('fails by name, with nothing of what it was given', () => {
    const other = sealWith(KEY_B).close(NUMBER, REFERENCE);
    try {
      seal.open(other, REFERENCE);
      throw new Error('opened');
    } catch (error) {
      expect(error).toMatchObject({ name: 'ErasureFailure', failure: 'unsealable' });
      expect((error as Error).message).not.toContain(other);
      expect((error as Error).cause).toBeUndefined();
    }
  });

  it('opens with an old key and closes with the new one', () => {
    const old = seal.close(NUMBER, REFERENCE);
    const both = sealWith(KEY_B, KEY_A);
    expect(both.open(old, REFERENCE)).toBe(NUMBER);
    expect(both.close(NUMBER, REFERENCE)).toMatch(/^b\./);
    expect(() => sealWith(KEY_B).open(old, REFERENCE)).toThrow(ErasureFailure);
  });

  it('does not open what its own key made under an id that is not in the ring', () => {
    const sealed = seal.close(NUMBER, REFERENCE);
    expect(() => seal.open(sealed.replace(/^a/, 'c'), REFERENCE)).toThrow(ErasureFailure);
  });

  it('does not open with another key of the same id', () => {
    expect(() => sealWith(named('a')).open(seal.close(NUMBER, REFERENCE), REFERENCE)).toThrow(ErasureFailure);
  });
});
