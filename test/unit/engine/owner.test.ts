import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { collectionOf } from '../../../src/engine/collection.ts';
import { allBut, allOf } from '../../../src/engine/filter.ts';
import type { CollectionMap } from '../../../src/engine/map/schema.ts';
import {
  accountPathOf,
  accountWritings,
  aloneFilter,
  asOwned,
  conditionOf,
  EVERYBODY,
  isOfSeveral,
  isOneOf,
  isOwned,
  matchesWhere,
  ownerFilter,
  reachOf,
  scopeOf,
  whereFilter,
} from '../../../src/engine/owner.ts';
import { entryOf, mapOf, NOTHING } from './support.ts';

const { Decimal128, Double, Int32, Long, MongoClient, ObjectId, UUID } = mongoose.mongo;

const ID = 'a1b2c3d4e5f60718293a4b5c';
const UUID_ID = '0f0e0d0c-0b0a-4908-8706-050403020100';
const NAMED = { numbers: ['to'] };
const field = entryOf(NAMED);
const none = entryOf({ ...NAMED, account: 'none' });
const any = entryOf({ ...NAMED, account: 'any' });
const typed = entryOf({ ...NAMED, account: { path: 'acc', types: ['string', 'int', 'objectid', 'uuid'] } });
const via = { collection: 'records', key: '_id', field: 'of' };
const [, itself] = mapOf([NAMED, { ...NAMED, collection: 'parts', via }]).collections as [CollectionMap, CollectionMap];
/** As in a map that names no account for all. */
const followed = { ...itself, owner: { kind: 'via' } } as const;

describe('whose records', () => {
  it.each([
    ['a field', field, { acc: 'acc_x' }],
    ['one tenant', none, { $comment: 'account: none' }],
    ['anybody', any, { $comment: 'account: any' }],
    ['a field in types that the account is none of', typed, { acc: { $in: ['acc_x'] } }],
  ])('are told by %s', (_what, entry, filter) => {
    expect(ownerFilter(entry, 'acc_x')).toEqual(filter);
    expect(scopeOf({ owner: entry.owner, where: { kind: ['sms'] } }, 'acc_x')).toEqual({ ...filter, kind: 'sms' });
    expect(reachOf({ owner: entry.owner, where: { kind: ['sms'] } }, 'acc_x')).toEqual({ ...filter, kind: 'sms' });
  });

  it('never by an empty filter', () => {
    expect(EVERYBODY).toEqual({ $comment: 'account: none' });
  });

  it('of records known by others: their own account where they tell one, another’s never', () => {
    expect(itself.owner).toEqual({ kind: 'via', itself: { kind: 'field', path: 'acc' } });
    expect(() => ownerFilter(itself, 'acc_x')).toThrow(TypeError);
    expect(reachOf({ ...itself, where: { kind: ['sms'] } }, '7')).toEqual({
      acc: { $in: ['7', '7', Long.fromNumber(7), null] },
      kind: 'sms',
    });
    expect(reachOf({ ...followed, where: { kind: ['sms'] } }, '7')).toEqual({ kind: 'sms' });
    expect(asOwned(itself)).toEqual({ ...itself, owner: { kind: 'field', path: 'acc' } });
    expect([asOwned(followed), asOwned(field), asOwned(none)]).toEqual([null, null, null]);
    expect([accountPathOf(field), accountPathOf(itself), accountPathOf(none)]).toEqual(['acc', undefined, undefined]);
  });

  it.each<[string, object, object, boolean, boolean]>([
    ['one account', field, { acc: 'acc_x' }, true, false],
    ['another', field, { acc: 'acc_y' }, false, false],
    ['none', field, {}, false, false],
    ['a list of one', field, { acc: ['acc_x'] }, true, false],
    ['a list of several', field, { acc: ['acc_y', 'acc_x'] }, true, true],
    ['a list of others', field, { acc: ['acc_y', 'acc_z'] }, false, true],
    ['an account in several writings', typed, { acc: [ID, new ObjectId(ID)] }, false, true],
    [
      'an account in lists',
      entryOf({ ...NAMED, account: 'orgs.id' }),
      { orgs: [{ id: 'acc_x' }, { id: 'b' }] },
      true,
      true,
    ],
    ['a list of one, further in', entryOf({ ...NAMED, account: 'orgs.id' }), { orgs: [{ id: 'acc_x' }] }, true, false],
  ])('told by %s', (_what, entry, record, owned, several) => {
    expect(isOwned(entry as CollectionMap, 'acc_x', record)).toBe(owned);
    expect(isOfSeveral(entry as CollectionMap, 'acc_x', record)).toBe(several);
  });

  it('alone, by one condition for each step to the field', () => {
    expect(aloneFilter(entryOf({ ...NAMED, account: 'orgs.id' }), 'acc_x')).toEqual({
      $and: [
        { orgs: { $not: { $elemMatch: { id: { $nin: ['acc_x'] } } } } },
        { 'orgs.id': { $not: { $elemMatch: { $nin: ['acc_x'] } } } },
      ],
    });
    expect([none, any, itself].map((entry) => aloneFilter(entry, 'acc_x'))).toEqual([{}, {}, {}]);
    expect(isOwned(typed, ID, { acc: [ID, new ObjectId(ID)] })).toBe(true);
    expect(isOfSeveral(typed, ID, { acc: [ID, new ObjectId(ID)] })).toBe(false);
  });

  it.each(NOTHING)('are nobody’s for %p', (nothing) => {
    for (const entry of [field, none, any, typed, itself, followed])
      for (const filterOf of [ownerFilter, scopeOf, reachOf])
        expect(() => filterOf(entry, nothing as never)).toThrow('an account is needed');
  });
});

