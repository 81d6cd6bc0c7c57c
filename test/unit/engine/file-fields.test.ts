import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { ErasureFailure } from '../../../src/base/errors.ts';
import {
  type FileField,
  fileFieldsOf,
  findFiles,
  projectionOf,
  withoutFiles,
} from '../../../src/engine/file-fields.ts';
import { parseDataMap } from '../../../src/engine/map/load.ts';
import { readPath } from '../../../src/engine/map/paths.ts';
import { profileFor } from '../../../src/engine/map/profile.ts';
import { compilePlan } from '../../../src/engine/plan.ts';
import { numberSubject } from '../../../src/engine/subject.ts';
import { phoneNumber } from '../../support/numbers.ts';
import { JO, jo, ruleFor } from './support.ts';

const { Decimal128, Long } = mongoose.mongo;

describe('the files of the elements that hold a number', () => {
  const map = parseDataMap(
    JSON.stringify({
      version: 1,
      collections: [
        {
          collection: 'conferences',
          account: 'account_id',
          record: 'call',
          numbers: ['people[].number'],
          fields: [{ path: 'people[].recording', category: 'recording' }],
        },
        { collection: 'blacklist', account: 'account_id', record: 'suppression', numbers: ['number'] },
      ],
    }),
    'map.json',
  );
  const [entry] = map.collections;
  const [rule] = compilePlan(map, profileFor('forget', map)).rules;
  if (!entry || !rule) throw new Error('no rule');
  const fields = fileFieldsOf(entry, rule.change(numberSubject(phoneNumber(442079460123), 'acc', 'token')));
  const isTheirs = (number: unknown) =>
    findFiles({ people: [{ number, recording: 'a.mp3' }] }, fields).map(({ reference }) => reference);

  it.each([
    ['the number', '442079460123'],
    ['with its plus', '+442079460123'],
    ['an integer', 442079460123],
    ['a long', Long.fromString('442079460123')],
    ['a decimal', Decimal128.fromString('442079460123.0')],
    ['an integer that lost its zero', 2079460123],
  ])('%s', (_what, number) => {
    expect(isTheirs(number)).toEqual(['a.mp3']);
  });

  it.each([
    // Of Egypt: no integer of London's, whatever digits it has.
    ['a text of the same digits as an integer', '2079460123'],
    ['another number', '442079460124'],
    ['nothing', null],
    ['an object', { number: '442079460123' }],
  ])('not those of %s', (_what, number) => {
    expect(isTheirs(number)).toEqual([]);
  });
});

describe('the files of a change', () => {
  const recording = (path: string, more: object = {}) => ({ path, category: 'recording', ...more });
  const fieldsOf = (collection: object, more: object = {}) => {
    const rule = ruleFor({ collection: 'calls', record: 'call', ...collection }, more);
    return fileFieldsOf(rule.entry, rule.change(jo()));
  };
  const names = (fields: readonly FileField[]) => fields.map(({ where }) => where);
  const plain = { numbers: ['to'], fields: [recording('x.rec'), { path: 'body', category: 'body' }] };

  it('are those of recordings that it takes, with what is no reference', () => {
    const blanks = [null, '', '[REDACTED]', 'REDACTED'];
    const field = { where: 'calls.x.rec', path: readPath('x.rec') };
    expect(fieldsOf(plain)).toEqual([{ ...field, blanks: [...blanks, null] }]);
    expect(fieldsOf({ ...plain, fields: [recording('x.rec', { strategy: { replace: 'gone' } })] })).toEqual([
      { ...field, blanks: [...blanks, 'gone'] },
    ]);
    expect(fieldsOf({ ...plain, fields: [recording('x.rec', { strategy: 'delete' })] })).toEqual([
      { ...field, blanks },
    ]);
    expect(fieldsOf({ ...plain, fields: [recording('x.rec', { strategy: 'keep' })] })).toEqual([]);
    expect(fieldsOf({ ...plain, record: 'contact' })).toEqual([{ ...field, blanks }]);
  });

  it('are those of elements that change, or go', () => {
    const legs = { numbers: ['legs[].n'], fields: [recording('legs[].rec'), recording('rec')] };
    expect(fieldsOf(legs)).toMatchObject([
      { where: 'calls.legs[].rec', within: { depth: 1, rest: 'n' } },
      { where: 'calls.rec' },
    ]);
    expect(fieldsOf({ ...legs, record: 'contact', elements: 'legs[]', fields: [recording('legs[].rec')] })).toEqual([
      expect.objectContaining({ where: 'calls.legs[].rec', blanks: [null, '', '[REDACTED]', 'REDACTED'] }),
    ]);
    const all = fieldsOf({ numbers: ['to'], fields: [recording('media[].rec', { all: true })] });
    expect(names(all)).toEqual(['calls.media[].rec']);
    expect(all[0]).not.toHaveProperty('within');
  });

  it('are read in the fields they need, and no filter tells records without one in lists', () => {
    const [own, listed] = [fieldsOf(plain), fieldsOf({ numbers: ['x.legs[].n'], fields: [recording('x.legs[].rec')] })];
    expect(projectionOf(own)).toEqual({ _id: 1, x: 1 });
    expect(projectionOf(listed)).toEqual({ _id: 1, x: 1 });
    expect(projectionOf([])).toEqual({ _id: 1 });
    expect(withoutFiles(own)).toEqual({
      'x.rec': { $in: [null, '', '[REDACTED]', 'REDACTED', null], $not: { $type: 'array' } },
    });
    expect(withoutFiles(listed)).toBeNull();
    expect(withoutFiles([])).toEqual({});
  });

  it('are found in every value that is a text, and fail for others', () => {
    const own = fieldsOf(plain);
    const found = (record: object) => findFiles(record, own).map(({ where, reference }) => `${where} ${reference}`);
    expect(found({ x: { rec: 'a.mp3' } })).toEqual(['calls.x.rec a.mp3']);
    expect(found({ x: [{ rec: ['a.mp3', ''] }, { rec: 'b.mp3' }, {}] })).toEqual([
      ...['calls.x.rec a.mp3', 'calls.x.rec b.mp3'],
    ]);
    for (const record of [{}, { x: null }, { x: { rec: null } }, { x: { rec: '[REDACTED]' } }, { x: { rec: [] } }])
      expect(found(record)).toEqual([]);
    for (const rec of [7, { url: 'a.mp3' }, ['a.mp3', 7]])
      expect(() => found({ x: { rec } })).toThrow(new ErasureFailure('unsupported_type', 'calls.x.rec'));
  });

  it('are those of the person’s elements, at any depth', () => {
    const deep = fieldsOf({
      numbers: ['rooms[].a.legs[].n'],
      fields: [recording('rooms[].a.legs[].rec'), recording('rooms[].rec')],
    });
    const leg = (n: string, rec: string) => ({ n, rec });
    const rooms = [
      { rec: 'r1', a: { legs: [leg(JO, 'jo'), leg('447700900456', 'al')] } },
      { rec: 'r2', a: { legs: [leg('447700900456', 'al2')] } },
      { rec: 'r3', a: { legs: 'none' } },
      { rec: 'r4' },
    ];
    expect(findFiles({ rooms }, deep).map(({ reference }) => reference)).toEqual(['jo', 'r1']);
    expect(findFiles({ rooms: 'none' }, deep)).toEqual([]);
  });
});
