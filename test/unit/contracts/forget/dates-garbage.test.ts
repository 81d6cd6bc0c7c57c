import { describe, expect, it } from '@jest/globals';
import { parseSubmissionDate } from '../../../../src/contracts/forget/dates/parse.ts';

const CONTEXT = { now: new Date('2026-11-22T13:28:17.123Z'), timeZone: 'Europe/London' };

/** The same numbers every run, so that a failure can be repeated. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('parseSubmissionDate', () => {
  it.each([undefined, null, '', ' ', '     '])('finds %p missing', (input) => {
    expect(parseSubmissionDate(input, CONTEXT)).toEqual({ ok: false, reason: 'missing' });
  });

  it.each([
    true,
    false,
    [],
    ['yesterday'],
    {},
    { $gt: '' },
    { toString: () => 'yesterday' },
    Object('yesterday'),
    new Date(),
    1537525884n,
    Symbol('yesterday'),
    () => 'yesterday',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty days ago',
    '2 constructor ago',
    'yesterday\n',
    'yester\u0000day',
    '\t',
    'yesterday\tnoon',
    'yesterday\u00a0noon',
    'yesterday\u200b',
    'ｙesterday',
    '\u212aesterday',
    '١ week ago',
    'yesterday!',
    "yesterday' OR 1=1",
    '2019-12-25; drop',
    '$(date)',
    `yesterday${' '.repeat(100)}`,
    'yesterday '.repeat(20),
    'a'.repeat(101),
    '1 day '.repeat(1_000_000),
  ])('cannot read %p', (input) => {
    expect(parseSubmissionDate(input, CONTEXT)).toEqual({ ok: false, reason: 'unreadable' });
  });

  it('gives a whole day or a reason for any mixture of its own words, and never throws', () => {
    const words =
      'last next this first fifth day week weeks month year ago in of on at the a and may march friday sat yesterday now noon am pm utc z t th 1 2 25 30 2019 20191225 99999 1537525884 12 00 + - : / . , @'.split(
        ' ',
      );
    const random = makeRandom(20190329);
    let understood = 0;
    for (let round = 0; round < 15_000; round += 1) {
      let text = '';
      for (let count = random(7); count >= 0; count -= 1) text += words[random(words.length)] + ' '.repeat(random(2));
      const result = parseSubmissionDate(text, CONTEXT);
      if (result.ok) {
        understood += 1;
        const hours = (result.to.getTime() - result.from.getTime()) / 3_600_000;
        const isSpan = result.day !== result.lastDay;
        expect([text, hours >= 23 && hours <= (isSpan ? 366 * 24 : 25)]).toEqual([text, true]);
        if (isSpan) expect(text.trim()).toMatch(/^(the +)?(last|next|this) +(week|month|year)$/);
        expect(result.day).toMatch(/^(19[789]|[2-9]\d\d)\d-\d\d-\d\d$/);
        const [first, last] = [result.day, result.lastDay].map((day) => parseSubmissionDate(day, CONTEXT));
        expect([first, last]).toEqual([
          expect.objectContaining({ ok: true, from: result.from }),
          expect.objectContaining({ ok: true, to: result.to }),
        ]);
      } else {
        expect(['missing', 'unreadable', 'out_of_range']).toContain(result.reason);
      }
    }
    expect(understood).toBeGreaterThan(300);
  });

  it('never throws at random characters', () => {
    const random = makeRandom(44);
    for (let round = 0; round < 10_000; round += 1) {
      let text = '';
      for (let count = random(40); count > 0; count -= 1) text += String.fromCharCode(random(round % 2 ? 128 : 65536));
      expect(typeof parseSubmissionDate(text, CONTEXT).ok).toBe('boolean');
    }
  });

  it('takes a wrong zone or clock for the caller’s mistake', () => {
    expect(() => parseSubmissionDate('today', { ...CONTEXT, timeZone: 'Europe/Atlantis' })).toThrow(RangeError);
    expect(() => parseSubmissionDate('today', { ...CONTEXT, timeZone: '' })).toThrow(RangeError);
    expect(() => parseSubmissionDate('today', { ...CONTEXT, now: new Date(Number.NaN) })).toThrow(RangeError);
  });
});