describe('the values of an account', () => {
  it.each([
    ['acc_x', ['acc_x']],
    ['7', ['7', Long.fromNumber(7)]],
    ['0', ['0', Long.fromNumber(0)]],
    ['-7', ['-7', Long.fromNumber(-7)]],
    ['07', ['07']],
    ['7.0', ['7.0']],
    ['1234567890123456789', ['1234567890123456789']],
    [7, ['7', Long.fromNumber(7)]],
    [ID, [ID, new ObjectId(ID)]],
    [UUID_ID, [UUID_ID, new UUID(UUID_ID)]],
    [`${ID}0`, [`${ID}0`]],
    [`x${UUID_ID}`, [`x${UUID_ID}`]],
  ])('%s', (account, values) => {
    expect(accountWritings(account, ['string', 'objectid', 'uuid', 'int', 'long'])).toEqual(values);
  });

  it('are the account itself where it can be none of the types', () => {
    expect(accountWritings('acc_x', ['int', 'objectid', 'uuid'])).toEqual(['acc_x']);
    expect(accountWritings('7', ['int'])).toEqual([Long.fromNumber(7)]);
  });

  it.each([
    ['acc_x', 'acc_x', true],
    ['acc_x', 'acc_y', false],
    ['7', 7, true],
    ['7', Long.fromNumber(7), true],
    ['7', '7', true],
    ['7', 8, false],
    [ID, new ObjectId(ID), true],
    ['acc_x', undefined, false],
    ['acc_x', null, false],
    ['acc_x', ['acc_x'], true],
  ])('of %s, a stored %s: %p', (account, stored, isTheirs) => {
    expect(isOwned(typed, account, { acc: stored })).toBe(isTheirs);
  });

  it('is of the type the map has', () => {
    expect(isOwned(field, '7', { acc: 7 })).toBe(false);
    expect(isOwned(field, 7, { acc: '7' })).toBe(false);
    expect(isOwned(field, 7, { acc: new Int32(7) })).toBe(true);
    expect([none, any].map((entry) => isOwned(entry, 'acc_x', { acc: 'acc_y' }))).toEqual([true, true]);
  });
});

