import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { directionOf, notOppositeFilter, ownNumberPath, wentFilter } from '../../../src/engine/direction.ts';
import { createLateness, lateKey, madeBefore } from '../../../src/engine/late.ts';
import { assertMoment, atMoment, momentOf, undated, within } from '../../../src/engine/moment.ts';
import { productFilter, productOf, productsOf } from '../../../src/engine/products.ts';
import { entryOf } from './support.ts';

const { Decimal128, Long, ObjectId } = mongoose.mongo;

const MOMENT = new Date('2026-11-25T10:00:00.000Z');
const LATER = new Date(MOMENT.getTime() + 1);
const INVALID = new Date(Number.NaN);
const at = (unit: 'date' | 's' | 'ms' | 'text') => ({ path: 'x.at', unit });
const record = (value: unknown) => ({ x: { at: value } });

describe('when a record happened', () => {
  it.each([
    ['date', MOMENT, MOMENT],
    ['date', INVALID, null],
    ['date', MOMENT.getTime(), null],
    ['date', '2026-11-25', null],
    ['s', MOMENT.getTime() / 1000, MOMENT],
    ['s', Long.fromNumber(MOMENT.getTime() / 1000), MOMENT],
    ['s', MOMENT, MOMENT],
    ['ms', MOMENT.getTime(), MOMENT],
    ['ms', Decimal128.fromString(String(MOMENT.getTime())), MOMENT],
    ['ms', String(MOMENT.getTime()), null],
    ['ms', 1e300, null],
    ['text', '2026-11-25T10:00:00.000Z', MOMENT],
    ['text', ' 2026-11-25 10:00 ', MOMENT],
    ['text', '2026-11-25T12:00:00+02:00', MOMENT],
    ['text', '2026-11-25 05:00:00.000 -0500', MOMENT],
    ['text', '2026-11-25', new Date('2026-11-25T00:00:00Z')],
    ['text', '2026-13-25', null],
    ['text', '25.11.2026', null],
    ['text', '', null],
    ['text', MOMENT.getTime(), null],
    ['text', MOMENT, MOMENT],
    ['date', undefined, null],
    ['s', null, null],
  ] as const)('as %s, of %p', (unit, value, moment) => {
    expect(momentOf(at(unit), record(value))).toEqual(moment);
  });

  it('is not told without a field', () => {
    expect(momentOf(undefined, record(MOMENT))).toBeNull();
  });

  it('is needed for a filter', () => {
    expect(() => assertMoment(INVALID)).toThrow(TypeError);
    for (const unit of ['date', 's', 'ms', 'text'] as const)
      for (const span of [{ from: INVALID }, { to: INVALID }, { from: MOMENT, to: INVALID }])
        expect(() => within(at(unit), span)).toThrow(TypeError);
    assertMoment(MOMENT);
  });
});

