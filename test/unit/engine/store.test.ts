import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { targetsByAge } from '../../../src/engine/by-age.ts';
import { targetsByAgeAlong } from '../../../src/engine/by-age-along.ts';
import { findById, LONGEST_ID, writingsOf } from '../../../src/engine/by-id.ts';
import { targetsByNumber, targetsByNumberBefore } from '../../../src/engine/by-number.ts';
import type { UpdateChange } from '../../../src/engine/change.ts';
import { profileFor } from '../../../src/engine/map/profile.ts';
import { within } from '../../../src/engine/moment.ts';
import { BY_ID } from '../../../src/engine/plan.ts';
import { compileChildRules, compileRecordRules } from '../../../src/engine/record-plan.ts';
import { selectChangeable } from '../../../src/engine/selections.ts';
import { classExpression, writesFor } from '../../../src/engine/shapes.ts';
import { isBarred, narrowClasses, statementsFor } from '../../../src/engine/store/apply.ts';
import { askJoined, groupCalls, joinSubjects, laneOf, ownersOf } from '../../../src/engine/store/joining.ts';
import { createRecordStore } from '../../../src/engine/store.ts';
import { INTEGER, JO, jo, mapOf, NOTHING, NOW, ruleFor, rulesFor } from './support.ts';

const { Long, MongoClient, ObjectId, UUID } = mongoose.mongo;
const WORDS = { masked: '44********23', token: 'key1.token' };
const db = new MongoClient('mongodb://localhost').db('platform');
const among = (...ids: unknown[]) => ({ _id: { $in: ids } });

/** The record is no other account's. */
const ALONE_ITS = [{ acc: { $not: { $elemMatch: { $nin: ['acc_x'] } } } }];

describe('the statements of a change', () => {
  const write = (path: string, strategy: 'mask' | 'delete' | 'clear') => ({
    path,
    by: writesFor(strategy, WORDS) as never,
  });
  const fields = [write('to', 'mask'), write('old', 'delete'), write('name', 'clear')];
  const change: UpdateChange = { kind: 'update', fields, elements: [], always: { done: NOW } };
  const same = (letters: string) => ({ $expr: { $eq: [classExpression(['to', 'old', 'name']), letters] } });
  const filter = { acc: 'acc_x' };
  const many = (ids: unknown[], more: object, update: object, rest: object = {}) => ({
    updateMany: { filter: { ...among(...ids), ...filter, ...more }, update, hint: BY_ID, ...rest },
  });

  it('are one for each class, with what its fields hold', () => {
    const classes = [
      { letters: 'sxo', ids: [1, 2] },
      { letters: '--l', ids: [3] },
      { letters: '!ss', ids: [4] },
      { letters: '---', ids: [5] },
    ];
    expect(classes.map(isBarred)).toEqual([false, false, true, false]);
    expect(statementsFor(filter, change, classes)).toEqual([
      many([1, 2], same('sxo'), { $set: { done: NOW, to: WORDS.masked, name: {} }, $unset: { old: '' } }),
      many([3], same('--l'), { $set: { done: NOW, name: [] } }),
      many([5], same('---'), { $set: { done: NOW } }),
    ]);
    expect(statementsFor(filter, { ...change, always: {} }, classes.slice(3))).toEqual([]);
    expect(statementsFor(filter, { ...change, always: {}, removed: ['gone'] }, classes.slice(3))).toEqual([
      many([5], same('---'), { $unset: { gone: '' } }),
    ]);
    expect(statementsFor(filter, change, classes.slice(2, 3))).toEqual([]);
    expect(statementsFor(filter, { ...change, fields: [] }, [{ letters: '', ids: [1] }])).toEqual([
      many([1], {}, { $set: { done: NOW } }),
    ]);
  });

  const element = (path: string, arrayFilters: object[] = []) => ({
    ...{ text: path, update: { $set: { [path]: 'x' } }, arrayFilters, needs: { [path]: 1 }, words: [] },
  });
  const elements = [element('a', [{ k: 1 }]), element('b')];
  const classes = [
    { letters: 's', ids: [1] },
    { letters: '-', ids: [2] },
    { letters: '!', ids: [3] },
  ];
  const to = (ids: unknown[], letters: string, update: object) =>
    many(ids, { $expr: { $eq: [classExpression(['to']), letters] } }, update);
  const [first, last] = [many([1, 2], { a: 1 }, { $set: { a: 'x' } }, { arrayFilters: [{ k: 1 }] }), { b: 1 }];

  it('write the mark with the number, which comes last: in elements', () => {
    const listed: UpdateChange = { kind: 'update', fields: [write('to', 'mask')], elements, always: { done: NOW } };
    expect(statementsFor(filter, listed, classes)).toEqual([
      to([1], 's', { $set: { to: WORDS.masked } }),
      first,
      many([1, 2], last, { $set: { b: 'x', done: NOW } }),
    ]);
    expect(statementsFor(filter, { ...listed, always: {} }, classes)).toEqual([
      to([1], 's', { $set: { to: WORDS.masked } }),
      first,
      many([1, 2], last, { $set: { b: 'x' } }),
    ]);
    const pull = { ...element('b'), update: { $pull: { b: JO } } as never };
    expect(statementsFor(filter, { ...listed, elements: [pull], fields: [] }, [{ letters: '', ids: [1] }])).toEqual([
      many([1], last, { $pull: { b: JO }, $set: { done: NOW } }),
    ]);
  });

  it('and in fields', () => {
    const plain: UpdateChange = {
      ...{ kind: 'update', fields: [write('to', 'mask')], elements, always: { done: NOW } },
      fieldsLast: true,
    };
    expect(statementsFor(filter, plain, classes)).toEqual([
      first,
      many([1, 2], last, { $set: { b: 'x' } }),
      to([1], 's', { $set: { done: NOW, to: WORDS.masked } }),
      to([2], '-', { $set: { done: NOW } }),
    ]);
  });

  it('are about some of the records of a class', () => {
    const id = new ObjectId();
    const all = [
      { letters: 's', ids: [1, '1', id] },
      { letters: 'x', ids: [2] },
    ];
    expect(narrowClasses(all, ['1', new ObjectId(id.toHexString()), 7])).toEqual([{ letters: 's', ids: ['1', id] }]);
    expect(narrowClasses(all, [])).toEqual([]);
  });
});

