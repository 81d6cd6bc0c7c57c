import { describe, expect, it } from '@jest/globals';
import { readPath } from '../../../../src/engine/map/paths.ts';
import {
  align,
  describePath,
  instancesAt,
  isElement,
  leavesAlong,
  placeOf,
  textOf,
} from '../../../../src/engine/rewrite/places.ts';
import { createOpener } from '../../../../src/engine/rewrite/walk.ts';
import { AL, JO, NOW } from './support.ts';

describe('a place', () => {
  it.each<[string, string[], number[]]>([
    ['to', ['to'], []],
    ['a.b', ['a', 'b'], []],
    ['to[]', ['to'], [1]],
    ['a.b[].c[].d.e', ['a', 'b', 'c', 'd', 'e'], [2, 3]],
    ['p.{key}.n', ['p', '{key}', 'n'], [2]],
    ['p.{key}', ['p', '{key}'], [2]],
  ])('%s is its names, and where elements begin', (text, names, arrays) => {
    const path = readPath(text);
    expect(placeOf(path)).toEqual({ names, arrays: new Set(arrays) });
    expect(placeOf(path)).toBe(placeOf(path));
    expect(textOf(path)).toBe(text);
  });

  it('is aligned with the way to a value', () => {
    const along = (path: (string | number)[], text: string) => align(path, placeOf(readPath(text)));
    expect(along(['to'], 'to')).toEqual({ count: 1, ends: [0, 1], beyond: 0 });
    expect(along(['to', 0, 2], 'to[]')).toEqual({ count: 1, ends: [0, 1], beyond: 0 });
    expect(along(['a', 0, 'b', 'n', 'e164'], 'a[].b.n')).toEqual({ count: 3, ends: [0, 1, 3, 4], beyond: 1 });
    expect(along(['a', 'x', 'n'], 'a.n')).toBeUndefined();
    expect(along(['x'], 'to')).toBeUndefined();
    expect(along([0], 'to')).toBeUndefined();
    expect(along(['a'], 'a.n')).toEqual({ count: 1, ends: [0, 1], beyond: 0 });
    expect(along(['a', '1234567', 'n'], 'a.n')).toEqual({ count: 2, ends: [0, 1, 3], beyond: 0 });
    expect(along(['a', '123456', 'n'], 'a.n')).toBeUndefined();
    expect(along(['a.b', 'n'], 'a.b.n')).toEqual({ count: 3, ends: [0, undefined, 1, 2], beyond: 0 });
    expect(along(['a.c', 'n'], 'a.b.n')).toBeUndefined();
    expect(along(['a.c', 'b'], 'a.b')).toBeUndefined();
    expect(along(['p', 'any', 'n'], 'p.{key}.n')).toEqual({ count: 3, ends: [0, 1, 2, 3], beyond: 0 });
    expect(along(['phones', 1], 'phones.1')).toEqual({ count: 2, ends: [0, 1, 2], beyond: 0 });
  });

  it('has elements by index, and by keys that may be numbers', () => {
    expect([0, '1234567', `+${JO}`, '123456', 'name'].map(isElement)).toEqual([true, true, true, false, false]);
  });

  const open = createOpener();
  it('has every value at its end', () => {
    const at = (document: unknown, text: string) =>
      [...instancesAt({ path: [], value: document }, placeOf(readPath(text)).names, open)].map(({ path, value }) => [
        path.join('/'),
        value,
      ]);
    expect(at({ p: [{ n: 1 }, [{ n: 2 }], { x: 3 }] }, 'p[].n')).toEqual([
      ['p/0/n', 1],
      ['p/1/0/n', 2],
    ]);
    expect(at({ p: [{ n: 1 }, { n: 2 }] }, 'p.1.n')).toEqual([['p/1/n', 2]]);
    expect(at({ p: { a: { n: 1 }, b: { n: 2 } } }, 'p.{key}.n')).toEqual([
      ['p/a/n', 1],
      ['p/b/n', 2],
    ]);
    expect(at({ p: [{ n: 1 }] }, 'p.{key}.n')).toEqual([['p/0/n', 1]]);
    expect(at({ 'a.b': 1, a: { b: 2, 'c.d': 4 } }, 'a.b')).toEqual([
      ['a/b', 2],
      ['a.b', 1],
    ]);
    expect(at({ a: { 'c.d': 4 } }, 'a.c.d')).toEqual([['a/c.d', 4]]);
    expect(at({ raw: '{"n":1}', d: NOW, x: 'text' }, 'raw.n')).toEqual([['raw/n', 1]]);
    expect([at({ d: NOW }, 'd.getTime'), at({ x: 'text' }, 'x.length'), at({}, 'toString')]).toEqual([[], [], []]);
    expect(at({ to: null }, 'to')).toEqual([['to', null]]);
  });

  it('has every plain value on its way', () => {
    const along = (document: unknown, text: string) => [...leavesAlong(document, placeOf(readPath(text)).names, open)];
    expect(along({ to: [JO, [AL]], x: 'other' }, 'to[]')).toEqual([JO, AL]);
    expect(along({ to: [{ n: JO, x: 1 }, 'plain'] }, 'to[].n')).toEqual([JO, 'plain']);
    expect(along({ to: { [JO]: 1, [`${AL}@c.us`]: { n: 2 }, a1b2c3d4e5f6a7: { n: 3 } } }, 'to[].n')).toEqual([
      ...[JO, 1, `${AL}@c.us`, 2, 3],
    ]);
    expect(along({ 'a.b': { n: 1 }, a: { b: { n: 2 } } }, 'a.b.n')).toEqual([1, 2]);
    expect(along({ n: { e164: JO } }, 'n')).toEqual([JO]);
    expect(along({ raw: `{"n":"${JO}"}` }, 'raw.n')).toEqual([JO]);
  });

  it('is told without anybody’s data', () => {
    const long = 'x'.repeat(65);
    expect(describePath(['a', 0, 'b c', '$d', 'e-f.g'])).toBe('a[].b c.$d.e-f.g');
    expect(describePath([JO, 'jo@mail', 'Zoë', long, 'abcdefghijk1', 'abcdefghijkl', 'abcdefghijkl1'])).toBe(
      '{key}.{key}.{key}.{key}.{key}.abcdefghijkl.{key}',
    );
    expect(describePath(['a', 'b'], true)).toBe('a.{key}');
    expect(describePath(['a', 'b'])).toBe('a.b');
    expect(describePath([0, 'a'])).toBe('[].a');
  });
});
