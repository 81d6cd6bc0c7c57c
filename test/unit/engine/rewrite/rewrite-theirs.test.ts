import { describe, expect, it } from '@jest/globals';
import { readPath } from '../../../../src/engine/map/paths.ts';
import { applyEdits } from '../../../../src/engine/rewrite/outcome.ts';
import { rewriteTheirs } from '../../../../src/engine/rewrite/rewrite-theirs.ts';
import { createNumberMatcher } from '../../../../src/phone/matcher.ts';
import { type EntryInWords, JO, MASK, NOW, rulesOf } from './support.ts';

const matcher = createNumberMatcher([JO], ['GB']);
const words = new Map([[JO, { masked: MASK, token: 'token' }]]);

/** What becomes of a record that is known by the keys `jo` and `jo2`. */
function outcomeOf(document: Record<string, unknown>, field: string, entry: EntryInWords, shared: 'fail' | 'keep') {
  const link = {
    name: 'records',
    field: readPath(field),
    has: (key: unknown) => key === 'jo' || key === 'jo2',
    shared,
  };
  const result = rewriteTheirs(document, rulesOf([entry]), link, JO, words, matcher, NOW);
  if (result.failures.length > 0) return result.failures.map(({ why }) => why);
  return result.fate === 'deleted' ? 'deleted' : applyEdits(document, result);
}

const ITEMS: EntryInWords = { numbers: [], fields: { text: 'body', 'who[].name': 'name', 'parts[].text': 'body' } };

describe('a record that is known by others', () => {
  it('is the one person’s as a whole, in every element', () => {
    const parts = [{ text: 'a', n: 1 }, { text: 'b' }];
    expect(outcomeOf({ of: 'jo', text: 'x', parts }, 'of', ITEMS, 'fail')).toEqual({
      of: 'jo',
      text: '[REDACTED]',
      parts: [{ text: '[REDACTED]', n: 1 }, { text: '[REDACTED]' }],
    });
    expect(outcomeOf({ of: ['jo', 'jo2'], text: 'x' }, 'of[]', ITEMS, 'fail')).toMatchObject({ text: '[REDACTED]' });
  });

  it.each([
    ['a list of ids', { of: ['al', 'jo'], text: 'x' }, 'of[]'],
    ['a list where the map has one id', { of: ['al', 'jo'], text: 'x' }, 'of'],
    ['ids in elements', { who: [{ of: 'al' }, { of: 'jo' }], text: 'x' }, 'who[].of'],
  ])(
    'is not changed when it is other people’s, too, and fails or is kept as the map says: %s',
    (_what, record, field) => {
      expect(outcomeOf(record, field, ITEMS, 'fail')).toEqual(['shared_record']);
      expect(outcomeOf(record, field, ITEMS, 'keep')).toEqual(record);
      expect(outcomeOf(record, field, { ...ITEMS, fate: 'delete' }, 'fail')).toEqual(['shared_record']);
      expect(outcomeOf(record, field, { ...ITEMS, fate: 'delete' }, 'keep')).toEqual(record);
    },
  );

  it('loses what stands in the elements that are the person’s, and nothing of other elements', () => {
    const who = [{ of: 'al', name: 'Al' }, { of: 'jo', name: 'Jo' }, { name: 'nobody known' }];
    const after = { who: [who[0], { of: 'jo', name: null }, who[2]] };
    expect(outcomeOf({ who }, 'who[].of', ITEMS, 'fail')).toEqual(after);
    expect(outcomeOf({ who, text: 'x' }, 'who[].of', ITEMS, 'keep')).toEqual({ ...after, text: 'x' });
  });

  it('loses the elements where they are the records', () => {
    const entry: EntryInWords = { fate: 'delete', elements: 'who[]', numbers: [], fields: { 'who[].name': 'name' } };
    const who = [
      { of: 'al', name: 'Al' },
      { of: 'jo', name: 'Jo' },
    ];
    expect(outcomeOf({ who, text: 'x' }, 'who[].of', entry, 'fail')).toEqual({ who: [who[0]], text: 'x' });
  });

  it('fails for nothing that is there to erase', () => {
    const erased = { of: ['al', 'jo'], text: '[REDACTED]', parts: [] };
    expect(outcomeOf(erased, 'of[]', ITEMS, 'fail')).toEqual(erased);
  });
});
