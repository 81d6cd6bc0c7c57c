import { describe, expect, it } from '@jest/globals';
import { readPath } from '../../../../src/engine/map/paths.ts';
import { UNCHANGED } from '../../../../src/engine/rewrite/edits.ts';
import { applyEdits } from '../../../../src/engine/rewrite/outcome.ts';
import { rewriteTheirs } from '../../../../src/engine/rewrite/rewrite-theirs.ts';
import type { CollectionRules } from '../../../../src/engine/rewrite/rules.ts';
import { createNumberMatcher } from '../../../../src/phone/matcher.ts';
import { type EntryInWords, JO, MASK, NOW, rulesOf } from './support.ts';

const matcher = createNumberMatcher([JO], ['GB']);
const words = new Map([[JO, { masked: MASK, token: 'token' }]]);

type Doc = Record<string, unknown>;

/** What becomes of a record that is known by the keys `jo` and `jo2`. */
function rewriteOf(
  document: Doc,
  field: string,
  entry: EntryInWords,
  shared: 'fail' | 'keep' = 'fail',
  more: Partial<CollectionRules> = {},
) {
  const link = {
    name: 'records',
    field: readPath(field),
    has: (key: unknown) => key === 'jo' || key === 'jo2',
    shared,
  };
  return rewriteTheirs(document, rulesOf([entry], more), link, JO, words, matcher, NOW);
}

