import { describe, expect, it } from '@jest/globals';
import { currentKey, generateKey, type KeyRing, parseKeyRing } from '../../../src/base/keys/key-ring.ts';

const NOW = new Date('2026-03-09T23:30:00Z');

function ringOf(text: string): KeyRing {
  const parsed = parseKeyRing(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.ring;
}

const bytes = (id: string, key: Buffer) => `${id}:${key.toString('base64')}`;
const strong = Buffer.from('0123456789abcdefghijklmnopqrstuv');

describe('generateKey', () => {
  it('makes keys that a ring takes, with the day in the id', () => {
    const key = generateKey(NOW);
    expect(key).toMatch(/^k20260309-[0-9a-f]{4}:[A-Za-z0-9+/]{43}=$/);
    expect(currentKey(ringOf(key)).key).toHaveLength(32);
  });

  it('makes no key twice', () => {
    const keys = Array.from({ length: 500 }, () => generateKey(NOW).split(':')[1]);
    expect(new Set(keys).size).toBe(500);
  });

  it('makes no key that is refused as weak', () => {
    for (let round = 0; round < 2_000; round += 1) expect(parseKeyRing(generateKey(NOW)).ok).toBe(true);
  });
});

describe('parseKeyRing', () => {
  it('writes with the first key and reads with all', () => {
    const [first, second] = [generateKey(NOW), generateKey(NOW).replace(/^[^:]+/, 'old_key')];
    const ring = ringOf(` ${first} , ${second} `);
    expect(currentKey(ring).id).toBe(first.split(':')[0]);
    expect([...ring.keys.keys()]).toEqual([first.split(':')[0], 'old_key']);
  });

  it('reads base64 of both alphabets, padded or not', () => {
    const key = Buffer.from('fbefbefbfffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4', 'hex');
    for (const text of [key.toString('base64'), key.toString('base64').replace('=', ''), key.toString('base64url')])
      expect(currentKey(ringOf(`k:${text}`)).key.equals(key)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['no id', strong.toString('base64')],
    ['an empty id', `:${strong.toString('base64')}`],
    ['a dot in the id, which parts id and text in what is sealed', bytes('a.b', strong)],
    ['a long id', bytes('x'.repeat(33), strong)],
    ['31 bytes', bytes('k', strong.subarray(1))],
    ['33 bytes', bytes('k', Buffer.concat([strong, Buffer.from('w')]))],
    ['hex', `k:${strong.toString('hex')}`],
    ['something that is no base64', `k:${'*'.repeat(43)}`],
    ['zeros', bytes('k', Buffer.alloc(32))],
    ['eleven different bytes', bytes('k', Buffer.alloc(32, 'abcdefghijk'))],
    ['an id twice', `${bytes('k', strong)},${bytes('k', Buffer.from(strong).reverse())}`],
    ['an empty place in the list', `${bytes('k', strong)},`],
    ['one good key and one bad', `${bytes('k', strong)},k2:short`],
  ])('refuses %s, and does not repeat it', (_what, text) => {
    const parsed = parseKeyRing(text);
    expect(parsed.ok).toBe(false);
    if (parsed.ok) return;
    expect(parsed.reason).toMatch(/^[a-z0-9: ]+$/);
    for (const part of text.split(/[:,]/)) if (part.length > 5) expect(parsed.reason).not.toContain(part);
  });

  it('takes twelve different bytes', () => {
    expect(parseKeyRing(bytes('k', Buffer.alloc(32, 'abcdefghijkl'))).ok).toBe(true);
  });
});

describe('currentKey', () => {
  it('throws on a ring without it', () => {
    expect(() => currentKey({ currentId: 'k', keys: new Map() })).toThrow('no current key');
  });
});
