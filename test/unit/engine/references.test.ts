import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { readPath } from '../../../src/engine/map/paths.ts';
import { profileFor } from '../../../src/engine/map/profile.ts';
import { nameOf } from '../../../src/engine/map/schema.ts';
import {
  isShared,
  KEYS_AT_ONCE,
  keyMatcher,
  keysIn,
  parentsFirst,
  type Reference,
  readKey,
  referencesOf,
  selectionsByKeys,
  wayTo,
  writeKey,
} from '../../../src/engine/references.ts';
import { createNumberReader } from '../../../src/phone/reader.ts';
import { JO, mapOf } from './support.ts';

const { Binary, Decimal128, Long, ObjectId, UUID } = mongoose.mongo;
const AL = '447700900456';
const ID = 'a1b2c3d4e5f60718293a4b5c';
const UUID_ID = '0f0e0d0c-0b0a-4908-8706-050403020100';

const via = (collection: string, key = '_id') => ({ collection, key, field: 'of' });
const child = (collection: string, parent: string, more: object = {}) => ({
  ...{ collection, via: via(parent), fields: [{ path: 'text', category: 'body' }] },
  ...more,
});
/** In an order in which children stand before their parents. */
const MAP = mapOf([
  child('lines', 'parts'),
  child('parts', 'chats'),
  { collection: 'chats', numbers: ['to'], record: 'chat' },
  { collection: 'sms', numbers: ['to'] },
  child('files', 'sms', { account: 'acc' }),
  child('visits', 'people', { record: 'other' }),
  { collection: 'people', numbers: ['to'], record: 'contact' },
]);