describe('calls that are joined', () => {
  const AL = '447700900456';
  const one = jo();
  const other = jo({ values: [AL], number: AL as typeof JO });

  it('are of one place and one account', () => {
    const lanes = [laneOf('sms.to', '7'), laneOf('sms.to', 7), laneOf('sms.from', '7'), laneOf('sms.to', '8')];
    expect(new Set(lanes).size).toBe(4);
    expect(laneOf('sms.to', Long.fromNumber(7))).toBe(laneOf('sms.to', Long.fromNumber(7)));
  });

  it('are grouped by how much one query takes', () => {
    const call = (length: number, name: string) => ({ name, placed: jo({ values: Array(length).fill(JO) }) });
    const names = (...lengths: number[]) =>
      groupCalls(lengths.map((length, index) => call(length, `c${index}`))).map((group) =>
        group.map(({ name }) => name),
      );
    expect(names(1_500, 1_500, 1)).toEqual([['c0', 'c1'], ['c2']]);
    expect(names(4_000, 1, 2_999, 1)).toEqual([['c0'], ['c1', 'c2'], ['c3']]);
    expect(names(0, 0)).toEqual([['c0', 'c1']]);
    expect(names()).toEqual([]);
  });

  it('are asked as one, with all their values', () => {
    expect(joinSubjects([jo({ isPlaced: false }), other])).toEqual({
      ...one,
      values: [JO, INTEGER, AL],
      isPlaced: true,
    });
  });

  it('are sorted to whom a value belongs to', () => {
    const owners = ownersOf([one, other, jo({ values: [JO, JO] })]);
    expect([JO, AL, INTEGER, 447700900123, '7'].map(owners)).toEqual([[0, 2], [1], [0], [0], undefined]);
    expect(owners(Long.fromString(AL))).toBeUndefined();
  });

  const asking = (answerOf: (values: readonly unknown[]) => boolean) => {
    const asked: unknown[] = [];
    const ask = async ({ values, isPlaced }: typeof one) => {
      asked.push([values.length, isPlaced ?? false]);
      return answerOf(values);
    };
    return { asked, ask };
  };
  const here = (subject: typeof one) => ({ ...subject, values: [...subject.values, 'here'] });
  const [jos, als] = [jo({ isPlaced: false }), { ...other, isPlaced: false }];

  it('ask for each only where there is something for any', async () => {
    const nothing = asking(() => false);
    expect(await askJoined([jos, als], nothing.ask, false, here)).toEqual([false, false]);
    expect(nothing.asked).toEqual([[5, true]]);
    const some = asking((values) => values.includes(AL));
    expect(await askJoined([jos, als], some.ask, false, here)).toEqual([false, true]);
    expect(some.asked).toEqual([
      [5, true],
      [2, false],
      [1, false],
    ]);
  });

  it('ask at once for one alone, and where no place tells', async () => {
    const alone = asking((values) => values.includes(AL));
    expect(await askJoined([als], alone.ask, false, here)).toEqual([true]);
    expect(await askJoined([jos, als], alone.ask, false, null)).toEqual([false, true]);
    expect(await askJoined([], alone.ask, false, here)).toEqual([]);
    expect(alone.asked).toEqual([
      [1, false],
      [2, false],
      [1, false],
    ]);
    // Of two that are too many for one query.
    const large = jo({ values: Array(3_000).fill(AL), isPlaced: false });
    const apart = asking(() => true);
    expect(await askJoined([large, jos], apart.ask, false, (subject) => subject)).toEqual([true, true]);
    expect(apart.asked).toEqual([
      [3_000, false],
      [2, false],
    ]);
  });
});

