import { describe, expect, it } from '@jest/globals';
import { replacementFor, statementsFor, statementsWithin } from '../../../../src/engine/rewrite/apply.ts';
import { AL, type EntryInWords, JO, MASK, NOW, rulesOf, run } from './support.ts';

type Doc = Record<string, unknown>;
const ACCOUNT = { acc: 'a' };
const statements = (document: Doc, entry: EntryInWords) =>
  statementsFor({ _id: 7, ...document }, run({ _id: 7, ...document }, rulesOf([entry])), ACCOUNT);

const NOT_LIST = { $not: { $type: 'array' } };

describe('a rewrite as a statement', () => {
  it('sets what changes, where it was read', () => {
    const entry = {
      numbers: ['c[].n', 'k.{key}'],
      fields: { 'c[].name': 'name', old: { category: 'other', strategy: 'delete' } } as const,
      mark: 'done',
    };
    expect(statements({ c: [{ n: AL }, { n: JO, name: 'Jo' }], k: { [JO]: 3 }, old: 'x' }, entry)).toEqual([
      {
        updateOne: {
          filter: {
            _id: 7,
            $and: [
              ACCOUNT,
              { 'c.1.n': { $eq: JO } },
              { 'c.1.name': { $eq: 'Jo' } },
              { old: { $eq: 'x', ...NOT_LIST } },
              { [`k.${JO}`]: { $exists: true } },
              { [`k.${MASK}`]: { $exists: false } },
            ],
          },
          update: {
            $set: { 'c.1.n': MASK, 'c.1.name': null, done: NOW },
            $unset: { old: '' },
            $rename: { [`k.${JO}`]: `k.${MASK}` },
          },
        },
      },
    ]);
  });

  it('writes what stood under a key, where that changes too or an array is on the way', () => {
    const entry = { numbers: ['k.{key}'], fields: { 'k.{key}.name': 'name' } as const };
    expect(statements({ k: { [JO]: { name: 'Jo' } } }, entry)).toMatchObject([
      {
        updateOne: {
          filter: { $and: [ACCOUNT, { [`k.${JO}`]: { $eq: { name: 'Jo' } } }, { [`k.${MASK}`]: { $exists: false } }] },
          update: { $set: { [`k.${MASK}`]: { name: null } }, $unset: { [`k.${JO}`]: '' } },
        },
      },
    ]);
    expect(statements({ x: [{ [JO]: 1 }] }, entry)).toMatchObject([
      { updateOne: { update: { $set: { [`x.0.${MASK}`]: 1 }, $unset: { [`x.0.${JO}`]: '' } } } },
    ]);
  });

  it('pulls equal elements alone', () => {
    const entry = { fate: 'delete' as const, elements: 'c[]', numbers: ['c[].n'] };
    expect(statements({ c: [{ n: AL }, { n: JO }, { n: JO, a: 1 }] }, entry)).toEqual([
      {
        updateOne: {
          filter: { _id: 7, $and: [ACCOUNT, { c: { $eq: { n: JO } } }, { c: { $eq: { n: JO, a: 1 } } }] },
          update: { $pullAll: { c: [{ n: JO }, { n: JO, a: 1 }] } },
        },
      },
    ]);
  });

  it('deletes only while the number stands there', () => {
    const contact = { fate: 'delete' as const, numbers: ['n', 'k.{key}'] };
    expect(statements({ n: JO }, contact)).toEqual([
      { deleteOne: { filter: { _id: 7, $and: [ACCOUNT, { n: { $eq: JO, ...NOT_LIST } }] } } },
    ]);
    expect(statements({ k: { [JO]: 1 } }, contact)).toEqual([
      { deleteOne: { filter: { _id: 7, $and: [ACCOUNT, { [`k.${JO}`]: { $exists: true } }] } } },
    ]);
  });

  it('is of as many changes as one statement says', () => {
    const many = (count: number) => statements({ x: Array.from({ length: count }, () => JO) }, { numbers: ['x[]'] });
    expect(many(500)).toHaveLength(1);
    expect(many(501)).toBeNull();
    const some = { x: Array.from({ length: 499 }, () => JO), c: [{ n: JO }, { n: JO }] };
    expect(statements(some, { fate: 'delete', elements: 'c[]', numbers: ['c[].n', 'x[]'] })).toBeNull();
    const keys = { x: Array.from({ length: 499 }, () => JO), [JO]: 1, [`+${JO}`]: 2 };
    expect(statements(keys, { numbers: ['x[]'] })).toBeNull();
  });

  it('names a record by its whole id', () => {
    const id = { a: 1, b: 2 };
    const rewrite = run({ _id: id, n: JO }, rulesOf([{ numbers: ['n'] }]));
    expect(statementsFor({ _id: id, n: JO }, rewrite, ACCOUNT)).toMatchObject([
      { updateOne: { filter: { _id: { $eq: id }, $and: [ACCOUNT, { n: { $eq: JO } }] } } },
    ]);
  });

  it('says the whole document where no other can', () => {
    const document = { _id: 7, k: { [`${JO}@c.us`]: 1 }, n: 5 };
    const whole = run(document, rulesOf([{ numbers: ['x'] }]));
    const after = { _id: 7, k: { [`${MASK}@c.us`]: 1 }, n: 5 };
    const replaced = {
      updateOne: { filter: { _id: 7, $and: [ACCOUNT] }, update: [{ $replaceWith: { $literal: after } }] },
    };
    expect(replacementFor(document, whole, ACCOUNT)).toEqual(replaced);
    expect(statementsWithin(document, whole, ACCOUNT)).toEqual([replaced]);
    const gone = { _id: 7, 'd.e': JO };
    const deleted = run(gone, rulesOf([{ fate: 'delete', numbers: ['d.e'] }]));
    expect(statementsWithin(gone, deleted, ACCOUNT)).toEqual([{ deleteOne: { filter: { _id: 7, $and: [ACCOUNT] } } }]);
    const plain = run({ _id: 7, n: JO }, rulesOf([{ numbers: ['n'] }]));
    expect(statementsWithin({ _id: 7, n: JO }, plain, ACCOUNT)).toEqual(
      statementsFor({ _id: 7, n: JO }, plain, ACCOUNT),
    );
    for (const nothing of [undefined, null, ''])
      expect(() => replacementFor({ _id: nothing }, plain, ACCOUNT)).toThrow(TypeError);
  });

  it('rests on the other fields of a number, as far as a condition can name them', () => {
    const plain = { _id: 7, n: JO, cc: '44' };
    const rewrite = (path: readonly string[], value: unknown) => ({
      ...run(plain, rulesOf([{ numbers: ['n'] }])),
      basis: [{ path, value }],
    });
    const conditions = (document: Doc, path: readonly string[], value: unknown) => {
      const made = statementsFor(document, rewrite(path, value), ACCOUNT) as [{ updateOne: { filter: Doc } }] | null;
      return made && (made[0].updateOne.filter.$and as unknown[]).slice(2);
    };
    expect(conditions(plain, ['cc'], '44')).toEqual([{ cc: { $eq: '44', ...NOT_LIST } }]);
    // It stands in JSON, whose text is a condition already.
    expect(conditions(plain, ['raw', 'cc'], '44')).toEqual([]);
    expect(conditions({ ...plain, 'c.c': '44' }, ['c.c'], '44')).toBeNull();
    const object = { 7: 'a' };
    expect(conditions({ ...plain, odd: object }, ['odd'], object)).toBeNull();
  });

  it('is none where nothing changes', () => {
    expect(statements({ n: AL }, { numbers: ['n'] })).toEqual([]);
  });

  it.each<[string, Doc]>([
    ['a key with a dot', { k: { [`${JO}@c.us`]: 1 } }],
    ['a key with a dollar', { $k: JO }],
    ['a key of nothing', { '': JO }],
    ['a change beside a pull', { c: [{ n: JO }, { x: JO }] }],
    ['keys whose order JavaScript does not keep', { c: [{ n: JO, 7: 'a' }] }],
    ['nothing in an element', { c: [{ n: JO, u: undefined }] }],
    ['many changes', { x: Array.from({ length: 501 }, () => JO) }],
    ['the deletion of a record known by a key with a dot', { 'd.e': JO }],
  ])('is null for %s', (_, document) => {
    const entries = rulesOf([
      { fate: 'delete', elements: 'c[]', numbers: ['c[].n'] },
      { fate: 'delete', numbers: ['d.e'] },
    ]);
    expect(statementsFor({ _id: 7, ...document }, run({ _id: 7, ...document }, entries), ACCOUNT)).toBeNull();
  });

  it.each([undefined, null, '', Number.NaN])('is refused on an account or a record of %p', (nothing) => {
    const unchanged = run({ _id: 7 }, rulesOf([]));
    expect(() => statementsFor({ _id: 7 }, unchanged, { acc: nothing })).toThrow(TypeError);
    expect(() => statementsFor({ _id: nothing }, unchanged, ACCOUNT)).toThrow(TypeError);
  });
});
