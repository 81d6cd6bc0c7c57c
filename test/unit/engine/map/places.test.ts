import { describe, expect, it } from '@jest/globals';
import { apartFrom, parseDataMap } from '../../../../src/engine/map/load.ts';
import { arrayOf, firstAt, readPath, throughArray, valueAt, valuesAlong } from '../../../../src/engine/map/paths.ts';
import {
  concernsNumber,
  isLookedUp,
  isOwnPlace,
  needsReading,
  placesBefore,
} from '../../../../src/engine/map/places.ts';
import { profileFor } from '../../../../src/engine/map/profile.ts';
import { fromVersion1, version1 } from '../../../../src/engine/map/version-1.ts';
import { entryOf, mapOf } from '../support.ts';

describe('a path of the map', () => {
  it('is taken apart at its arrays', () => {
    expect(readPath('a.b[].c[].d.e')).toEqual({
      text: 'a.b[].c[].d.e',
      dotted: 'a.b.c.d.e',
      pieces: ['a.b', 'c', 'd.e'],
    });
    expect(readPath('to[]')).toEqual({ text: 'to[]', dotted: 'to', pieces: ['to', ''] });
    expect(['to', 'to[]', 'a[].b', 'a[].b[].c'].map(arrayOf)).toEqual(['', 'to[]', 'a[]', 'a[].b[]']);
    expect(['to', 'to[]'].map((text) => throughArray(readPath(text)))).toEqual([false, true]);
  });

  it('leads to every value, through whatever arrays are on the way', () => {
    const record = { a: [{ b: 1 }, { b: [2, [3]] }, { c: 4 }, null, 'b', { b: undefined }, { b: null }] };
    expect(valuesAlong(record, ['a', 'b'])).toEqual([1, 2, 3, undefined, null]);
    expect(valuesAlong(record, ['a', 'b', 'c'])).toEqual([]);
    expect(valuesAlong(7, [])).toEqual([7]);
    expect(valuesAlong([7, [8]], [])).toEqual([7, 8]);
    expect(valuesAlong({}, ['toString'])).toEqual([]);
    expect(firstAt({ a: [{}, { b: undefined }, { b: null }, { b: 2 }] }, readPath('a[].b'))).toBeNull();
    expect(firstAt({ a: [{}] }, readPath('a[].b'))).toBeUndefined();
  });

  it('leads to one value', () => {
    const record = { a: { b: { c: 1 }, n: null, l: [{ x: 1 }] } };
    expect(valueAt(record, '')).toBe(record);
    expect(['a.b.c', 'a.l.0.x'].map((path) => valueAt(record, path))).toEqual([1, 1]);
    for (const path of ['a.x.c', 'a.n.c', 'a.b.c.d', 'a.l.x', 'toString', 'a.b.constructor'])
      expect([path, valueAt(record, path)]).toEqual([path, undefined]);
    expect([null, undefined, 'a', 7].map((value) => valueAt(value, 'length'))).toEqual(Array(4).fill(undefined));
  });
});