describe('targets say what they change', () => {
  const store = createRecordStore(db);
  const at = { at: 'at' };

  it('by number', () => {
    const [first, second] = rulesFor({
      numbers: ['to', 'raw'],
      fields: [{ path: 'raw', category: 'body' }],
      scan: 'off',
    });
    if (!first || !second) throw new Error('no rules');
    const targets = targetsByNumber(db, store, [first, second], jo());
    expect(targets.map(({ key, name, isScanned }) => [key, name, isScanned])).toEqual([
      ['records.to', 'records', false],
      ['records.raw', 'records', false],
    ]);
    const described = targets.map((target) => target.describe());
    expect(described.map(({ collection, ...rest }) => [collection.namespace, rest])).toEqual(
      [first, second].map((rule) => [
        'platform.records',
        { filter: selectChangeable(rule, jo()), change: rule.change(jo()), needsReading: true },
      ]),
    );
    const [pending] = rulesFor({ numbers: ['to'], pending: { path: 's', values: ['q'], at: 'due' } });
    expect(targetsByNumber(db, store, pending ? [pending] : [], jo())[0]?.describe().filter).toMatchObject({
      ...{ acc: 'acc_x', s: { $nin: ['q'] } },
    });
  });

  it('by number, before a moment', () => {
    const rules = [ruleFor({ numbers: ['to'], ...at }), ruleFor({ numbers: ['from'] })];
    const targets = targetsByNumberBefore(db, store, rules, jo(), NOW);
    expect(targets.map(({ key, name }) => [key, name])).toEqual([[`records.to<${NOW.toISOString()}`, 'records']]);
    expect(targets[0]?.describe().filter).toEqual({
      ...selectChangeable(ruleFor({ numbers: ['to'] }), jo()),
      at: { $lt: NOW },
    });
    expect(() => targetsByNumberBefore(db, store, rules, jo(), new Date(Number.NaN))).toThrow(TypeError);
  });

  const map = mapOf([
    { collection: 'sms', numbers: ['to', 'who[].n', { parts: ['cc', 'no'] }], ...at, redacted: 'done' },
    { collection: 'calls', record: 'call', numbers: ['to'], ...at },
    {
      collection: 'parts',
      via: { collection: 'sms', key: '_id', field: 'of' },
      numbers: ['n'],
      ...at,
      redacted: 'done',
    },
    { collection: 'untimed', numbers: ['to'], redacted: 'done' },
  ]);
  const forget = { ...profileFor('forget', map), marks: true };
  const retention = profileFor('retention', map);
  const rulesOf = (profile: typeof forget, name: string) =>
    compileRecordRules(map, profile, ({ collection }) => collection === name);

  it('by age, of records that are kept: those without a mark', () => {
    const [rule] = rulesOf(forget, 'sms');
    const [target] = targetsByAge(db, rule ? [rule] : [], 'acc_x', NOW, NOW);
    const { collection, ...rest } = target?.describe() ?? {};
    expect([target?.key, target?.name, collection?.collectionName]).toEqual(['sms*', 'sms', 'sms']);
    expect(rest).toEqual({
      filter: { acc: 'acc_x', done: null, at: { $lt: NOW }, $and: ALONE_ITS },
      change: rule?.change(NOW),
    });
  });

  it('by age, of records that go: those that hold a number, or held one', () => {
    const types = ['int', 'long', 'double', 'decimal', 'symbol', 'object', 'binData'];
    const holds = (...paths: string[]) =>
      paths.flatMap((path) => [{ [path]: { $gt: '' } }, { [path]: { $type: types } }]);
    const never = { _id: { $exists: false } };
    const filterOf = (name: string) => targetsByAge(db, rulesOf(retention, name), 'acc_x', NOW, NOW)[0]?.describe();
    expect(filterOf('sms')?.filter).toEqual({
      ...{ acc: 'acc_x', at: { $lt: NOW }, $and: ALONE_ITS },
      $nor: [{ $nor: [...holds('to', 'who.n', 'no'), { done: { $ne: null } }, never] }],
    });
    expect(filterOf('calls')).toMatchObject({
      filter: { acc: 'acc_x', at: { $lt: NOW }, $nor: [{ $nor: [...holds('to'), never] }] },
      change: { kind: 'delete' },
    });
  });

  it('by age, along the way from others', () => {
    const [rule] = compileChildRules(map, forget, () => true);
    const [target] = targetsByAgeAlong(db, map, rule ? [rule] : [], 'acc_x', NOW, NOW);
    const { collection, ...rest } = target?.describe() ?? {};
    expect([target?.key, target?.name, collection?.collectionName]).toEqual(['parts*', 'parts', 'parts']);
    expect(rest).toEqual({
      filter: {
        acc: { $in: ['acc_x', 'acc_x', null] },
        done: null,
        ...within({ path: 'at', unit: 'date' }, { to: NOW }),
      },
      change: rule?.change(NOW),
    });
    const gone = compileChildRules(map, retention, () => true);
    expect(() => targetsByAgeAlong(db, map, gone, 'acc_x', NOW, NOW)).toThrow('by what it belongs to');
    const unmarked = gone.map((one) => ({ ...one, entry: { ...one.entry, redacted: undefined } }));
    expect(() => targetsByAgeAlong(db, map, unmarked, 'acc_x', NOW, NOW)).toThrow('has no time, or no mark');
    const untimed = gone.map((one) => ({ ...one, entry: { ...one.entry, at: undefined } }));
    expect(() => targetsByAgeAlong(db, map, untimed, 'acc_x', NOW, NOW)).toThrow('has no time, or no mark');
  });

  it('and are none without a time, a mark, an account or a moment', () => {
    expect(() => targetsByAge(db, rulesOf(forget, 'untimed'), 'acc_x', NOW, NOW)).toThrow('untimed has no time');
    expect(() => targetsByAge(db, rulesOf(forget, 'calls'), 'acc_x', NOW, NOW)).toThrow('calls has no mark');
    for (const account of NOTHING) {
      expect(() => targetsByAge(db, [], account as string, NOW, NOW)).toThrow('an account is needed');
      expect(() => targetsByAgeAlong(db, map, [], account as string, NOW, NOW)).toThrow('an account is needed');
    }
    const never = new Date(Number.NaN);
    expect(() => targetsByAge(db, [], 'acc_x', never, NOW)).toThrow('a moment is needed');
    expect(() => targetsByAgeAlong(db, map, [], 'acc_x', never, NOW)).toThrow('a moment is needed');
  });
});