const entry = (name: string) => {
  const found = MAP.collections.find((one) => nameOf(one) === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
};
const names = (references: readonly Reference[]) =>
  references.map(({ parent, child }) => `${nameOf(parent)} > ${nameOf(child)}`);
const FORGET = profileFor('forget', MAP);

describe('references', () => {
  it('lead from parents to children', () => {
    expect(parentsFirst(MAP).map(nameOf)).toEqual([
      ...['chats', 'sms', 'people', 'blacklist', 'parts', 'files', 'visits', 'lines'],
    ]);
    expect(names(wayTo(MAP, entry('lines')))).toEqual(['chats > parts', 'parts > lines']);
    expect(wayTo(MAP, entry('parts'))).toEqual([
      {
        ...{ child: entry('parts'), parent: entry('chats') },
        key: { text: '_id', dotted: '_id', pieces: ['_id'] },
        field: { text: 'of', dotted: 'of', pieces: ['of'] },
      },
    ]);
    // What has an account of its own is not looked for along a way.
    expect([wayTo(MAP, entry('files')), wayTo(MAP, entry('sms'))]).toEqual([[], []]);
    const lost = { ...MAP, collections: MAP.collections.filter((one) => nameOf(one) !== 'chats') };
    expect(() => wayTo(lost, entry('parts'))).toThrow('there is no entry of the name chats');
  });

  const treeOf = (change: object, map = MAP) => {
    const tree = referencesOf(map, { ...FORGET, ...change });
    const those = (is: (one: (typeof MAP.collections)[number]) => boolean) => map.collections.filter(is).map(nameOf);
    return { all: names(tree.all), changed: those(tree.isChanged), meant: those(tree.isMeant) };
  };
  const skip = (...kinds: string[]) => ({
    records: { ...FORGET.records, ...Object.fromEntries(kinds.map((kind) => [kind, 'skip'])) },
  });

  it('are those of records that a profile changes, and those that lead to them', () => {
    const all = ['chats > parts', 'sms > files', 'people > visits', 'parts > lines'];
    expect(treeOf({})).toEqual({
      all,
      changed: ['lines', 'parts', 'files', 'visits'],
      meant: MAP.collections.map(nameOf),
    });
    expect(treeOf(skip('chat', 'contact', 'suppression'))).toEqual({
      all,
      changed: ['lines', 'parts', 'files', 'visits'],
      meant: ['lines', 'parts', 'sms', 'files', 'visits'],
    });
    expect(treeOf(skip('message'))).toEqual({
      all: ['people > visits'],
      changed: ['visits'],
      meant: ['chats', 'visits', 'people', 'blacklist'],
    });
  });

  it('lead on from a record that goes as another entry’s, too', () => {
    const map = mapOf([
      { collection: 'people', numbers: ['to'], record: 'contact' },
      child('people', 'owners', { name: 'people_of', record: 'contact' }),
      child('people', 'owners', { name: 'people_kept', record: 'other' }),
      child('people', 'owners', { name: 'people_within', record: 'contact', elements: 'list[]', fields: [] }),
      { collection: 'owners', numbers: ['to'], record: 'contact' },
      child('bills', 'people_of'),
      child('pets', 'people'),
    ]);
    const tree = referencesOf(map, FORGET);
    const leadsOf = (name: string) =>
      map.collections
        .filter((one) => nameOf(one) === name)
        .flatMap((one) => tree.leadsOf(one))
        .map(({ reference, by }) => `${nameOf(reference.parent)} > ${nameOf(reference.child)} by ${nameOf(by)}`)
        .sort();
    expect(leadsOf('people')).toEqual(['people > bills by people_of', 'people > pets by people']);
    expect(leadsOf('people_of')).toEqual(['people_of > bills by people_of', 'people_of > pets by people']);
    expect([leadsOf('people_kept'), leadsOf('people_within'), leadsOf('bills')]).toEqual([[], [], []]);
  });

  it('are those of what belongs to what a profile is about', () => {
    const map = mapOf([
      child('lines', 'parts'),
      child('parts', 'chats', { record: 'other' }),
      { collection: 'chats', numbers: ['to'], record: 'chat', interaction: 'chat', id: 'id', at: 'at', redacted: 'r' },
      { collection: 'sms', numbers: ['to'] },
      child('files', 'sms'),
    ]);
    expect(treeOf({ needs: 'interaction' }, map)).toEqual({
      all: ['chats > parts', 'parts > lines'],
      changed: ['lines', 'parts'],
      meant: ['lines', 'parts', 'chats'],
    });
    // Through records that stay themselves.
    expect(treeOf({ ...skip('other') }, map)).toMatchObject({
      all: ['chats > parts', 'sms > files', 'parts > lines'],
      changed: ['lines', 'files'],
    });
  });
});

describe('keys', () => {
  const keyed: Reference = {
    ...{ child: entry('parts'), parent: entry('chats') },
    ...{ key: readPath('list[].id'), field: readPath('x[].of') },
  };
  const id = new ObjectId(ID);

  it('are all there are, and nothing', () => {
    const list = [
      { id: 'a' },
      { id: 7 },
      { id: null },
      { id: '' },
      {},
      { id: { a: 1 } },
      { id },
      { id: 0 },
      { id: false },
    ];
    expect(keysIn({ list }, keyed)).toEqual(['a', 7, id, 0, false]);
    expect(keysIn({ list: [{ id: ['a', ['b']] }] }, keyed)).toEqual(['a', 'b']);
    expect(keysIn({}, keyed)).toEqual([]);
  });

  it.each([
    ['a', ['a']],
    [ID, [ID, id]],
    [id, [id, ID, id]],
    [UUID_ID, [UUID_ID, new UUID(UUID_ID)]],
    [new UUID(UUID_ID), [new UUID(UUID_ID), UUID_ID, new UUID(UUID_ID)]],
    ['7', ['7', Long.fromNumber(7)]],
    [7, [7, '7', Long.fromNumber(7)]],
    ['07', ['07']],
    [Decimal128.fromString('7.5'), [Decimal128.fromString('7.5'), '7.5']],
    [new Binary(Buffer.from('x')), [new Binary(Buffer.from('x'))]],
    [true, [true]],
  ])('%s is asked for in every writing', (key, writings) => {
    expect(selectionsByKeys(keyed, [key])).toEqual([{ 'x.of': { $in: writings } }]);
  });

  it('are asked for so many at once, and never without one', () => {
    const many = Array.from({ length: 2 * KEYS_AT_ONCE + 1 }, (_, index) => `k${index}`);
    const asked = selectionsByKeys(keyed, many) as unknown as { 'x.of': { $in: string[] } }[];
    expect(asked.map((one) => one['x.of'].$in.length)).toEqual([KEYS_AT_ONCE, KEYS_AT_ONCE, 1]);
    expect(asked.flatMap((one) => one['x.of'].$in)).toEqual(many);
    expect(selectionsByKeys(keyed, [])).toEqual([]);
    for (const nothing of [null, undefined, '', {}, [], ['a', null]])
      expect(() => selectionsByKeys(keyed, ['a', nothing])).toThrow(TypeError);
  });

  it('are told in every writing', () => {
    const isOne = keyMatcher(['a', id, 7, UUID_ID.toUpperCase()]);
    const those = ['a', ID, ID.toUpperCase(), id, 7, '7', Long.fromNumber(7), new UUID(UUID_ID), UUID_ID];
    expect(those.filter((value) => !isOne(value))).toEqual([]);
    const others = ['A', 'b', 8, null, undefined, '', {}, ['a'], new ObjectId(), new UUID()];
    expect(others.filter(isOne)).toEqual([]);
    expect([null, undefined, ''].filter(keyMatcher([null, undefined, '']))).toEqual([]);
  });

  it.each<[form: string | undefined, key: unknown, held: unknown]>([
    [undefined, 7, 7],
    ['{key}', 7, '7'],
    ['chat:{key}', ID, `chat:${ID}`],
    ['chat:{key}/1', id, `chat:${ID}/1`],
  ])('stand in a text, and are read out of it again: %s', (form, key, held) => {
    expect(writeKey(key, form)).toEqual(held);
    expect(readKey(held, form)).toEqual(form === undefined ? key : String(key));
    const [before = '', behind = ''] = (form ?? '').split('{key}');
    const none = [
      null,
      undefined,
      '',
      {},
      ...(before ? [`x${held}`, before] : []),
      ...(behind ? [before + behind] : []),
    ];
    expect(none.map((value) => readKey(value, form))).toEqual(none.map(() => undefined));
  });
});

describe('a record that several people share', () => {
  const reader = createNumberReader(['GB']);
  const shared = (parent: object, record: object, profile = FORGET) => {
    const map = mapOf([{ collection: 'chats', ...parent }, child('parts', 'chats')]);
    const [reference] = wayTo(map, map.collections[1] as never) as [Reference];
    return isShared(record, reference, profile, JO, reader);
  };
  const both = { numbers: ['from', 'to[].n'] };

  it('holds the number of another', () => {
    expect(shared(both, { from: JO, to: [{ n: AL }] })).toBe(true);
    expect(shared(both, { from: AL, to: [{ n: JO }] })).toBe(true);
    expect(shared(both, { from: Number(AL), to: [{ n: JO }] })).toBe(true);
    expect(shared(both, { from: `+${JO}`, to: [{ n: JO }, { n: Number(JO) }] })).toBe(false);
    expect(shared(both, { from: 'INFO', to: [{ n: null }, {}, { n: new Date() }, { n: true }] })).toBe(false);
  });

  it('is one person’s where it goes with the number', () => {
    expect(shared({ ...both, record: 'contact' }, { from: JO, to: [{ n: AL }] })).toBe(false);
  });

  it('is one person’s where the other number is the account’s, or says nothing', () => {
    const told = {
      ...{ numbers: ['from', 'to'], direction: { path: 'way', outbound: 'out', inbound: 'in' } },
      own_number: { outbound: 'from', inbound: 'to' },
    };
    expect(shared(told, { from: AL, to: JO, way: 'out' })).toBe(false);
    expect(shared(told, { from: AL, to: JO, way: 'in' })).toBe(true);
    expect(shared({ numbers: ['to', { path: 'kin', own: false }] }, { to: JO, kin: AL })).toBe(false);
  });

  it('holds the number of another in several fields', () => {
    const parts = { numbers: [{ parts: ['cc', 'x.no'], code: true }] };
    expect(shared(parts, { cc: '44', x: { no: AL.slice(2) } })).toBe(true);
    expect(shared(parts, { cc: '44', x: { no: JO.slice(2) } })).toBe(false);
    expect(shared(parts, { cc: '44' })).toBe(false);
  });
});
