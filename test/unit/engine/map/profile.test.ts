import { describe, expect, it } from '@jest/globals';
import { FIELD_CATEGORIES, PROFILE_NAMES, RECORD_CATEGORIES } from '../../../../src/engine/map/categories.ts';
import { profileFor } from '../../../../src/engine/map/profile.ts';

describe.each(PROFILE_NAMES)('the profile %s', (name) => {
  const profile = profileFor(name, { profiles: {} });

  it('says what becomes of every category of the lists, and of no other', () => {
    expect(Object.keys(profile.fields)).toEqual([...FIELD_CATEGORIES]);
    expect(Object.keys(profile.records)).toEqual([...RECORD_CATEGORIES]);
    expect([...Object.values(profile.fields), ...Object.values(profile.records)]).not.toContain(undefined);
  });
});

it('retention takes out what has an age, and never contacts, scheduled messages or suppressions', () => {
  const { records } = profileFor('retention', { profiles: {} });
  const left = RECORD_CATEGORIES.filter((category) => records[category] !== 'delete');
  expect(left).toEqual(['contact', 'scheduled', 'suppression']);
  expect(left.map((category) => records[category])).toEqual(['skip', 'skip', 'skip']);
});