describe('a record’s id', () => {
  it.each([
    ['abc', ['abc']],
    ['7', ['7', Long.fromNumber(7)]],
    ['07', ['07']],
    ['a1b2c3d4e5f60718293a4b5c', ['a1b2c3d4e5f60718293a4b5c', new ObjectId('a1b2c3d4e5f60718293a4b5c')]],
    [
      '0f0e0d0c-0b0a-4908-8706-050403020100',
      ['0f0e0d0c-0b0a-4908-8706-050403020100', new UUID('0f0e0d0c-0b0a-4908-8706-050403020100')],
    ],
  ])('%s is every value that is written so', (id, values) => {
    expect(writingsOf(id)).toEqual(values);
  });

  it('is none where it is too long, nothing, or no text', async () => {
    // No engine is asked: there is none.
    const rules = compileRecordRules(
      mapOf([{ numbers: ['to'], id: 'id' }]),
      profileFor('forget', { profiles: {} }),
      () => true,
    );
    for (const id of ['', 'x'.repeat(LONGEST_ID + 1), 'a\ud800'])
      expect(await findById(db, rules, 'acc_x', id)).toEqual([]);
    for (const id of [undefined, null, 7, {}, ['a']])
      await expect(findById(db, rules, 'acc_x', id as string)).rejects.toThrow('an id is needed');
    for (const account of NOTHING) await expect(findById(db, rules, account as string, 'a')).rejects.toThrow(TypeError);
    const unserved = compileRecordRules(
      mapOf([{ numbers: ['to'] }]),
      profileFor('forget', { profiles: {} }),
      () => true,
    );
    expect(await findById(db, unserved, 'acc_x', 'a')).toEqual([]);
  });
});
