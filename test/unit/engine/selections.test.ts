import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { selectAnywhere, selectChangeable, selectDoubtful, selectUnreadable } from '../../../src/engine/selections.ts';
import { numberSubject } from '../../../src/engine/subject.ts';
import { INTEGER, JO, jo, NOTHING, ruleFor } from './support.ts';

const { Binary, Long } = mongoose.mongo;

const ACCOUNT = { acc: 'acc_x' };
const VALUES = { $in: [JO, INTEGER] };
/** The number itself, and no list that holds it. */
const ALONE = { ...VALUES, $not: { $type: 'array' } };
const NO_ARRAY = { $not: { $type: 'array' } };
/** The record is no other account's. */
const ALONE_ITS = { acc: { $not: { $elemMatch: { $nin: ['acc_x'] } } } };
const NO_LISTS_WITHIN = { $not: { $elemMatch: { $type: 'array' } } };

describe('what is selected at a place', () => {
  it.each([
    ['to', 'to', { to: ALONE }],
    ['a.b.to', 'a.b.to', { a: NO_ARRAY, 'a.b': NO_ARRAY, 'a.b.to': ALONE }],
    ['phones.0.n', 'phones.0.n', { 'phones.0': NO_ARRAY, 'phones.0.n': ALONE }],
    ['to[]', 'to', { to: VALUES, $and: [{ to: { $elemMatch: ALONE } }, { to: NO_LISTS_WITHIN }] }],
    [
      'x.to[].a.n',
      'x.to.a.n',
      {
        'x.to.a.n': VALUES,
        $and: [{ x: NO_ARRAY, 'x.to': { $elemMatch: { a: NO_ARRAY, 'a.n': ALONE } } }, { 'x.to': NO_LISTS_WITHIN }],
      },
    ],
    [
      'homes[].people[].n',
      'homes.people.n',
      {
        'homes.people.n': VALUES,
        $and: [
          { homes: { $elemMatch: { people: { $elemMatch: { n: ALONE } } } } },
          { homes: NO_LISTS_WITHIN },
          { 'homes.people': NO_LISTS_WITHIN },
        ],
      },
    ],
    [
      'homes[].n[]',
      'homes.n',
      {
        'homes.n': VALUES,
        $and: [
          { homes: { $elemMatch: { n: { $elemMatch: ALONE } } } },
          { homes: NO_LISTS_WITHIN },
          { 'homes.n': NO_LISTS_WITHIN },
        ],
      },
    ],
  ])('%s', (path, dotted, changeable) => {
    const rule = ruleFor({ numbers: [path] });
    expect(selectAnywhere(rule, jo())).toEqual({ ...ACCOUNT, [dotted]: VALUES });
    const { $and = [], ...plain } = changeable as { $and?: object[] };
    expect(selectChangeable(rule, jo())).toEqual({ ...ACCOUNT, ...plain, $and: [...$and, ALONE_ITS] });
    const doubtful = [Long.fromString('447701000000')];
    expect(selectDoubtful(rule, jo({ doubtful }))).toEqual({ ...ACCOUNT, [dotted]: { $in: doubtful } });
    expect(selectDoubtful(rule, jo())).toBeNull();
    expect(selectUnreadable(rule, 'acc_x')).toEqual({
      ...ACCOUNT,
      [dotted]: { $type: expect.arrayContaining(['object', 'regex', 'binData']) },
    });
  });

  it('nothing that accounts share, where the map keeps it', () => {
    const rule = ruleFor({ numbers: ['to'], shared: 'keep' });
    expect(selectAnywhere(rule, jo())).toEqual({ ...ACCOUNT, to: VALUES, $and: [ALONE_ITS] });
  });

  it('what an entry says of its records, too', () => {
    const rule = ruleFor({ numbers: ['to'], where: { kind: ['sms', 'mms'] } });
    expect(selectAnywhere(rule, jo())).toEqual({ ...ACCOUNT, kind: { $in: ['sms', 'mms'] }, to: VALUES });
  });

  it('the values a place’s templates stand for', () => {
    const rule = ruleFor({ numbers: [{ path: 'jid', forms: ['{number}@c.us'] }] });
    const subject = { ...numberSubject(JO, 'acc_x', 'key1.token', undefined, ['GB']), values: [JO] };
    expect(selectAnywhere(rule, subject)).toEqual({ ...ACCOUNT, jid: { $in: [JO, `${JO}@c.us`] } });
  });

  it('what is in doubt as it is, in no other writing', () => {
    const rule = ruleFor({ numbers: [{ path: 'jid', forms: ['{number}@c.us'] }], scan: 'off' });
    const doubtful = ['4477009001'];
    const filter = selectDoubtful(rule, jo({ doubtful, isPlaced: false }));
    expect(filter).toEqual({ ...ACCOUNT, jid: { $in: doubtful } });
  });

  it('nothing in doubt where the map has doubtful values erased: they are among the values', () => {
    const rule = ruleFor({ numbers: ['to'] }, { ambiguous: 'erase' });
    const doubtful = [Long.fromString('447701000000')];
    expect(selectDoubtful(rule, jo({ doubtful }))).toBeNull();
    expect(rule.here(jo({ doubtful, values: [JO], isPlaced: false })).values).toEqual([JO, ...doubtful]);
  });

  it('no object at a path that another path of the map goes through', () => {
    const types = (numbers: string[]) => {
      const filter = selectUnreadable(ruleFor({ numbers }), 'acc_x') as { to: { $type: string[] } };
      return filter.to.$type;
    };
    expect(types(['to', 'to[].n'])).not.toContain('object');
    expect(types(['to', 'tower.n'])).toContain('object');
    expect(types(['to', 'to[].n'])).toHaveLength(types(['to']).length - 1);
  });
});

