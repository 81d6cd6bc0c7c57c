import { describe, expect, it } from '@jest/globals';
import { readPath } from '../../../src/engine/map/paths.ts';
import { type Profile, profileFor } from '../../../src/engine/map/profile.ts';
import type { CollectionMap } from '../../../src/engine/map/schema.ts';
import {
  entriesOfCollection,
  joinedRulesFor,
  rewriteRulesFor,
  wholeRulesFor,
} from '../../../src/engine/rewrite-rules.ts';
import { mapOf } from './support.ts';

const WORDS = { body: { replace: '[REDACTED]' }, name: 'clear', recording: 'clear' } as const;

const ENTRY = {
  ...{ collection: 'msgs', name: 'sms', redacted: 'done', where: { kind: 'sms' } },
  numbers: ['to', { path: 'kin[].n', own: false }, { parts: ['cc', 'no'], code: true }],
  fields: [
    { path: 'body', category: 'body' },
    { path: 'x.name', category: 'name', strategy: 'keep', only_if_alone: true },
    { path: 'tags[].t', category: 'name', all: true },
    { path: 'error', category: 'note', mask_in_text: true },
    { path: 'caption', category: 'body', anywhere: true },
  ],
  json: [{ path: 'raw', numbers: ['a.from'], fields: [{ path: 'text', category: 'body' }] }],
  pending: { path: 'status', values: ['queued'], at: 'due' },
};
const MAP = mapOf([
  ENTRY,
  { collection: 'msgs', name: 'cards', record: 'contact', numbers: ['phone', 'kin[].n'], where: { kind: 'card' } },
  { collection: 'lists', record: 'contact', elements: 'list[]', numbers: ['list[].n'] },
  { collection: 'parts', via: { collection: 'sms', key: '_id', field: 'of' }, numbers: ['n'] },
  { collection: 'msgs', name: 'elsewhere', database: 'other', numbers: ['to'] },
]);
const FORGET = profileFor('forget', MAP);
const [sms, cards, lists, parts, elsewhere, list] = MAP.collections as CollectionMap[] as [
  ...[CollectionMap, CollectionMap, CollectionMap, CollectionMap, CollectionMap, CollectionMap],
];

const field = (path: string, category: string, strategy: unknown, more: object = {}) => ({
  ...{ path: readPath(path), category, strategy },
  ...{ onlyIfAlone: false, all: false, maskInText: false, anywhere: false, around: undefined, beside: [] },
  ...more,
});
const number = (path: string, more: object = {}) => ({
  ...{ path: readPath(path), own: true, unless: [], strategy: 'mask', templates: [] },
  ...more,
});