describe('records within a span', () => {
  it.each([
    ['date', MOMENT, LATER],
    ['s', 1_795_600_800, 1_795_600_800.001],
    ['ms', 1_795_600_800_000, 1_795_600_800_001],
  ] as const)('as %s', (unit, from, to) => {
    expect(within(at(unit), { from: MOMENT, to: LATER })).toEqual({ 'x.at': { $gte: from, $lt: to } });
    expect(within(at(unit), { from: MOMENT })).toEqual({ 'x.at': { $gte: from } });
    expect(within(at(unit), { to: LATER })).toEqual({ 'x.at': { $lt: to } });
    expect(atMoment(at(unit), MOMENT)).toEqual({ 'x.at': unit === 'date' ? MOMENT : { $gte: from, $lt: to } });
  });

  it('of any time at all', () => {
    expect(within(at('date'), {})).toEqual({ 'x.at': { $gte: new Date(-8_640_000_000_000_000) } });
    for (const unit of ['s', 'ms'] as const) expect(within(at(unit), {})).toEqual({ 'x.at': { $type: 'number' } });
  });

  const read = { $dateFromString: { dateString: '$x.at', onError: null, onNull: null } };
  const exactly = (...more: object[]) => ({
    $let: { vars: { read }, in: { $and: [{ $ne: ['$$read', null] }, ...more] } },
  });
  it.each([
    [{ from: MOMENT, to: LATER }, '2026-11-24', '2026-11-27'],
    [{ from: MOMENT }, '2026-11-24', ':'],
    [{ to: LATER }, '0', '2026-11-27'],
    [{}, '0', ':'],
  ])('as text: %j', (span: { from?: Date; to?: Date }, $gte, $lt) => {
    expect(within(at('text'), span)).toEqual({
      'x.at': { $gte, $lt },
      $expr: exactly(
        ...(span.from ? [{ $gte: ['$$read', span.from] }] : []),
        ...(span.to ? [{ $lt: ['$$read', span.to] }] : []),
      ),
    });
  });

  it('and those of which nobody can tell', () => {
    const [types, empty, ...texts] = undated(at('text')) as [{ 'x.at': { $type: string[] } }, object, ...object[]];
    const others = (unit: 'date' | 's' | 'ms') => undated(at(unit)) as [{ 'x.at': { $type: string[] } }, object];
    expect(empty).toEqual({ 'x.at': { $in: [[]] } });
    expect(texts).toEqual([{ 'x.at': { $type: 'string', $not: /^\d{4}-\d\d-\d\d/ } }]);
    expect(types['x.at'].$type).not.toContain('string');
    expect(types['x.at'].$type).toContain('date');
    expect(others('date')[0]['x.at'].$type).toEqual(expect.arrayContaining(['string', 'int']));
    expect(others('date')[0]['x.at'].$type).not.toContain('date');
    for (const unit of ['s', 'ms'] as const) {
      expect(others(unit)[0]['x.at'].$type).toEqual(expect.arrayContaining(['string', 'date']));
      for (const number of ['int', 'long', 'double', 'decimal'])
        expect(others(unit)[0]['x.at'].$type).not.toContain(number);
    }
    for (const unit of ['date', 's', 'ms'] as const) expect(others(unit).slice(1)).toEqual([empty]);
  });
});

describe('a late record', () => {
  const id = (moment: Date) => ObjectId.createFromTime(moment.getTime() / 1000);
  const limit = { before: MOMENT, undated: false, records: new Set([lateKey('sms', 'listed')]) };
  const pending = { path: 'status', values: ['queued'], at: 'due' };
  const sms = { numbers: ['to'], at: 'x.at' };
  const isLate = (entries: object[], document: object, change = {}) =>
    createLateness(
      'sms',
      entries.map((one) => entryOf(one)),
    )({ ...document }, { ...limit, ...change });
  /** The second before, the last moment of which is before, and the second that begins with the moment. */
  const [before, same] = [id(new Date(MOMENT.getTime() - 1000)), id(MOMENT)];

  it.each([
    ['a time before', { ...record(new Date(MOMENT.getTime() - 1)), _id: same }, true],
    ['that very time', { ...record(MOMENT), _id: before }, false],
    ['a time behind', { ...record(LATER), _id: before }, false],
    ['no time, and an id from before', { _id: before }, true],
    ['no time, and an id of that second', { _id: same }, false],
    ['a later time, and named by its id', { ...record(LATER), _id: 'listed' }, true],
    ['an id that tells no time', { _id: 'x' }, false],
  ])('is told by %s', (_what, document, expected) => {
    expect(isLate([sms], document)).toBe(expected);
  });

  it('is told by an id whose second ends with the moment', () => {
    const ends = new Date(MOMENT.getTime() + 999);
    expect(isLate([sms], { _id: same }, { before: ends })).toBe(true);
    expect(isLate([sms], { _id: same }, { before: new Date(ends.getTime() - 1) })).toBe(false);
    expect([madeBefore(same), madeBefore('x')]).toEqual([ends, null]);
  });

  it.each([
    ['elements', { numbers: ['list[].n'], elements: 'list[]', record: 'contact' }],
    ['numbers in a list', { numbers: ['list[].n'] }],
  ])('is not told by the id where it has %s: they may have come later', (_what, entry) => {
    expect(isLate([entry], { _id: before })).toBe(false);
    expect(isLate([entry], { _id: before }, { undated: true })).toBe(true);
    expect(isLate([{ numbers: ['to'], collection: 'other' }, entry], { _id: before })).toBe(false);
  });

  it('is not one that was scheduled since, whatever is made of those without a time', () => {
    const entry = { numbers: ['to'], pending };
    expect(isLate([entry], { _id: 'x', status: 'queued' }, { undated: true })).toBe(false);
    expect(isLate([entry], { _id: 'x', status: 'sent' }, { undated: true })).toBe(true);
    expect(isLate([sms], { _id: 'x', status: 'queued' }, { undated: true })).toBe(true);
    expect(isLate([entry], { _id: before, status: 'queued' })).toBe(true);
  });

  it('is told by the entries that are about it', () => {
    const calls = { numbers: ['to'], at: 'ended', where: { kind: 'call' }, collection: 'c' };
    const document = { _id: 'x', kind: 'sms', ended: new Date(0), ...record(LATER) };
    expect(isLate([calls, sms], document)).toBe(false);
    expect(isLate([calls, sms], { ...document, kind: 'call' })).toBe(true);
    expect(isLate([{ ...sms, at: 'none' }, sms], record(new Date(0)))).toBe(true);
  });
});