describe('a number at a place', () => {
  const place = (path: string, own?: boolean) => ({ path, ...(own !== undefined && { own }) });
  /** Whose record each place says it is, and the places that decide where it does not. */
  const told = (entry: object, fate: 'keep' | 'delete' | 'skip') => {
    const map = entryOf({ record: 'contact', ...entry });
    return map.numbers.map((one) => [isOwnPlace(map, one, fate), placesBefore(map, one, fate)]);
  };
  const [mixed, arrays] = [
    ['phone', 'kin[].n', 'p.{key}'],
    ['kin[].n', 'p.{key}'],
  ];

  it('says whose record it is', () => {
    expect(told({ numbers: mixed }, 'delete')).toEqual([
      [true, []],
      [false, ['phone']],
      [false, ['phone']],
    ]);
    expect(told({ numbers: arrays }, 'delete')).toEqual([
      [true, []],
      [true, []],
    ]);
    for (const fate of ['keep', 'skip'] as const)
      expect(told({ numbers: mixed }, fate)).toEqual([
        [true, []],
        [true, []],
        [true, []],
      ]);
  });

  it('as the map says', () => {
    expect(told({ numbers: [place('phone', false), place('kin[].n')] }, 'delete')).toEqual([
      [false, []],
      [true, []],
    ]);
    expect(
      told({ numbers: [place('phone', true), place('kin[].n', true), place('p.{key}', false)] }, 'delete'),
    ).toEqual([
      [true, []],
      [true, []],
      [false, []],
    ]);
    expect(told({ numbers: [place('phone', false)] }, 'keep')).toEqual([[false, []]]);
  });

  it('beside a number in several fields, and within elements', () => {
    expect(told({ numbers: ['kin[].n', { parts: ['cc', 'no'] }] }, 'delete')).toEqual([[false, []]]);
    expect(told({ numbers: ['phone', 'kin[].n', { parts: ['cc', 'no'] }] }, 'delete')).toEqual([
      [true, []],
      [false, []],
    ]);
    expect(told({ elements: 'kin[]', numbers: ['kin[].n', 'kin[].more[].n'] }, 'delete')).toEqual([
      [true, []],
      [true, []],
    ]);
  });

  it('takes the record with it, or does not', () => {
    const map = mapOf([
      { record: 'contact', numbers: mixed },
      { collection: 'sms', numbers: ['to'] },
    ]);
    const [contact, sms] = map.collections;
    const forget = profileFor('forget', map);
    if (!contact || !sms) throw new Error('no entries');
    const concern = (path: string, entry = contact) => concernsNumber(entry, readPath(path), forget);
    expect(concern('phone')).toEqual({ isOwn: true, isDeleted: true });
    expect(concern('kin[].n')).toEqual({ isOwn: false, isDeleted: false });
    expect(concern('to', sms)).toEqual({ isOwn: true, isDeleted: false });
    // The last part of a number in several fields.
    expect(concern('no')).toEqual({ isOwn: true, isDeleted: true });
  });

  it('can be looked up unless it is a key', () => {
    expect(['to', 'to[].n', 'p.{key}', 'p.{key}.n'].map((path) => isLookedUp({ path } as never))).toEqual([
      ...[true, true, false, false],
    ]);
  });
});

describe('records have to be read before they change', () => {
  const field = (more: object, path = 'body') => ({ numbers: ['to'], fields: [{ path, category: 'body', ...more }] });
  it.each([
    ['a plain entry', { numbers: ['to', 'a[].n'], fields: [] }, false],
    ['a plain field', field({}), false],
    ['every element of a list', field({ all: true }, 'a[].x'), false],
    ['JSON', { numbers: ['to'], json: [{ path: 'raw', numbers: ['n'] }] }, true],
    ['a number in several fields', { numbers: [{ parts: ['cc', 'no'] }] }, true],
    ['a text that others share', field({ only_if_alone: true }), true],
    ['mentions in a text', field({ mask_in_text: true }), true],
    ['a field anywhere', field({ anywhere: true }), true],
    ['a field under keys', { numbers: ['p.{key}'], fields: [{ path: 'p.{key}.name', category: 'name' }] }, true],
    ['every element of a list in a list', field({ all: true }, 'a[].b[].x'), true],
    [
      'elements of a list in a list',
      { numbers: ['a[].b[].n'], fields: [{ path: 'a[].b[].x', category: 'name' }] },
      false,
    ],
    ['a text around the number', { numbers: ['to', 'raw'], fields: [{ path: 'raw', category: 'body' }] }, true],
  ])('%s: %p', (_what, entry, expected) => {
    expect(needsReading(entryOf(entry as object))).toBe(expected);
  });
});

