import { describe, expect, it } from '@jest/globals';
import { isCovered, isKeyCovered, newKey, noChanges, note, noteName } from '../../../../src/engine/rewrite/changes.ts';
import { readJson, spliceJson } from '../../../../src/engine/rewrite/json.ts';
import { applyEdits, hasChanges } from '../../../../src/engine/rewrite/outcome.ts';
import { NOW } from './support.ts';

describe('JSON in a text', () => {
  const set = (...changes: [path: (string | number)[], value: unknown][]) => {
    const all = noChanges();
    for (const [path, value] of changes) note(all, path, { kind: 'set', value });
    return all;
  };

  it.each<[string, unknown]>([
    ['{"a":1}', { a: 1 }],
    [' \n\t\r[1, {"a": ":{}"}] ', [1, { a: ':{}' }]],
    ['"{\\"a\\":1}"', { a: 1 }],
    ['{}', {}],
    ['{"a":1,"a":2}', undefined],
    ['{"a":{"b":1,"b":1}}', undefined],
    ['{"a":"x\\\\","b":"\\":"}', { a: 'x\\', b: '":' }],
    ['7', undefined],
    ['null', undefined],
    ['"text"', undefined],
    ['{"a":', undefined],
    ['', undefined],
    [`${'['.repeat(100)}${']'.repeat(100)}`, JSON.parse(`${'['.repeat(100)}${']'.repeat(100)}`)],
    [`${'['.repeat(101)}${']'.repeat(101)}`, undefined],
    [`[${'[],'.repeat(200)}${'['.repeat(100)}${']'.repeat(100)}]`, undefined],
    [`[${'[],'.repeat(200)}1]`, [...Array.from({ length: 200 }, () => []), 1]],
  ])('%s is read', (text, value) => {
    expect(readJson(text)).toEqual(value);
  });

  it('is read when it was written as a text so many times', () => {
    const written = (times: number): string => (times === 0 ? '{"a":1}' : JSON.stringify(written(times - 1)));
    expect([0, 1, 2, 3].map((times) => readJson(written(times)))).toEqual(Array(4).fill({ a: 1 }));
    expect(readJson(written(4))).toBeUndefined();
  });

  it.each<[string, [(string | number)[], unknown][], string]>([
    [
      '{"a" : 1 , "b":[ 1, 2 ]}',
      [
        [['a'], 'x'],
        [['b', 1], null],
      ],
      '{"a" : "x" , "b":[ 1, null ]}',
    ],
    ['[{"a":{"b":[1,{"c":"d"}]}}, "x"]', [[[0, 'a', 'b', 1, 'c'], 7]], '[{"a":{"b":[1,{"c":7}]}}, "x"]'],
    [
      '{"a":{"x":[{}]},"b":1}',
      [
        [['a'], null],
        [['b'], 2],
      ],
      '{"a":null,"b":2}',
    ],
    ['{"a":{"b":1,"c":2},"d":[3]}', [[['a', 'b'], 9]], '{"a":{"b":9,"c":2},"d":[3]}'],
    ['{"a":[1,[2,3]],"b":true}', [[['b'], 'y']], '{"a":[1,[2,3]],"b":"y"}'],
    [
      '[1 ,2\n,3]',
      [
        [[0], 9],
        [[2], 8],
      ],
      '[9 ,2\n,8]',
    ],
    [
      '{"a":[],"b":{},"c":1}',
      [
        [['a', 0], 1],
        [['b', 'x'], 2],
        [['c'], 3],
      ],
      '{"a":[],"b":{},"c":3}',
    ],
    ['"{\\"a\\":1}"', [[['a'], 2]], '"{\\"a\\":2}"'],
    ['{"a":"{\\"b\\":\\"c\\"}"}', [[['a', 'b'], 'd']], '{"a":"{\\"b\\":\\"d\\"}"}'],
    ['{"a\\"}":"x\\\\","b":1}', [[['b'], 2]], '{"a\\"}":"x\\\\","b":2}'],
    [' {"a":1} ', [[['a'], undefined]], ' {"a":null} '],
  ])('%s is written with its changes, and as it was', (text, changes, expected) => {
    expect(spliceJson(text, set(...changes))).toBe(expected);
  });

  it('gets keys that collide with none of its own', () => {
    const changes = noChanges();
    noteName(changes, ['k', 'a'], 'x');
    noteName(changes, ['k', 'b'], 'x');
    expect(spliceJson('{"k":{ "a" : {"x":1} , "x":[2,"}"], "b":"q" , "x-2":3}}', changes)).toBe(
      '{"k":{ "x-3" : {"x":1} , "x":[2,"}"], "x-4":"q" , "x-2":3}}',
    );
  });
});

describe('changes by place', () => {
  it('keep what was noted first, but for a removal', () => {
    const changes = noChanges();
    note(changes, ['a', 'b'], { kind: 'set', value: 1 });
    note(changes, ['a', 'b'], { kind: 'set', value: 2 });
    expect(changes.children.get('a')?.children.get('b')?.action).toEqual({ kind: 'set', value: 1 });
    note(changes, ['a', 'b'], { kind: 'remove' });
    note(changes, ['a', 'b'], { kind: 'set', value: 3 });
    expect(changes.children.get('a')?.children.get('b')?.action).toEqual({ kind: 'remove' });
    noteName(changes, ['k'], 'x');
    noteName(changes, ['k'], 'y');
    expect(changes.children.get('k')?.name).toBe('x');
  });

  it('cover what lies in them', () => {
    const changes = noChanges();
    note(changes, ['a'], { kind: 'set', value: 1 });
    note(changes, ['g', 'h'], { kind: 'remove' });
    noteName(changes, ['k'], 'x');
    const ways = [['a'], ['a', 'b'], ['g'], ['g', 'h'], ['g', 'h', 'i'], ['k'], ['k', 'l'], ['z'], []];
    expect(ways.filter((path) => isCovered(changes, path)).map((path) => path.join('.'))).toEqual([
      ...['a', 'a.b', 'g.h', 'g.h.i'],
    ]);
    expect(ways.filter((path) => isKeyCovered(changes, path)).map((path) => path.join('.'))).toEqual([
      ...['a.b', 'g.h', 'g.h.i', 'k'],
    ]);
    expect(isKeyCovered(changes, ['a', 'b', 'c'])).toBe(true);
    const none = new Set(['x', 'x-2']);
    expect([newKey('k', undefined, none), newKey('k', { name: 'x', children: new Map() }, none), [...none]]).toEqual([
      ...['k', 'x-3', ['x', 'x-2', 'x-3']],
    ]);
  });

  it('are applied to what is there', () => {
    const none = { edits: [], pulled: [], renamed: [] };
    expect(hasChanges(none)).toBe(false);
    for (const key of ['edits', 'pulled', 'renamed']) expect(hasChanges({ ...none, [key]: [{}] })).toBe(true);
    const edit = (path: (string | number)[]) => ({ ...none, edits: [{ path, before: 1, after: 2 }] });
    expect(applyEdits({ a: [1, { b: 1 }], c: { d: 1 } }, edit(['a', 1, 'b']))).toEqual({
      a: [1, { b: 2 }],
      c: { d: 1 },
    });
    expect(applyEdits({ a: NOW }, edit(['a', 'x']))).toEqual({ a: NOW });
    expect(applyEdits({ a: '{"b":1}' }, edit(['a', 'b']))).toEqual({ a: '{"b":2}' });
    expect(applyEdits({ a: 1 }, edit(['log', 'done']))).toEqual({ a: 1, log: { done: 2 } });
  });
});