describe('several fields that hold a number together', () => {
  const numbers = [{ parts: ['cc', 'area.code', 'rest'], code: true }];
  const rule = ruleFor({ numbers });
  const subject = jo({ values: ['+4477'.concat('00900123')] });
  const [code, ends] = [
    ['44', '+44', Long.fromNumber(44)],
    ['700900123', '00900123', '0900123', '900123', '00123'],
  ];

  it('are looked for together, by the last of them first', () => {
    const filter = selectAnywhere(rule, subject) as { rest: { $in: unknown[] }; $and: [{ $or: object[] }] };
    expect(Object.keys(filter)).toEqual(['acc', 'rest', '$and']);
    expect(filter.rest.$in).toEqual(expect.arrayContaining([...ends, '0123', '123', Long.fromNumber(123), '23', '3']));
    expect(filter.$and[0].$or).toHaveLength(9);
    expect(filter.$and[0].$or[0]).toEqual({
      cc: { $in: code },
      'area.code': { $in: ['7', Long.fromNumber(7)] },
      rest: { $in: ['700900123', Long.fromNumber(700_900_123)] },
    });
  });

  it('are changed only where none of them is a list', () => {
    const filter = selectChangeable(rule, subject) as { $and: [{ $or: object[] }] };
    expect(filter).toMatchObject({ acc: 'acc_x', area: NO_ARRAY, rest: NO_ARRAY });
    expect(Object.keys(filter)).toEqual(['acc', 'rest', 'area', '$and']);
    expect(filter.$and[0].$or[0]).toEqual({
      cc: { $in: code, ...NO_ARRAY },
      'area.code': { $in: ['7', Long.fromNumber(7)], ...NO_ARRAY },
      rest: { $in: ['700900123', Long.fromNumber(700_900_123)], ...NO_ARRAY },
    });
  });

  it('find nothing where no field can hold a part', () => {
    expect(selectAnywhere(rule, jo({ values: ['07700900123'] }))).toEqual({ ...ACCOUNT, rest: { $in: [] } });
    expect(selectDoubtful(rule, subject)).toBeNull();
  });

  it('are unreadable by any one of them', () => {
    const { $nor, ...rest } = selectUnreadable(rule, 'acc_x') as { $nor: [{ $nor: object[] }] };
    expect(rest).toEqual(ACCOUNT);
    const odd = { $type: expect.arrayContaining(['object', 'regex']) };
    expect($nor).toEqual([{ $nor: [{ cc: odd }, { 'area.code': odd }, { rest: odd }] }]);
  });

  // Of an American number without its 1 nobody can say whether it is one of London.
  const two = { numbers: [{ parts: ['a', 'b'] }] };
  const american = {
    ...numberSubject('12025550123' as typeof JO, 'acc_x', 'key1.token', undefined, ['US', 'GB']),
    values: ['2025550123'],
    doubtful: [Long.fromNumber(2_025_550_000)],
    isPlaced: true,
  };
  const splits = (filter: unknown) => (filter as { $and?: [{ $or: object[] }] } | null)?.$and?.[0].$or.length ?? 0;

  it.each([
    ['fail', [0, 9]],
    ['erase', [9, 0]],
  ])('with what is in doubt, as the map says: %s', (ambiguous, [sure, doubtful]) => {
    const joined = ruleFor(two, { ambiguous });
    expect(splits(selectAnywhere(joined, american))).toBe(sure);
    expect(splits(selectAnywhere(joined, { ...american, doubtful: [] }))).toBe(0);
    expect(splits(selectDoubtful(joined, american))).toBe(doubtful);
  });

  it('in doubt by the values that every one of them may hold', () => {
    expect(selectDoubtful(ruleFor(two), american)).toMatchObject({
      acc: 'acc_x',
      b: { $in: expect.arrayContaining(['025550123', '5550123', Long.fromNumber(5_550_123)]) },
      $and: [
        {
          $or: expect.arrayContaining([
            { a: { $in: ['202', Long.fromNumber(202)] }, b: { $in: ['5550123', Long.fromNumber(5_550_123)] } },
          ]),
        },
      ],
    });
  });
});

