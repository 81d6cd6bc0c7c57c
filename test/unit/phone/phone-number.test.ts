import { describe, expect, it } from '@jest/globals';
import { maskNumber } from '../../../src/phone/mask.ts';
import {
  isPhoneNumber,
  isPossibleE164,
  type PhoneNumber,
  parseE164,
  parseE164Form,
  parseSubjectNumber,
} from '../../../src/phone/number.ts';

const BRITISH = ['44'];

describe('parseSubjectNumber', () => {
  it.each([
    [447700900123, '447700900123'],
    ['447700900123', '447700900123'],
    [447000000123, '447000000123'],
    ['442079460123', '442079460123'],
  ])('reads %p', (input, number) => {
    expect(parseSubjectNumber(input, BRITISH)).toEqual({ ok: true, number });
  });

  it.each([
    [undefined, 'missing'],
    [null, 'missing'],
    ['', 'missing'],
    [true, 'type'],
    [false, 'type'],
    [[], 'type'],
    [[447700900123], 'type'],
    [{}, 'type'],
    [{ $gt: '' }, 'type'],
    [{ toString: () => '447700900123' }, 'type'],
    [447700900123n, 'type'],
    [Symbol('447700900123'), 'type'],
    [() => 447700900123, 'type'],
    [447700900123.5, 'format'],
    [-447700900123, 'format'],
    [Number.NaN, 'format'],
    [Number.POSITIVE_INFINITY, 'format'],
    [4.477009001231e30, 'format'],
    [44770090012300000000, 'format'],
    ['+447700900123', 'format'],
    [' 447700900123', 'format'],
    ['447700900123 ', 'format'],
    ['447700900123\n', 'format'],
    ['44 7700 900123', 'format'],
    ['4.47700900123e11', 'format'],
    ['0x44770090012', 'format'],
    ['44770090012a', 'format'],
    ['４４７７００９００１２３', 'format'],
    ['٤٤٧٧٠٠٩٠٠١٢٣', 'format'],
    ['__proto__', 'format'],
    [0, 'prefix'],
    [123, 'prefix'],
    ['07700900123', 'prefix'],
    ['00447700900123', 'prefix'],
    ['2348031234567', 'prefix'],
    ['447', 'impossible'],
    [44, 'impossible'],
    ['44770090', 'impossible'],
    ['44770090012300000000', 'impossible'],
    ['4407700900123', 'impossible'],
    ['4'.repeat(1_000_000), 'impossible'],
  ])('refuses %p: %s', (input, reason) => {
    expect(parseSubjectNumber(input, BRITISH)).toEqual({ ok: false, reason });
  });

  it('takes its prefixes from the caller, and lets nothing through without any', () => {
    expect(parseSubjectNumber('2348031234567', ['44', '234']).ok).toBe(true);
    expect(parseSubjectNumber('447700900123', ['4477']).ok).toBe(true);
    expect(parseSubjectNumber('447700900123', [])).toEqual({ ok: false, reason: 'prefix' });
    expect(parseSubjectNumber('447700900123', [''])).toEqual({ ok: false, reason: 'prefix' });
  });
});

describe('parseE164', () => {
  it.each(['+2348031234567', '+447700900123', '+15555550123', '+4532123456'])('reads %s', (input) => {
    expect(parseE164(input)).toEqual({ ok: true, number: input.slice(1) });
  });

  it.each([
    ['', 'missing'],
    ['2348031234567', 'format'],
    ['+', 'format'],
    ['+123456', 'format'],
    ['+1234567890123456', 'format'],
    ['++2348031234567', 'format'],
    ['+234 803 123 4567', 'format'],
    [' +2348031234567', 'format'],
    ['+2348031234567\n', 'format'],
    ['+0348031234567', 'impossible'],
    ['+999123456789', 'impossible'],
    ['+23480312', 'impossible'],
    ['+4407700900123', 'impossible'],
  ])('refuses %p: %s', (input, reason) => {
    expect(parseE164(input)).toEqual({ ok: false, reason });
  });

  it('does not throw at what a type check would have stopped', () => {
    expect(parseE164(undefined as unknown as string)).toEqual({ ok: false, reason: 'missing' });
    expect(parseE164(['+2348031234567'] as unknown as string)).toEqual({ ok: false, reason: 'type' });
  });
});

describe('parseE164Form', () => {
  it.each([
    ['+2348031234567', '2348031234567'],
    ['2348031234567', '2348031234567'],
    ['+1234567', '1234567'],
    ['+123456789012345', '123456789012345'],
    ['+999123456789', '999123456789'],
    ['+23480312', '23480312'],
    ['+5215512345678', '5215512345678'],
    ['+390612345678', '390612345678'],
  ])('reads %s, whatever numbering plans know', (input, number) => {
    expect(parseE164Form(input)).toEqual({ ok: true, number });
  });

  it.each([
    ['', 'missing'],
    ['+', 'missing'],
    ['++2348031234567', 'format'],
    ['+123456', 'format'],
    ['+1234567890123456', 'format'],
    ['+0348031234567', 'format'],
    ['+234 803 123 4567', 'format'],
    [' 2348031234567', 'format'],
    ['+234803123456a', 'format'],
    ['+2348031234567\n', 'format'],
    ['+4407700900123', 'impossible'],
  ])('refuses %p: %s', (input, reason) => {
    expect(parseE164Form(input)).toEqual({ ok: false, reason });
  });
});

describe('isPhoneNumber', () => {
  it.each(['447700900123', '1234567', '123456789012345'])('is true of %p', (value) => {
    expect(isPhoneNumber(value)).toBe(true);
  });

  it.each([
    undefined,
    null,
    '',
    447700900123,
    '123456',
    '1234567890123456',
    '07700900123',
    '+447700900123',
    '447700900123\n',
    '44********23',
    { $ne: null },
    ['447700900123'],
    Object('447700900123'),
  ])('is false of %p', (value) => {
    expect(isPhoneNumber(value)).toBe(false);
  });
});

describe('isPossibleE164', () => {
  it('knows lengths, not issued ranges', () => {
    expect(isPossibleE164('447000000123')).toBe(true);
    expect(isPossibleE164('44700000012')).toBe(true);
    expect(isPossibleE164('4470000001234')).toBe(false);
    expect(isPossibleE164('')).toBe(false);
  });
});

describe('maskNumber', () => {
  it.each([
    ['447700900123', '44********23'],
    ['447000000123', '44********23'],
    ['15555550123', '1********23'],
    ['2348031234567', '234********67'],
    ['4532123456', '45******56'],
    ['6834321', '683****'],
    ['68343210', '683*****'],
    ['683432101', '683****01'],
    ['999123456789', '9*********89'],
  ])('%s becomes %s', (number, masked) => {
    expect(maskNumber(number as PhoneNumber)).toBe(masked);
    expect(masked).toHaveLength(number.length);
  });
});
