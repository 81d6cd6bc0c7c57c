import { describe, expect, it } from '@jest/globals';
import { loadDataMap } from '../../../../src/engine/map/load.ts';
import { checkCollation, isSameCollation } from '../../../../src/ops/check-map/collation.ts';

describe('the collation of a collection', () => {
  const entry = loadDataMap(undefined).collections.find(({ collection }) => collection === 'sent_sms');
  if (!entry) throw new Error('no sent_sms in the default map');

  it.each([
    ['none', undefined],
    ['the simple one', { locale: 'simple' }],
    ['one that heeds case', { locale: 'en', strength: 3 }],
    ['one of the default strength', { locale: 'en' }],
  ])('%s: two accounts are two', (_what, collation) => {
    expect(checkCollation(entry, collation)).toEqual([]);
  });

  it.each([1, 2])('of strength %s: somebody should look', (strength) => {
    expect(checkCollation(entry, { locale: 'en', strength })).toEqual([
      {
        severity: 'warning',
        where: 'sent_sms.account_id',
        message: expect.stringContaining(`collation strength ${strength}`),
      },
    ]);
  });

  it.each([
    [true, undefined, undefined],
    [true, undefined, { locale: 'simple' }],
    [true, { locale: 'en' }, { locale: 'en', strength: 3 }],
    [false, { locale: 'en', strength: 2 }, { locale: 'en', strength: 3 }],
    [false, undefined, { locale: 'en' }],
    [false, { locale: 'en' }, { locale: 'fr' }],
  ])('%s: an index of %j serves a collection of %j', (serves, index, collection) => {
    expect(isSameCollation(index, collection)).toBe(serves);
  });
});