describe('the normal form', () => {
  it('of a file of version 1', () => {
    const list = { collection: 'blacklist', account: 'acc', record: 'suppression', numbers: ['number'] } as const;
    const sms = {
      ...{ collection: 'sms', account: 'acc', record: 'message', numbers: ['to'], at: 'sent_at' },
      fields: [{ path: 'body', category: 'body' }],
    } as const;
    const rest = {
      ...{ owner: { kind: 'field', path: 'acc' }, where: {}, shared: 'fail', joined: [], json: [] },
      ...{ scan: true, unmapped: 'mask', ambiguous: 'fail' },
    };
    const plain = { templates: [], type: 'any' };
    const said = { onlyIfAlone: false, all: false, maskInText: false, anywhere: false };
    const map = fromVersion1(
      version1.parse({ version: 1, collections: [list, { ...sms, direction: { path: 'way' } }] }),
    );
    expect(map).toEqual({
      ...{ version: 1, ignored: [], profiles: {} },
      collections: [
        {
          collection: 'blacklist',
          record: 'suppression',
          ...rest,
          numbers: [{ path: 'number', ...plain }],
          fields: [],
        },
        {
          ...{ collection: 'sms', record: 'message', ...rest, numbers: [{ path: 'to', ...plain }] },
          fields: [{ path: 'body', category: 'body', type: 'string', ...said }],
          at: { path: 'sent_at', unit: 'date' },
          direction: { path: 'way', outbound: ['outbound'], inbound: ['inbound'] },
        },
      ],
    });
  });

  it('of a file of version 2', () => {
    const said = { version: 2, countries: ['GB', 'NG'], account: 'acc', scan: 'on' };
    const text = {
      ...said,
      ignore: [{ collection: 'logs', reason: 'no people' }],
      collections: [
        { collection: 'blacklist', record: 'suppression', numbers: ['number'], suppression: {} },
        {
          ...{
            collection: 'sms',
            record: 'message',
            scan: false,
            numbers: [{ path: 'to', type: 'number', own: false }],
          },
          fields: [{ path: 'body', category: 'body', anywhere: true }],
        },
      ],
    };
    const map = parseDataMap(JSON.stringify(text), 'map.json');
    expect(map).toMatchObject({
      ...{ version: 2, countries: ['GB', 'NG'], ignored: [{ collection: 'logs', reason: 'no people' }], profiles: {} },
      collections: [
        { scan: true, suppression: { keep_number: false } },
        {
          ...{ scan: false, numbers: [{ path: 'to', type: 'number', own: false, templates: [] }] },
          fields: [
            {
              ...{ path: 'body', category: 'body', type: 'any', onlyIfAlone: false, all: false, maskInText: false },
              anywhere: true,
            },
          ],
        },
      ],
    });
    const off = parseDataMap(JSON.stringify({ ...text, scan: 'off' }), 'map.json');
    expect(off.collections.map(({ scan }) => scan)).toEqual([false, false]);
    const yes = parseDataMap(JSON.stringify({ ...text, scan: true }), 'map.json');
    expect(yes.collections.map(({ scan }) => scan)).toEqual([true, false]);
  });

  it('names the platform’s database where Lethe has another', () => {
    const map = mapOf([{ numbers: ['to'], database: 'archive' }]);
    expect(apartFrom(map, undefined, 'platform')).toBe(map);
    expect(apartFrom(map, 'platform', 'platform')).toBe(map);
    expect(apartFrom(map, 'lethe', 'platform')).toEqual({
      ...map,
      collections: map.collections.map((one, index) => ({ ...one, database: index === 0 ? 'archive' : 'platform' })),
    });
  });
});