describe('what the rewriter knows of a collection', () => {
  it('says how a number is written, whose a field is, and what goes with a mention', () => {
    const [calls] = mapOf([
      {
        ...{ collection: 'calls', numbers: [{ path: 'from.n', forms: ['tel-{number}'] }, 'to.n'] },
        fields: [
          { path: 'to.name', category: 'name' },
          { path: 'to.text', category: 'body', around: 'line' },
          { path: 'from', category: 'custom' },
        ],
      },
    ]).collections as CollectionMap[];
    const { entries } = rewriteRulesFor(calls ? [calls] : [], FORGET, 'acc_x');
    expect(entries[0]).toMatchObject({ numbers: [number('from.n', { templates: ['tel-{number}'] }), number('to.n')] });
    expect(entries[0]?.fields).toEqual([
      field('to.name', 'name', 'clear', { beside: [readPath('to.n')] }),
      field('to.text', 'body', WORDS.body, { around: 'line' }),
      field('from', 'custom', 'clear', { beside: [readPath('from.n')] }),
    ]);
  });

  it('is that of all its entries', () => {
    expect(entriesOfCollection(MAP, sms)).toEqual([sms, cards]);
    expect(entriesOfCollection(MAP, elsewhere)).toEqual([elsewhere]);
    const rules = rewriteRulesFor([sms, cards], FORGET, 'acc_x');
    expect(rules).toEqual({
      name: 'sms',
      entries: [
        {
          ...{ name: 'sms', fate: 'keep', matches: expect.any(Function), scheduled: expect.any(Function) },
          numbers: [number('to'), number('kin[].n', { own: false }), number('raw.a.from')],
          joined: [
            {
              parts: ['cc', 'no'].map((path) => ({ path: readPath(path), own: true, strategy: 'mask' })),
              code: true,
            },
          ],
          fields: [
            field('body', 'body', WORDS.body),
            field('x.name', 'name', 'keep', { onlyIfAlone: true }),
            field('tags[].t', 'name', 'clear', { all: true }),
            field('error', 'note', 'clear', { maskInText: true }),
            field('caption', 'body', WORDS.body, { anywhere: true }),
            field('raw.text', 'body', WORDS.body),
          ],
          suppression: false,
        },
        {
          ...{ name: 'cards', fate: 'delete', matches: expect.any(Function), suppression: false },
          numbers: [number('phone'), number('kin[].n', { own: false, unless: [readPath('phone')] })],
          ...{ joined: [], fields: [] },
        },
      ],
      ...{
        unmapped: 'mask',
        ambiguous: 'fail',
        keepsNumbers: false,
        belongs: expect.any(Function),
        shared: expect.any(Function),
      },
      fixed: [readPath('acc')],
    });
    const [first, second] = rules.entries;
    const about = [
      { acc: 'acc_x', kind: 'sms' },
      { acc: 'acc_x', kind: 'card' },
      { acc: 'acc_y', kind: 'sms' },
    ];
    expect(about.map((record) => [first?.matches(record), second?.matches(record), rules.belongs?.(record)])).toEqual([
      [true, false, true],
      [false, true, true],
      [false, false, false],
    ]);
    expect([{ status: 'queued' }, { status: 'sent' }].map((record) => first?.scheduled?.(record))).toEqual([
      true,
      false,
    ]);
  });

  it('has elements, marks and a list’s own rows', () => {
    expect(rewriteRulesFor([lists], FORGET, 'acc_x').entries[0]?.elements).toEqual(readPath('list[]'));
    const marked = rewriteRulesFor([sms, cards], { ...FORGET, marks: true }, 'acc_x').entries;
    expect(marked.map(({ mark }) => mark)).toEqual(['done', undefined]);
    expect(rewriteRulesFor([list], FORGET, 'acc_x').entries[0]?.suppression).toBe(true);
  });

  it('is as strict as its strictest entry, and erases what is in doubt where one of them says so', () => {
    const strict = { ...cards, unmapped: 'fail', ambiguous: 'erase' } as const;
    const said = (entries: CollectionMap[], profile: Profile = FORGET) => {
      const { unmapped, ambiguous, keepsNumbers } = rewriteRulesFor(entries, profile, 'acc_x');
      return { unmapped, ambiguous, keepsNumbers };
    };
    expect(said([sms, strict])).toEqual({ unmapped: 'fail', ambiguous: 'erase', keepsNumbers: false });
    expect(said([sms, cards])).toEqual({ unmapped: 'mask', ambiguous: 'fail', keepsNumbers: false });
    // A profile that leaves numbers alone must not take another’s for theirs.
    expect(said([strict], profileFor('contact', MAP))).toEqual({
      ...{ unmapped: 'fail', ambiguous: 'fail', keepsNumbers: true },
    });
  });

  it('is about what is meant', () => {
    const skips = { ...FORGET, records: { ...FORGET.records, contact: 'skip' } } as const;
    const names = (...more: [] | [() => boolean, (entry: CollectionMap) => boolean]) =>
      rewriteRulesFor([sms, cards], skips, 'acc_x', ...more).entries.map(({ name }) => name);
    expect(names()).toEqual(['sms']);
    expect(
      names(
        () => false,
        () => true,
      ),
    ).toEqual(['sms', 'cards']);
    expect(() => rewriteRulesFor([], FORGET, 'acc_x')).toThrow(TypeError);
  });

  it('is whose records are known by others: those that are known, and those that tell an account', () => {
    const isKnown = (_entry: CollectionMap, { of }: Record<string, unknown>) => of === 'known';
    const records = [{ of: 'known' }, { of: 'x' }, { of: 'x', acc: 'acc_x' }, { of: 'x', acc: 'acc_y' }];
    const belongs = (entry: CollectionMap, ...known: [typeof isKnown] | []) => {
      const rules = rewriteRulesFor([entry], FORGET, 'acc_x', ...known);
      return [...records.map((record) => rules.belongs?.(record)), rules.fixed?.map(({ text }) => text)];
    };
    expect(belongs(parts, isKnown)).toEqual([true, false, true, false, ['acc']]);
    expect(belongs(parts)).toEqual([false, false, true, false, ['acc']]);
    const nobodys = { ...parts, owner: { kind: 'via' } } as const;
    expect(belongs(nobodys, isKnown)).toEqual([true, false, false, false, []]);
    // A record with an account is its account’s, whatever is known of it.
    expect(belongs(elsewhere, isKnown)).toEqual([false, false, true, false, ['acc']]);
  });

  it('is of numbers in several fields by their strategy', () => {
    expect(joinedRulesFor(sms, { ...FORGET, fields: { ...FORGET.fields, number: 'keep' } })).toEqual([
      { parts: ['cc', 'no'].map((path) => ({ path: readPath(path), own: true, strategy: 'keep' })), code: true },
    ]);
  });
});

