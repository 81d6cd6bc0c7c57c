import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { textOf, toJson } from '../../../src/lib/bson-text.ts';

const { Decimal128, Long, Double } = mongoose.mongo;

describe('a number as text', () => {
  it.each([
    ['447911654500', '447911654500'],
    ['4479116545E+2', '447911654500'],
    ['4.479116545E+11', '447911654500'],
    ['4479116545000E-1', '447911654500.0'],
    ['44791165450071E-2', '447911654500.71'],
    ['-1E+3', '-1000'],
    ['5E-9', '0.000000005'],
    ['1E+6000', '1E+6000'],
    ['1E-6000', '1E-6000'],
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
  ])('decimal %s is %s', (stored, text) => {
    const value = Decimal128.fromString(stored);
    expect(textOf(value)).toBe(text);
    expect(toJson({ a: [value] })).toBe(`{"a":["${text}"]}`);
  });
  it('others are what they were', () => {
    expect(textOf(Long.fromString('9007199254740993'))).toBe('9007199254740993');
    expect(textOf(new Double(447911654500))).toBe('447911654500');
    expect(textOf(1e21)).toBe('1000000000000000000000');
    expect(textOf(0.5)).toBe('0.5');
  });
});