describe('what an entry is about', () => {
  it('as a filter, and as a look at a record', () => {
    const entry = entryOf({ ...NAMED, where: { 'kind.name': ['sms', null], sent: true } });
    expect(whereFilter(entry)).toEqual({ 'kind.name': { $in: ['sms', null] }, sent: true });
    const isAbout = (record: object) => matchesWhere(entry, record);
    expect(isAbout({ kind: { name: 'sms' }, sent: true })).toBe(true);
    expect(isAbout({ sent: true })).toBe(true);
    expect(isAbout({ kind: { name: 'sms' } })).toBe(false);
    expect(isAbout({ kind: { name: 'call' }, sent: true })).toBe(false);
  });

  it.each([
    [['sms'], 'sms'],
    [[7], 7],
    [[false], false],
    [[null], { $in: [null] }],
    [['sms', 'mms'], { $in: ['sms', 'mms'] }],
    [[], { $in: [] }],
  ])('%j is asked for as %j', (values, condition) => {
    expect(conditionOf(values)).toEqual(condition);
  });

  it.each([
    [['sms'], 'sms', true],
    [['sms'], 'call', false],
    [['sms'], ['call', 'sms'], true],
    [['sms'], ['call'], false],
    [['sms'], [], false],
    [[null], null, true],
    [[null], undefined, true],
    [['sms'], null, false],
    [['sms'], undefined, false],
    [[null], '', false],
    [[7], Long.fromNumber(7), true],
    [[7], new Double(7), true],
    [[7], Decimal128.fromString('7.0'), true],
    [[8], 7, false],
    [['7'], 7, false],
    [[7], '7', false],
    [[true], true, true],
    [[true], false, false],
  ])('one of %j, %p: %p', (values, stored, expected) => {
    expect(isOneOf(values, stored)).toBe(expected);
  });
});

describe('a filter of several', () => {
  it('has conditions side by side, and replaces none', () => {
    expect(allOf({ a: 1 }, { b: 2 }, {})).toEqual({ a: 1, b: 2 });
    expect(allOf({ a: 1 }, { a: 2 }, { a: { $gt: 3 } })).toEqual({ a: 1, $and: [{ a: 2 }, { a: { $gt: 3 } }] });
    expect(allOf({ $and: [{ a: 1 }] }, { b: 1 }, { $and: [{ c: 1 }, { d: 1 }] })).toEqual({
      b: 1,
      $and: [{ a: 1 }, { c: 1 }, { d: 1 }],
    });
    expect(allOf()).toEqual({});
  });

  it('leaves records out', () => {
    expect([allBut([]), allBut([1]), allBut([1, 2])]).toEqual([{}, { _id: { $nin: [1] } }, { _id: { $nin: [1, 2] } }]);
  });
});

describe('the collection of an entry', () => {
  const db = new MongoClient('mongodb://localhost').db('platform');
  const nameOf = (entry: { collection: string; database?: string }, account: unknown = 'acc_x') => {
    const { dbName, collectionName } = collectionOf(db, entry, account as string);
    return `${dbName}/${collectionName}`;
  };

  it('lies in the platform’s database, or the one it names, and may hold the account', () => {
    expect(nameOf({ collection: 'sent_sms' })).toBe('platform/sent_sms');
    expect(nameOf({ collection: 'sent_sms', database: 'other' })).toBe('other/sent_sms');
    expect(nameOf({ collection: '{account}_sms_{account}', database: 'db_{account}' })).toBe(
      'db_acc_x/acc_x_sms_acc_x',
    );
    expect(nameOf({ collection: '{account}' }, 7)).toBe('platform/7');
    for (const account of [null, 'a.b']) expect(nameOf({ collection: 'sent_sms' }, account)).toBe('platform/sent_sms');
  });

  it.each(['a.b', 'a$b', 'a/b', 'a b', '..', 'a\0b'])('is none for the account %j in its name', (account) => {
    expect(() => nameOf({ collection: '{account}' }, account)).toThrow('cannot stand in the name');
  });

  it.each(NOTHING)('is none for %p in its name', (account) => {
    expect(() => nameOf({ collection: '{account}' }, account ?? null)).toThrow('an account is needed');
  });
});
