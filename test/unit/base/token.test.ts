import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { parseKeyRing } from '../../../src/base/keys/key-ring.ts';
import { createTokens } from '../../../src/base/keys/token.ts';
import { isPhoneNumber, type PhoneNumber } from '../../../src/phone/number.ts';

const SECRET_A = Buffer.from('0123456789abcdefghijklmnopqrstuv');
const SECRET_B = Buffer.from('vutsrqponmlkjihgfedcba9876543210');
const KEY_A = `a:${SECRET_A.toString('base64')}`;
const KEY_B = `b:${SECRET_B.toString('base64')}`;

function tokensWith(...keys: string[]) {
  const parsed = parseKeyRing(keys.join(','));
  if (!parsed.ok) throw new Error(parsed.reason);
  return createTokens(parsed.ring);
}

function phone(text: string): PhoneNumber {
  if (!isPhoneNumber(text)) throw new Error('not a number');
  return text;
}

const NUMBER = phone('447700900123');

describe('tokens', () => {
  const tokens = tokensWith(KEY_A);

  it('are keyed hashes, the same every time', () => {
    const expected = createHmac('sha256', SECRET_A).update(['acc_1', '447700900123'].join('\0')).digest('base64url');
    expect(tokens.current('acc_1', NUMBER)).toBe(`a.${expected}`);
    expect(tokensWith(KEY_A).current('acc_1', NUMBER)).toBe(`a.${expected}`);
  });

  it('differ between accounts, numbers and keys', () => {
    const all = [
      tokens.current('acc_1', NUMBER),
      tokens.current('acc_2', NUMBER),
      tokens.current('acc_1', phone('447700900124')),
      tokensWith(KEY_B).current('acc_1', NUMBER),
    ];
    expect(new Set(all).size).toBe(4);
  });

  it('do not run account and number together', () => {
    expect(tokens.current('acc_14', phone('47700900123'))).not.toBe(tokens.current('acc_1', phone('447700900123')));
  });

  it('are found under every key, the one that writes first', () => {
    const both = tokensWith(KEY_B, KEY_A);
    expect(both.allTokens('acc_1', NUMBER)).toEqual([
      tokensWith(KEY_B).current('acc_1', NUMBER),
      tokens.current('acc_1', NUMBER),
    ]);
    expect(both.current('acc_1', NUMBER)).toBe(both.allTokens('acc_1', NUMBER)[0]);
  });
});