describe('what the rewriter knows of records that change as wholes', () => {
  const whole = (path: string, category: string, strategy: unknown, more: object = { anywhere: false }) => ({
    ...{ path: readPath(path), category, strategy },
    ...more,
  });
  const numbers = (...paths: string[]) => paths.map((path) => whole(path, 'number', 'mask', {}));
  const fields = [
    whole('body', 'body', WORDS.body),
    whole('x.name', 'name', 'keep'),
    whole('tags[].t', 'name', 'clear'),
    whole('error', 'note', 'clear'),
    whole('caption', 'body', WORDS.body, { anywhere: true }),
    whole('raw.text', 'body', WORDS.body),
  ];

  it('is every number and every field of them', () => {
    const rules = wholeRulesFor(sms, { ...FORGET, marks: true });
    const paths = ['to', 'kin[].n', 'cc', 'no', 'raw.a.from'];
    expect(rules).toEqual({
      name: 'sms',
      entries: [
        {
          ...{ name: 'sms', fate: 'keep', matches: expect.any(Function), numbers: [], mark: 'done' },
          fields: [...numbers(...paths), ...fields],
          scheduled: expect.any(Function),
        },
      ],
      unmapped: 'mask',
    });
    expect([{ kind: 'sms' }, { kind: 'x' }].map((record) => rules.entries[0]?.matches(record))).toEqual([true, false]);
    expect(wholeRulesFor(lists, FORGET)).toMatchObject({
      entries: [{ fate: 'delete', elements: readPath('list[]'), fields: numbers('list[].n') }],
    });
    expect(wholeRulesFor(sms, FORGET).entries[0]).not.toHaveProperty('mark');
    expect(wholeRulesFor(cards, { ...FORGET, marks: true }).entries[0]).not.toHaveProperty('mark');
  });

  it('is every key that is a number, with what is under it', () => {
    const keyed = mapOf([{ numbers: ['p.{key}.n', 'x.{key}'] }]).collections[0] as CollectionMap;
    expect(wholeRulesFor(keyed, FORGET).entries[0]?.fields).toEqual([
      whole('p', 'number', 'empty', {}),
      whole('x', 'number', 'empty', {}),
    ]);
  });

  it('is each direction’s own where another number is kept in each', () => {
    const told = mapOf([
      {
        ...{ numbers: ['from', 'to'], direction: { path: 'way', outbound: 'out', inbound: 'in' } },
        own_number: { outbound: 'from', inbound: 'to' },
      },
    ]).collections[0] as CollectionMap;
    const keeps = { ...FORGET, keepsOwnNumber: true };
    const { entries } = wholeRulesFor(told, keeps);
    expect(entries.map((one) => one.fields)).toEqual([numbers('from'), numbers('to'), numbers('from', 'to')]);
    const ways = ['in', 'out', 'x'];
    expect(entries.map(({ matches }) => ways.filter((way) => matches({ way })))).toEqual([['in'], ['out'], ['x']]);
    expect(wholeRulesFor(told, FORGET).entries.map((one) => one.fields)).toEqual([numbers('from', 'to')]);
    for (const change of [{ own_number: 'from' }, { direction: 'inbound' }] as const)
      expect(wholeRulesFor({ ...told, ...change }, keeps).entries).toHaveLength(1);
  });
});
