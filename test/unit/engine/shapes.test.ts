import { describe, expect, it } from '@jest/globals';
import { classExpression, elementHolds, kindOfLetter, stillHolds, writesFor } from '../../../src/engine/shapes.ts';

const WORDS = { masked: '44********23', token: 'key1.token' };

describe('what is written, by what a field holds', () => {
  it.each([
    ['mask', '44********23', ['44********23']],
    ['token', 'key1.token', ['key1.token']],
    [{ replace: '[GONE]' }, '[GONE]', ['[GONE]']],
    ['empty', '', []],
    ['clear', null, []],
  ] as const)('%j', (strategy, text, texts) => {
    expect(writesFor(strategy, WORDS)).toEqual({
      text: { set: text },
      texts: { set: texts },
      list: { set: [] },
      object: { set: {} },
      other: { set: null },
    });
  });

  it('a field that goes, and one that stays', () => {
    const unset = { text: 'unset', texts: 'unset', list: 'unset', object: 'unset', other: 'unset' };
    expect(writesFor('delete', WORDS)).toEqual(unset);
    expect(writesFor('keep', WORDS)).toBeNull();
  });
});

describe('the class of a record', () => {
  /** What tells the letter of a value. */
  const letterOf = (value: unknown) => ({
    $cond: [
      { $in: [{ $type: value }, ['missing', 'null', 'undefined']] },
      '-',
      {
        $cond: [
          { $in: [value, ['', [], {}]] },
          '-',
          {
            $cond: [
              { $in: [{ $type: value }, ['string', 'symbol']] },
              's',
              {
                $cond: [
                  { $eq: [{ $type: value }, 'array'] },
                  { $cond: [{ $eq: [{ $type: { $arrayElemAt: [value, 0] } }, 'string'] }, 't', 'l'] },
                  { $cond: [{ $eq: [{ $type: value }, 'object'] }, 'o', 'x'] },
                ],
              },
            ],
          },
        ],
      },
    ],
  });
  const bar = (value: unknown, more: string[] = []) => ({
    $not: [
      {
        $or: [
          { $in: [{ $type: value }, ['missing', 'null', 'undefined', 'object', ...more]] },
          { $in: [value, ['', []]] },
        ],
      },
    ],
  });
  const within = (bars: object[], value: unknown) => ({ $cond: [{ $or: bars }, '!', letterOf(value)] });
  const element = (list: string, index: number, variable: string, value: unknown) => ({
    $let: {
      vars: { [variable]: { $cond: [{ $isArray: list }, { $arrayElemAt: [list, index] }, null] } },
      in: value,
    },
  });

  it('has a letter for each field', () => {
    expect(classExpression(['to', 'body'])).toEqual({ $concat: [letterOf('$to'), letterOf('$body')] });
  });

  it('tells a field that is out of reach', () => {
    expect(classExpression(['a.b.to'])).toEqual({ $concat: [within([bar('$a'), bar('$a.b')], '$a.b.to')] });
  });

  it('reaches into lists by number', () => {
    expect(classExpression(['phones.10'])).toEqual({
      $concat: [within([bar('$phones', ['array'])], element('$phones', 10, 'v0', '$$v0'))],
    });
    expect(classExpression(['x.phones.0.a.n.1'])).toEqual({
      $concat: [
        within(
          [
            bar('$x'),
            bar('$x.phones', ['array']),
            bar(element('$x.phones', 0, 'v0', '$$v0')),
            bar(element('$x.phones', 0, 'v0', '$$v0.a')),
            bar(element('$x.phones', 0, 'v0', '$$v0.a.n'), ['array']),
          ],
          element('$x.phones', 0, 'v0', element('$$v0.a.n', 1, 'v1', '$$v1')),
        ),
      ],
    });
  });

  it('and into lists of lists', () => {
    const inner = element('$rows', 0, 'v0', element('$$v0', 1, 'v1', '$$v1.n'));
    expect(classExpression(['rows.0.1.n'])).toEqual({
      $concat: [
        within(
          [
            bar('$rows', ['array']),
            bar(element('$rows', 0, 'v0', '$$v0'), ['array']),
            bar(element('$rows', 0, 'v0', element('$$v0', 1, 'v1', '$$v1'))),
          ],
          inner,
        ),
      ],
    });
  });

  it('a name that is a number at the beginning is a field of the record', () => {
    expect(classExpression(['0'])).toEqual({ $concat: [letterOf('$0')] });
  });

  it('says the kind of a field', () => {
    expect([...'stlox-!'].map(kindOfLetter)).toEqual([
      ...['text', 'texts', 'list', 'object', 'other', undefined, undefined],
    ]);
  });
});

describe('what a field still holds', () => {
  const nothing = (...written: unknown[]) => ({ $in: [null, '', {}, ...written], $not: { $type: 'array' } });

  it('is anything but what would be written', () => {
    expect(stillHolds('to', writesFor('mask', WORDS) as never)).toEqual({
      $nor: [
        { to: nothing('44********23', {}, null) },
        { to: { $size: 0 } },
        { $and: [{ to: { $eq: ['44********23'] } }, { to: { $size: 1 } }] },
      ],
    });
    expect(stillHolds('tags', writesFor('empty', WORDS) as never)).toEqual({
      $nor: [{ tags: nothing('', {}, null) }, { tags: { $size: 0 } }],
    });
    expect(stillHolds('x', writesFor('delete', WORDS) as never)).toEqual({
      $nor: [{ x: nothing() }, { x: { $size: 0 } }],
    });
  });

  const notList = { $not: { $type: 'array' } };
  it.each([
    ['text', { n: { $type: ['string', 'symbol'], $ne: '', ...notList } }],
    ['texts', { n: { $type: 'array' }, 'n.0': { $type: 'string' } }],
    ['list', { n: { $type: 'array', $ne: [] }, 'n.0': { $not: { $type: 'string' } } }],
    ['object', { n: { $type: 'object', $ne: {}, ...notList } }],
    [
      'other',
      { n: { $exists: true, $nin: [null], $not: { $type: ['string', 'symbol', 'array', 'object', 'undefined'] } } },
    ],
  ] as const)('in an element: %s', (kind, condition) => {
    expect(elementHolds('n', kind)).toEqual(condition);
  });
});
