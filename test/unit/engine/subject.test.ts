import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import {
  assertAccount,
  everyValue,
  inEveryWriting,
  inLikelyWritings,
  matcherOf,
  numberSubject,
  subjectAt,
  subjectIn,
  withDoubtful,
  withWritings,
} from '../../../src/engine/subject.ts';
import { INTEGER, JO, jo, NOTHING, NOW } from './support.ts';

const { Decimal128, Double, Long } = mongoose.mongo;
const USUAL = [
  ...[JO, `+${JO}`, `00${JO}`, '07700900123', '7700900123'],
  ...['+44 7700 900123', '07700 900123', '+44-7700-900123', '07700-900123'],
  ...[INTEGER, Long.fromString('7700900123'), Long.fromString('4407700900123')],
];
const ROUNDED = [447_701_000_000, 7_700_900_000, 4_407_700_000_000].map((value) => Long.fromNumber(value));

describe('the selector of a number', () => {
  const subject = numberSubject(JO, 'acc_x', 'key1.token', NOW, ['GB']);

  it('is all that is known of it', () => {
    expect(subject).toEqual({
      number: JO,
      account: 'acc_x',
      token: 'key1.token',
      now: NOW,
      masked: '44********23',
      values: USUAL,
      doubtful: [],
      countries: ['GB'],
    });
    expect(numberSubject(JO, 'acc_x', 'key1.token').countries).toEqual(['GB']);
  });

  it('has every writing that can be listed, and those seen in records', () => {
    const every = everyValue(JO, ['GB']);
    const { values, likely, ...rest } = inEveryWriting({ ...subject, values: [...USUAL, 'Jo +447700900123', INTEGER] });
    expect({ ...rest, values: USUAL }).toEqual(subject);
    expect(values).toEqual([...every, 'Jo +447700900123']);
    expect(every.length).toBeGreaterThan(200);
    expect(every).toEqual(expect.arrayContaining(USUAL));
    expect(likely).toEqual([...USUAL, 'Jo +447700900123', INTEGER]);
  });

  it('keeps the likely ones, however often it is widened', () => {
    const wide = inEveryWriting(inEveryWriting(subject));
    expect(wide.likely).toEqual(USUAL);
    expect(inLikelyWritings(wide)).toEqual(subject);
    expect(inLikelyWritings(subject)).toEqual(subject);
  });

  it('gets what was seen in records, once', () => {
    expect(withWritings(subject, ['+44 (0)7700', JO])).toEqual({ ...subject, values: [...USUAL, '+44 (0)7700'] });
  });

  it('gets what may be the number and another', () => {
    const { doubtful, ...rest } = withDoubtful(subject);
    expect({ ...rest, doubtful: [] }).toEqual(subject);
    expect(doubtful).toEqual([...doubtful.slice(0, -3), ...ROUNDED]);
    expect(doubtful.slice(0, 2)).toEqual(['4.4770E+11', '4.4770e+11']);
  });

  it('is as a place holds it: in all writings where no scan reads it, with what is in doubt where the map says so', () => {
    const wide = withDoubtful(subject);
    const all = inEveryWriting(wide);
    expect(subjectIn({ scan: true, ambiguous: 'fail' }, wide)).toEqual(wide);
    expect(subjectIn({ scan: false, ambiguous: 'fail' }, wide)).toEqual(all);
    expect(subjectIn({ scan: true, ambiguous: 'erase' }, wide)).toEqual({
      ...wide,
      values: [...wide.values, ...wide.doubtful],
    });
    expect(subjectIn({ scan: false, ambiguous: 'erase' }, { ...wide, isPlaced: true })).toEqual({
      ...wide,
      isPlaced: true,
    });
  });

  it('has the values of a place’s templates, too', () => {
    const plain = jo({ values: [JO, '07700900123', '+44 7700 900123', INTEGER], isPlaced: false });
    expect(subjectAt(plain, ['{number}@c.us', 'tel:{+number}', 'uk-{national}', '{number}:*@s.net'])).toEqual({
      ...plain,
      values: [
        ...plain.values,
        ...[`${JO}@c.us`, '07700900123@c.us', `tel:+${JO}`, 'uk-07700900123'],
        ...[/^447700900123:[^@]*@s\.net$/, /^07700900123:[^@]*@s\.net$/],
      ],
    });
    expect(subjectAt(plain, [])).toBe(plain);
    const placed = jo();
    expect(subjectAt(placed, ['{number}@c.us'])).toBe(placed);
  });

  it.each(NOTHING)('is none for %p', (nothing) => {
    expect(() => numberSubject(nothing as never, 'acc_x', 'key1.token', NOW, ['GB'])).toThrow('not a phone number');
    expect(() => numberSubject(JO, nothing as never, 'key1.token')).toThrow('an account is needed');
    expect(() => everyValue(nothing as never, ['GB'])).toThrow('not a phone number');
    expect(() => subjectAt(jo({ number: nothing, isPlaced: false }), ['{number}@c.us'])).toThrow('not a phone number');
    expect(() => assertAccount(nothing)).toThrow(TypeError);
  });
});

describe('the matcher of stored values', () => {
  const isTheirs = matcherOf({ values: [JO, INTEGER, /^447700900123:[^@]*@s\.net$/] });

  it.each([JO, 447700900123, INTEGER, new Double(447700900123), Decimal128.fromString(`${JO}.0`), `${JO}:7@s.net`])(
    '%s is theirs',
    (value) => {
      expect(isTheirs(value)).toBe(true);
    },
  );

  it.each(['447700900124', 447700900124, `x${JO}:7@s.net`, null, undefined, [JO], { n: JO }, true, ''])(
    '%p is not',
    (value) => {
      expect(isTheirs(value)).toBe(false);
    },
  );
});
