import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import type { Filter } from '../../../../src/engine/filter.ts';
import { readPath } from '../../../../src/engine/map/paths.ts';
import { profileFor } from '../../../../src/engine/map/profile.ts';
import { applyEdits } from '../../../../src/engine/rewrite/outcome.ts';
import { wholeReader } from '../../../../src/engine/rewrite-whole.ts';
import { createNumbersIn } from '../../../../src/engine/scan/numbers-in.ts';
import { filtersBehind, idOf, positionBehind } from '../../../../src/engine/scan/read-place.ts';
import { entryOf, JO, NOW } from '../support.ts';

const { Binary, BSON, Decimal128, Double, Int32, Long, MinKey, ObjectId, Timestamp, UUID } = mongoose.mongo;

describe('the records behind an id', () => {
  const filter: Filter = { acc: 'acc_x', _id: { $ne: new ObjectId() } };
  const types = [
    ...['minKey', 'null', 'number', 'symbol', 'string', 'object', 'binData', 'objectId', 'bool', 'date', 'timestamp'],
    ...['regex', 'dbPointer', 'javascript', 'javascriptWithScope', 'maxKey'],
  ];
  const laterThan = (type: string) => ({ $and: [filter, { _id: { $type: types.slice(types.indexOf(type) + 1) } }] });

  it.each<[unknown, string]>([
    [7, 'number'],
    [7n, 'number'],
    [Long.fromNumber(7), 'number'],
    [new Int32(7), 'number'],
    [new Double(7), 'number'],
    [Decimal128.fromString('7'), 'number'],
    ['a', 'string'],
    ['', 'string'],
    [{ a: 1 }, 'object'],
    [new Binary(Buffer.from('x')), 'binData'],
    [new UUID(), 'binData'],
    [new ObjectId(), 'objectId'],
    [false, 'bool'],
    [new Date(), 'date'],
    [new Timestamp({ t: 1, i: 1 }), 'timestamp'],
  ])('%p are those of its type, and of later ones', (after, type) => {
    expect(filtersBehind(filter, after)).toEqual([{ $and: [filter, { _id: { $gt: after } }] }, laterThan(type)]);
  });

  it('null are those of later types', () => {
    expect(filtersBehind(filter, null)).toEqual([laterThan('null')]);
  });

  it.each([undefined, Number.NaN, Decimal128.fromString('NaN'), new MinKey(), Symbol('x')])(
    '%p are all: nothing is skipped for an order that is not known',
    (after) => {
      expect(filtersBehind(filter, after)).toEqual([filter]);
    },
  );

  it('is read from raw records, wherever in them it stands', () => {
    const id = new ObjectId();
    for (const document of [
      { _id: id, a: 1 },
      { a: 1, _ix: 2, x_id: 3, _id: id },
      { b: 'text', _id: id, c: [1] },
    ])
      expect(idOf(BSON.serialize(document))).toEqual(id);
    expect(idOf(BSON.serialize({ a: { _id: 1 }, id: 2, xid: 3 }))).toBeUndefined();
    const records = [1, 2].map((_id) => BSON.serialize({ _id }));
    expect(positionBehind({ records, position: 'each' })).toEqual({ after: 2 });
    expect(positionBehind({ records, position: 'stays' })).toBeUndefined();
    expect(positionBehind({ records, position: { after: 9 } })).toEqual({ after: 9 });
    expect(positionBehind({ records: [], position: 'each' })).toBeUndefined();
  });
});

describe('the numbers in a record', () => {
  const numbersIn = createNumbersIn(['GB']);
  const found = (bytes: Uint8Array) => {
    const into = new Set<typeof JO>();
    numbersIn(bytes, into);
    return [...into];
  };
  const [AL, LONDON] = ['447700900456', '442079460123'];

  it.each<[string, unknown]>([
    ['a text', `+${JO}`],
    ['a text of several', `call 07700 900123 now`],
    ['an integer', 447700900123],
    ['a long', Long.fromString(JO)],
    ['a decimal', Decimal128.fromString(`${JO}.0`)],
    ['a key', { [`x ${JO}`]: 1 }],
    ['a list of lists', [[{ a: JO }]]],
    ['bytes', new Binary(Buffer.from(`\xff${JO}`, 'latin1'))],
    ['base64', Buffer.from(`to +${JO}.`).toString('base64')],
    ['base64 of a text, once', Buffer.from(`to +${JO}..`).toString('base64')],
    ['base64 of bytes', Buffer.from(`\xff\xfe${JO}\xff`, 'latin1').toString('base64')],
  ])('are found in %s', (_what, value) => {
    expect(found(BSON.serialize({ a: value }))).toEqual([JO]);
    expect(found(BSON.serialize({ a: value, b: [AL], c: `+${LONDON}` })).sort()).toEqual([LONDON, JO, AL].sort());
  });

  it.each([
    ['5215512345678@c.us', '525512345678'],
    ['554188887777@c.us', '5541988887777'],
    ['5541988887777@c.us', '554188887777'],
  ])('are those of a line that is written as it once was: %s', (text, number) => {
    expect(found(BSON.serialize({ a: text }))).toContain(number);
  });

  it('are none where there are none', () => {
    const nothing = {
      a: 'no number',
      b: 123456,
      c: null,
      d: new Date(),
      e: new UUID(),
      f: true,
      g: [],
      h: new ObjectId(),
    };
    expect(found(BSON.serialize(nothing))).toEqual([]);
  });

  it('are found in bytes that are no BSON', () => {
    expect(found(Buffer.from(`broken ${JO} bytes`))).toEqual([JO]);
  });
});

describe('a record that changes as a whole', () => {
  const entry = entryOf({
    numbers: ['to'],
    fields: [{ path: 'body', category: 'body' }],
    redacted: 'done',
    shared: 'keep',
  });
  const profile = { ...profileFor('transaction', { profiles: {} }) };
  const read = wholeReader(entry, profile, { field: readPath('of'), has: (key) => key === 'a' }, NOW);

  it('changes whoever’s numbers it holds', () => {
    const record = { _id: 1, of: 'a', to: '447700900456', body: 'Hi' };
    expect(applyEdits<object>(record, read(record))).toEqual({
      _id: 1,
      of: 'a',
      to: 'REDACTED',
      body: 'REDACTED',
      done: NOW,
    });
    const others = { ...record, of: ['a', 'b'] };
    expect(read(others)).toMatchObject({ fate: 'unchanged', failures: [] });
  });
});