describe('the direction of a record', () => {
  const told = entryOf({ numbers: ['to'], direction: { path: 'way', outbound: ['out', 0], inbound: 'in' } });
  const outbound = { direction: 'outbound' } as const;
  const inbound = { direction: 'inbound' } as const;

  it('is read, and asked for', () => {
    expect(['out', 0, 'in', 'x', undefined].map((way) => directionOf(told, { way }))).toEqual([
      ...['outbound', 'outbound', 'inbound', null, null],
    ]);
    expect([outbound, inbound, {}].map((entry) => directionOf(entry, { way: 'in' }))).toEqual([
      ...['outbound', 'inbound', null],
    ]);
    const filters = (entry: Parameters<typeof wentFilter>[0], way: 'outbound' | 'inbound') => [
      wentFilter(entry, way),
      notOppositeFilter(entry, way),
    ];
    expect(filters(told, 'outbound')).toEqual([{ way: { $in: ['out', 0] } }, { way: { $nin: ['in'] } }]);
    expect(filters(told, 'inbound')).toEqual([{ way: 'in' }, { way: { $nin: ['out', 0] } }]);
    expect(filters(outbound, 'outbound')).toEqual([{}, {}]);
    expect(filters(outbound, 'inbound')).toEqual([null, null]);
    expect(filters(inbound, 'inbound')).toEqual([{}, {}]);
    expect(filters(inbound, 'outbound')).toEqual([null, null]);
    // What has no direction is the account's own asking; of nothing it can be said that it went the other way.
    expect(filters({}, 'outbound')).toEqual([{}, {}]);
    expect(filters({}, 'inbound')).toEqual([null, {}]);
  });

  it('tells where the account’s own number stands', () => {
    const own = { inbound: 'to', outbound: 'from' };
    const paths = (own_number: 'from' | typeof own | undefined) =>
      (['inbound', 'outbound', null] as const).map((way) => ownNumberPath({ own_number }, way));
    expect(paths(own)).toEqual(['to', 'from', undefined]);
    expect(paths('from')).toEqual(['from', 'from', 'from']);
    expect(paths(undefined)).toEqual([undefined, undefined, undefined]);
  });
});

describe('the product of a record', () => {
  const told = entryOf({
    ...{ numbers: ['to'], id: 'id', at: 'at' },
    products: { path: 'kind', values: { messages: ['wa', 'viber'], sms: 'sms' } },
  });
  const listed = entryOf({ numbers: ['to'], id: 'id', at: 'at', products: ['messages', 'sms'] });
  const none = entryOf({ numbers: ['to'] });

  it('is told by a field, or the same for all', () => {
    expect([productsOf(told), productsOf(listed), productsOf(none)]).toEqual([
      ['sms', 'messages'],
      ['messages', 'sms'],
      [],
    ]);
    expect(['wa', 'viber', 'sms', 'x', null].map((kind) => productOf(told, { kind }))).toEqual([
      ...['messages', 'messages', 'sms', null, null],
    ]);
    expect([productOf(listed, {}), productOf(none, { kind: 'sms' })]).toEqual(['messages', null]);
    const asked = (product: 'sms' | 'messages' | 'voice') =>
      [told, listed, none].map((entry) => productFilter(entry, product));
    expect(asked('sms')).toEqual([{ kind: 'sms' }, {}, null]);
    expect(asked('messages')).toEqual([{ kind: { $in: ['wa', 'viber'] } }, {}, null]);
    expect(asked('voice')).toEqual([null, null, null]);
  });
});
