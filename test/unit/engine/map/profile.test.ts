import { describe, expect, it } from '@jest/globals';
import { FIELD_CATEGORIES, PROFILE_NAMES, RECORD_CATEGORIES } from '../../../../src/engine/map/categories.ts';
import { concerns, type EntryKind, profileFor, wordsWithoutNumber } from '../../../../src/engine/map/profile.ts';

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

describe('what the built-in profiles are', () => {
  const every = <Value>(list: readonly string[], value: Value, but: object = {}) => ({
    ...Object.fromEntries(list.map((key) => [key, value])),
    ...but,
  });
  const records = (fate: string, but: object = {}) => every(RECORD_CATEGORIES, fate, but);
  const fields = (strategy: unknown, but: object = {}) => every(FIELD_CATEGORIES, strategy, but);
  const text = { replace: '[REDACTED]' };

  it.each([
    {
      name: 'forget',
      records: records('keep', { contact: 'delete', suppression: 'delete' }),
      fields: fields('clear', { number: 'mask', body: text, transcript: text, tag: 'empty' }),
      marks: false,
      clearsReports: true,
    },
    {
      name: 'transaction',
      records: records('keep', { contact: 'skip', suppression: 'skip' }),
      fields: fields({ replace: 'REDACTED' }, { recording: 'clear', custom: 'clear', visitor: 'clear', form: 'clear' }),
      marks: true,
      needs: 'products',
      isWordOnly: true,
    },
    {
      name: 'resource',
      records: records('delete', { suppression: 'skip' }),
      fields: fields('clear'),
      marks: false,
      needs: 'resource',
      isWordOnly: true,
    },
    {
      name: 'contact',
      records: records('skip', { message: 'keep', call: 'keep' }),
      fields: fields('keep', { body: text, transcript: text, recording: 'clear' }),
      marks: false,
    },
    {
      name: 'interaction',
      records: records('skip', { message: 'keep', call: 'keep', chat: 'keep', form: 'keep' }),
      fields: fields('clear', { transcript: 'empty', tag: 'empty' }),
      marks: true,
      needs: 'interaction',
      isWordOnly: true,
      keepsOwnNumber: true,
    },
    {
      name: 'retention',
      records: records('delete', { contact: 'skip', scheduled: 'skip', suppression: 'skip' }),
      fields: fields('keep'),
      marks: false,
      isWordOnly: true,
    },
  ] as const)('$name', (profile) => {
    expect(profileFor(profile.name, { profiles: {} })).toEqual(profile);
  });

  it('with the words of the map laid over them', () => {
    const own = { records: { chat: 'delete' }, fields: { email: 'keep' } } as const;
    const base = profileFor('forget', { profiles: {} });
    expect(profileFor('forget', { profiles: { forget: own, contact: { records: { form: 'keep' } } } })).toEqual({
      ...base,
      records: { ...base.records, chat: 'delete' },
      fields: { ...base.fields, email: 'keep' },
    });
  });

  it('with a word where no number is known', () => {
    const words = PROFILE_NAMES.map((name) => wordsWithoutNumber(profileFor(name, { profiles: {} })));
    const [redacted, contract] = ['[REDACTED]', 'REDACTED'].map((word) => ({ masked: word, token: word }));
    expect(words).toEqual(PROFILE_NAMES.map((name) => (name === 'transaction' ? contract : redacted)));
  });

  it('are about entries of the kinds they need, and not about kinds they skip', () => {
    const concerned = (entry: EntryKind) =>
      PROFILE_NAMES.filter((name) => concerns(profileFor(name, { profiles: {} }), entry));
    expect(concerned({ record: 'message' })).toEqual(['forget', 'contact', 'retention']);
    expect(concerned({ record: 'message', products: ['sms'], interaction: 'text' })).toEqual([
      ...['forget', 'transaction', 'contact', 'interaction', 'retention'],
    ]);
    expect(concerned({ record: 'contact', products: ['sms'], resource: 'user' })).toEqual(['forget', 'resource']);
  });
});
