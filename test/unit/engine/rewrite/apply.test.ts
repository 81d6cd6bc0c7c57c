import { describe, expect, it } from '@jest/globals';
import { statementsFor } from '../../../../src/engine/rewrite/apply.ts';
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