describe('a filter from nothing is refused', () => {
  const doors = { selectAnywhere, selectChangeable, selectDoubtful };
  const spots = {
    'a plain place': ruleFor({ numbers: ['to'] }),
    'a place in a list': ruleFor({ numbers: ['to[]'] }),
    'several fields': ruleFor({ numbers: [{ parts: ['cc', 'no'] }] }),
    'a place that has doubtful values erased': ruleFor({ numbers: ['to'] }, { ambiguous: 'erase' }),
    'a place without an account': ruleFor({ numbers: ['to'], account: 'none' }),
    'a place of anybody’s': ruleFor({ numbers: ['to'], account: 'any' }),
  };
  const accounts = [...NOTHING, ['acc_x'], new Binary(Buffer.alloc(15), 4), new Binary(Buffer.alloc(16), 0)];
  const values = [
    ...[...NOTHING, 7, 447700900123, new Binary(Buffer.alloc(16), 4), ['acc_x'], '', '123456'],
    ...[Long.fromNumber(999_999), /^447700/, /447700900123/, /^[4]47700900123/],
  ];
  const bad = [
    ...accounts.map((account) => jo({ account })),
    ...[...NOTHING, JO].map((one) => jo({ values: one })),
    ...values.flatMap((one) => [[one], [JO, one], [one, JO]]).map((some) => jo({ values: some })),
  ];
  const isRefused = (call: () => unknown): boolean => {
    try {
      call();
      return false;
    } catch (error) {
      return error instanceof TypeError;
    }
  };

  it.each(Object.entries(doors))('%s', (_name, select) => {
    for (const [name, spot] of Object.entries(spots))
      expect([name, bad.filter((subject) => !isRefused(() => select(spot, subject)))]).toEqual([name, []]);
  });

  it('selectUnreadable', () => {
    for (const spot of Object.values(spots))
      expect(accounts.filter((account) => !isRefused(() => selectUnreadable(spot, account as string)))).toEqual([]);
  });

  it('and what names an account and a number is not', () => {
    const { ObjectId, UUID } = mongoose.mongo;
    for (const account of ['acc_x', 7, 0, new ObjectId(), Long.fromNumber(7), new UUID()])
      for (const some of [[JO], ['1234567'], [INTEGER], [Long.fromNumber(1_000_000)], [/^447700900123:[^@]*@s$/]])
        expect(selectAnywhere(spots['a plain place'], jo({ account, values: some }))).toEqual({
          acc: account,
          to: { $in: some },
        });
  });
});