function outcomeOf(document: Doc, field: string, entry: EntryInWords, shared: 'fail' | 'keep' = 'fail') {
  const result = rewriteOf(document, field, entry, shared);
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

describe('what is told of such a record', () => {
  const found = [{ number: JO, path: '_id', as: 'mapped', name: 'records', own: true }];
  const call: EntryInWords = { numbers: ['to'], fields: { rec: 'recording', text: 'body' }, mark: 'done' };
  const file = { where: 'records.rec', reference: 'a.mp3' };

  it('is that it changed, and when', () => {
    expect(rewriteOf({ of: 'jo', text: 'x', rec: 'a.mp3' }, 'of', call)).toEqual({
      ...UNCHANGED,
      ...{ fate: 'changed', found, files: [file] },
      edits: [
        { path: ['rec'], before: 'a.mp3', after: null },
        { path: ['text'], before: 'x', after: '[REDACTED]' },
        { path: ['done'], before: undefined, after: NOW },
      ],
    });
  });

  it('is that it goes as a whole, with its files', () => {
    expect(rewriteOf({ of: 'jo', rec: 'a.mp3', note: JO }, 'of', { ...call, fate: 'delete' })).toEqual({
      ...UNCHANGED,
      ...{ fate: 'deleted', found, files: [file], reasons: [{ path: ['of'], value: 'jo', isKey: false }] },
    });
  });

  it('is that nothing is left to change, and no mark is set anew', () => {
    const erased = { of: 'jo', text: '[REDACTED]', rec: null };
    expect(rewriteOf(erased, 'of', call)).toEqual({ ...UNCHANGED, found });
    expect(rewriteOf({ ...erased, link: /447700900123/ }, 'of', call)).toEqual({
      ...{ ...UNCHANGED, found },
      failures: [{ number: JO, path: 'link', why: 'unsupported_type' }],
    });
    expect(rewriteOf({ ...erased, text: 'x', link: /447700900123/ }, 'of', call)).toMatchObject({
      fate: 'changed',
      failures: [{ number: JO, path: 'link', why: 'unsupported_type' }],
    });
  });

  it('is that it has to be waited for', () => {
    const entry = { ...call, scheduled: ({ status }: Doc) => status === 'queued' };
    expect(rewriteOf({ of: 'jo', text: 'x', status: 'queued' }, 'of', entry)).toEqual({ ...UNCHANGED, waiting: [JO] });
    expect(rewriteOf({ of: 'jo', text: 'x', status: 'sent' }, 'of', entry).fate).toBe('changed');
  });

  it('is nothing of a record that another entry is about', () => {
    expect(rewriteOf({ of: 'jo', text: 'x' }, 'of', { ...call, name: 'calls' })).toEqual(UNCHANGED);
    expect(rewriteOf({ of: 'jo', text: 'x' }, 'of', { ...call, matches: () => false })).toEqual(UNCHANGED);
  });

  it('is who else shares it', () => {
    expect(rewriteOf({ who: [{ of: 'jo' }, { of: 'al' }], text: 'x' }, 'who[].of', ITEMS)).toEqual({
      ...UNCHANGED,
      failures: [{ number: JO, path: 'who[].of', why: 'shared_record' }],
    });
    for (const nobody of [null, undefined, ''])
      expect(rewriteOf({ who: [{ of: 'jo' }, { of: nobody }], text: 'x' }, 'who[].of', ITEMS).fate).toBe('changed');
  });

  it.each(['keep', 'delete'] as const)('is which recording cannot be read: %s', (fate) => {
    for (const rec of [[{ url: 'a.mp3' }, 7], 7])
      expect(rewriteOf({ of: 'jo', text: 'x', rec }, 'of', { ...call, fate })).toEqual({
        ...UNCHANGED,
        failures: [{ number: JO, path: 'rec', why: 'unsupported_type' }],
      });
  });

  it('has the person’s numbers masked, wherever they stand, unless numbers stay', () => {
    const record = { of: 'jo', to: JO, note: `call ${JO}`, text: 'x' };
    const { numbers, fields } = call;
    const erased = { of: 'jo', to: MASK, note: `call ${MASK}`, text: '[REDACTED]' };
    expect(outcomeOf(record, 'of', { numbers, fields: { ...fields } })).toEqual(erased);
    // At a place of the map by its strategy; elsewhere digits are masked.
    const removed = { numbers: [{ path: 'to', strategy: 'delete' as const }], fields: { ...fields } };
    expect(outcomeOf(record, 'of', removed)).toEqual({ of: 'jo', note: `call ${MASK}`, text: '[REDACTED]' });
    const kept = rewriteOf(
      record,
      'of',
      { numbers: [{ path: 'to', strategy: 'keep' }], fields: { ...fields } },
      'fail',
      {
        keepsNumbers: true,
      },
    );
    expect(applyEdits<Doc>(record, kept)).toEqual({ ...record, text: '[REDACTED]' });
  });

  it('is told of fields by their strategy and their place', () => {
    const entry: EntryInWords = {
      numbers: ['to'],
      fields: {
        kept: { category: 'body', strategy: 'keep' },
        error: { category: 'note', maskInText: true },
        caption: { category: 'body', anywhere: true },
        'who[].tag': { category: 'name', all: true },
        'who[].name': 'name',
        'whole[].x': 'name',
      },
    };
    const who = [
      { of: 'al', name: 'Al', tag: 'a' },
      { of: 'jo', name: 'Jo', tag: 'j', caption: 'c' },
    ];
    const record = { kept: 'k', error: `no route to ${JO}`, who, whole: [{ x: 'x' }] };
    const alone = { ...record, who: who.slice(1) };
    expect(outcomeOf(alone, 'who[].of', entry)).toEqual({
      ...{ kept: 'k', error: `no route to ${MASK}`, whole: [{ x: null }] },
      who: [{ of: 'jo', name: null, tag: null, caption: '[REDACTED]' }],
    });
    expect(outcomeOf(record, 'who[].of', entry)).toEqual(['shared_record']);
    expect(outcomeOf(record, 'who[].of', entry, 'keep')).toEqual({
      ...{ ...record, error: `no route to ${MASK}` },
      who: [who[0], { ...who[1], name: null }],
    });
  });

  it('takes an element of a list in a list', () => {
    const entry: EntryInWords = {
      ...{ fate: 'delete', elements: 'homes[].who[]', numbers: [] },
      fields: { 'homes[].who[].name': 'name' },
    };
    const homes = [{ who: [{ of: 'al' }, { of: 'jo' }] }, { who: [{ of: 'jo2' }] }];
    expect(outcomeOf({ homes }, 'homes[].who[].of', entry)).toEqual({ homes: [{ who: [{ of: 'al' }] }, { who: [] }] });
    const other = { ...entry, elements: 'homes[]' };
    expect(outcomeOf({ homes: [{ ...homes[0], x: 1 }] }, 'homes[].who[].of', other)).toEqual({
      homes: [{ ...homes[0], x: 1 }],
    });
  });
});
