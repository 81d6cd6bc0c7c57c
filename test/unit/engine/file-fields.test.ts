import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { fileFieldsOf, findFiles } from '../../../src/engine/file-fields.ts';
import { parseDataMap } from '../../../src/engine/map/load.ts';
import { profileFor } from '../../../src/engine/map/profile.ts';
import { compilePlan } from '../../../src/engine/plan.ts';
import { numberSubject } from '../../../src/engine/subject.ts';
import { phoneNumber } from '../../support/numbers.ts';

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
