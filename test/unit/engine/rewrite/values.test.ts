import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { bytesOf, changeValue, digitsOf, withBytes } from '../../../../src/engine/rewrite/values.ts';
import { JO, MASK, NOW } from './support.ts';

const { Binary, Decimal128, Double, Int32, Long, ObjectId, UUID } = mongoose.mongo;
const decimal = (text: string) => Decimal128.fromString(text);
const WORDS = { masked: MASK, token: 'key1.token' };

describe('the digits of a number', () => {
  it.each<[unknown, string | undefined]>([
    [447700900123, JO],
    [-7, '-7'],
    [0, '0'],
    [new Int32(7), '7'],
    [Long.fromString('12345678901234567'), '12345678901234567'],
    [12345678901234567n, '12345678901234567'],
    [new Double(1.5), undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    [decimal('Infinity'), undefined],
    [decimal('447.0'), '447'],
    [decimal('447.01'), undefined],
    [decimal('4.47E+3'), '4470'],
    [decimal('4.47E+1'), undefined],
    [decimal('-4.47E+2'), '-447'],
    [decimal('1E+39'), `1${'0'.repeat(39)}`],
    [decimal('1E+40'), `1${'0'.repeat(40)}`],
    [decimal('1E+41'), undefined],
    [decimal('0.5'), undefined],
    [decimal('0E-7'), undefined],
    [decimal('0.0'), '0'],
    [1e21, '1000000000000000000000'],
    ['7', undefined],
    [null, undefined],
    [new Date(7), undefined],
  ])('of %p', (value, digits) => {
    expect(digitsOf(value)).toBe(digits);
  });
});

describe('a value', () => {
  it('of bytes is read where an application put them', () => {
    const bytes = Buffer.from('xyz');
    const read = (subtype: number) => bytesOf(new Binary(bytes, subtype));
    for (const subtype of [0, 2, 128, 255]) expect(Buffer.from(read(subtype) ?? []).toString()).toBe('xyz');
    for (const subtype of [1, 3, 5, 6, 7, 8, 9, 127]) expect(read(subtype)).toBeUndefined();
    expect([bytesOf(bytes), bytesOf(new UUID()), bytesOf('xyz'), bytesOf(null)]).toEqual([
      ...[bytes, undefined, undefined, undefined],
    ]);
    expect(withBytes(new Binary(bytes, 128), Buffer.from('***'))).toEqual(new Binary(Buffer.from('***'), 128));
    expect(withBytes(bytes, Buffer.from('***'))).toEqual(Buffer.from('***'));
  });

  it.each([undefined, null, '', [[]], {}])('that is nothing stays: %j', (nothing) => {
    const value = Array.isArray(nothing) ? [] : nothing;
    for (const strategy of ['mask', 'clear', 'empty', 'delete', 'keep', { replace: 'x' }] as const)
      expect(changeValue(value, strategy, WORDS)).toBe(value);
  });

  it('keeps its kind', () => {
    const id = new ObjectId();
    const nested = { a: 'x', b: ['y', [], {}, '', null, 7, id, true], c: { d: 'z' }, e: undefined };
    expect(changeValue(nested, { replace: 'w' }, WORDS)).toEqual({
      ...{ a: 'w', b: ['w', [], {}, '', null, null, id, true], c: { d: 'w' } },
    });
    expect(changeValue(nested, 'keep', WORDS)).toBe(nested);
    for (const strategy of ['clear', 'empty'] as const)
      expect([changeValue(nested, strategy, WORDS), changeValue(['x'], strategy, WORDS)]).toEqual([{}, []]);
    expect([7, true, id, NOW].map((value) => changeValue(value, 'mask', WORDS))).toEqual([null, null, null, null]);
    expect([0, false].map((value) => changeValue(value, 'mask', WORDS))).toEqual([null, null]);
  });
});