describe('a map is refused', () => {
  const faults = (...entries: object[]): string[] => {
    try {
      mapOf(entries);
      return [];
    } catch (error) {
      return (error as Error).message.split('\n').map((line) => line.replace(/^map\.json:1: /, ''));
    }
  };
  const list = { collection: 'other', record: 'suppression', numbers: ['number'] };
  const sms = { collection: 'sms', numbers: ['to'] };
  const found = { id: 'id', at: 'at', redacted: 'done' };
  const media = { ...sms, record: 'resource', resource: 'media' };
  const parts = [{ parts: ['_id.cc', 'no'] }];

  it.each<[string, object, string]>([
    ['a list of anybody’s', { ...list, account: 'any' }, 'account: a suppression list tells its accounts apart'],
    ['parts in the id', { ...sms, numbers: parts }, 'numbers: parts of a number in _id cannot be changed'],
    [
      'parts beside elements',
      { record: 'contact', elements: 'a[]', numbers: ['a[].n', { parts: ['cc', 'no'] }] },
      'numbers: parts are fields of the record: they cannot stand beside elements',
    ],
    ['an id that is erased', { ...sms, ...found, id: 'to' }, 'numbers[0]: to stands twice'],
    ['a time that is erased', { ...sms, at: 'to' }, 'numbers[0]: to stands twice'],
    ['a direction that is erased', { ...sms, direction: { path: 'to' } }, 'numbers[0]: to stands twice'],
    ['a period without a time', { ...sms, retention_months: 3 }, 'retention_months needs at'],
    [
      'several ids of a resource',
      { ...media, id: 'a[].id', numbers: ['a[].n'] },
      'id: of an interaction or a resource must not go through an array',
    ],
    [
      'a mark for several ids',
      { ...sms, numbers: ['a[].n'], id: 'a[].id', at: 'at', redacted: 'done', products: ['sms'] },
      'redacted: cannot tell which of several ids was redacted: each has fields of its own',
    ],
    [
      'a kept status that is erased',
      { ...sms, ...found, log: { status: 'to.x' } },
      'log.status: is erased: it cannot be kept',
    ],
    [
      'a condition that is erased',
      { ...sms, numbers: ['to.n'], where: { to: 'x' } },
      'where.to: is erased: it cannot be kept',
    ],
    [
      'a field anywhere in JSON',
      { ...sms, json: [{ path: 'raw', fields: [{ path: 'x', category: 'body', anywhere: true }] }] },
      'json[0].fields: anywhere: a field of the record reaches into JSON by itself',
    ],
    [
      'a field anywhere of records found by their id',
      { ...sms, ...found, products: ['sms'], fields: [{ path: 'x', category: 'body', anywhere: true }] },
      'fields[0].path: anywhere: records found by their id say where each field is',
    ],
    [
      'a field anywhere that a condition goes through',
      { ...sms, where: { 'x.a.kind': 'x' }, fields: [{ path: 'a', category: 'body', anywhere: true }] },
      'fields[0].path: anywhere: x.a.kind goes through a field of this name',
    ],
    [
      'a field anywhere that the id goes through',
      { ...sms, id: 'a.id', fields: [{ path: 'a', category: 'body', anywhere: true }] },
      'fields[0].path: anywhere: a.id goes through a field of this name',
    ],
    [
      'a list with a condition',
      { ...list, where: { kind: 'x' } },
      'a suppression list is one collection of its own: no via, where or {account}',
    ],
    [
      'a list for each account',
      { ...list, name: 'list', collection: '{account}_list' },
      'a suppression list is one collection of its own: no via, where or {account}',
    ],
    [
      'a list in a database for each',
      { ...list, database: 'db_{account}' },
      'a suppression list is one collection of its own: no via, where or {account}',
    ],
    ['a key of an id', { ...sms, id: 'p.{key}' }, 'id: must not hold {key}'],
    ['two stars in a form', { ...sms, numbers: [{ path: 'to', forms: ['{number}:*@*'] }] }, 'may hold * once'],
    ['another name of databases', { ...sms, database: 'admin' }, "database: is one of MongoDB's own databases"],
    ['a collection of the system', { ...sms, collection: 'system.users' }, 'collection: is not a collection name'],
    ['a collection with a dollar', { ...sms, name: 'x', collection: 'a$b' }, 'collection: is not a collection name'],
  ])('%s', (_what, entry, fault) => {
    expect(faults(entry)).toEqual([expect.stringContaining(fault)]);
  });

  it.each<[string, object]>([
    ['the document’s own id', { ...sms, id: '_id', at: 'at', products: ['sms'] }],
    ['the time when it is due', { ...sms, at: 'due', pending: { path: 'status', values: ['queued'], at: 'due' } }],
    [
      'a direction told by the status',
      { ...sms, direction: { path: 's' }, pending: { path: 's', values: ['q'], at: 'd' } },
    ],
    ['numbers in JSON alone', { collection: 'sms', json: [{ path: 'raw', numbers: ['n'] }] }],
    ['texts with mentions', { collection: 'sms', fields: [{ path: 'error', category: 'note', mask_in_text: true }] }],
    ['elements with the id of a product', { ...sms, numbers: ['a[].n'], id: 'a[].id', at: 'at', products: ['sms'] }],
    [
      'a field under the name of a number',
      { ...sms, fields: [{ path: 'tower', category: 'body' }], where: { t: 'x' } },
    ],
    [
      'shapes of one field',
      { ...sms, numbers: ['to', 'to[]', 'to[].n'], fields: [{ path: 'to[].name', category: 'name' }] },
    ],
    ['a number and the text around it', { ...sms, fields: [{ path: 'to', category: 'body' }] }],
  ])('but not for %s', (_what, entry) => {
    expect(faults(entry)).toEqual([]);
  });
});
