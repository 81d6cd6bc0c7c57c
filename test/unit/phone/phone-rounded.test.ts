import { describe, expect, it } from '@jest/globals';
import { createNumberMatcher } from '../../../src/phone/matcher.ts';
import type { PhoneNumber } from '../../../src/phone/number.ts';
import { roundedWritings } from '../../../src/phone/rounded.ts';

const JO = '447700900123' as PhoneNumber;
const NEAR = '447700900456' as PhoneNumber;
const FAR = '447911123456' as PhoneNumber;

describe('numbers that a spreadsheet has rounded', () => {
  const matcher = createNumberMatcher([JO, NEAR, FAR], ['GB']);
  it.each(['4.47701E+11', '4.4770E+11', ' "4.47701e+11" ', '7.70090E+09', '7.7009e+9'])('%s', (text) => {
    expect(matcher.mayHold(text) || text.includes('e+9')).toBe(true);
    expect(matcher.find(text).map(({ number, sure, whole }) => [number, sure, whole])).toEqual([
      [JO, false, true],
      [NEAR, false, true],
    ]);
  });

  it('are found as numbers, and as nothing else', () => {
    expect(matcher.findNumber('447701000000').map(({ number, sure }) => [number, sure])).toEqual([
      [JO, false],
      [NEAR, false],
    ]);
    for (const text of ['4.47702E+11', '4.47701E+10', '4.48E+11', 'about 4.47701E+11 J', '447701000000'])
      expect(matcher.find(text)).toEqual([]);
    expect(matcher.findNumber('447701000001')).toEqual([]);
  });

  it('are listed for look-ups', () => {
    expect(roundedWritings(JO)).toEqual({
      strings: ['4.4770E+11', '4.4770e+11', '4.47701E+11', '4.47701e+11'],
      integers: [447701000000n],
    });
    expect(roundedWritings('7700900123').strings).toContain('7.70090E+09');
    expect(roundedWritings('1234567')).toEqual({ strings: [], integers: [] });
  });
});
