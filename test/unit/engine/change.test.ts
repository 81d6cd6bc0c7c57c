import { describe, expect, it } from '@jest/globals';
import { changeOfRecord, stillNeeds, type UpdateChange } from '../../../src/engine/change.ts';
import { profileFor } from '../../../src/engine/map/profile.ts';
import { compilePlan } from '../../../src/engine/plan.ts';
import { elementHolds, KINDS, stillHolds, writesFor } from '../../../src/engine/shapes.ts';
import { entryOf, INTEGER, JO, jo, mapOf, NOW, rulesFor } from './support.ts';

const MASK = '44********23';
const WORDS = { masked: MASK, token: 'key1.token' };
const VALUES = [JO, INTEGER];
const IN = { $in: VALUES };
const NO_LIST = { $not: { $type: 'array' } };
const writes = (strategy: Parameters<typeof writesFor>[0]) => writesFor(strategy, WORDS) as never;
const MASKED = writes('mask');

/** What the forget profile, or another, makes of records that hold Jo at the entry's first place. */
function changesOf(entry: object, profile: 'forget' | 'contact' = 'forget', more: object = {}) {
  return rulesFor({ numbers: ['to'], ...entry }, more, profile).map((rule) => rule.change(jo()));
}
const changeOf = (...args: Parameters<typeof changesOf>) => changesOf(...args)[0] as UpdateChange;

/** The writes of one field in elements: one for each kind of value, `at` the way to the element. */
function kinds(at: string, field: string, texts: readonly unknown[], theirs: (name: string) => object) {
  const written = { text: texts[0], texts: texts[1], list: [], object: {}, other: null } as const;
  return {
    update: { $set: Object.fromEntries(KINDS.map((kind) => [`${at}$[k${kind}].${field}`, written[kind]])) },
    filters: KINDS.map((kind) => ({
      ...theirs(`k${kind}`),
      ...Object.fromEntries(
        Object.entries(elementHolds(field, kind)).map(([name, condition]) => [`k${kind}.${name}`, condition]),
      ),
    })),
  };
}

describe('the change of a record', () => {
  const body = { path: 'body', category: 'body' };

  it('is its deletion, or that of fields', () => {
    expect(changesOf({ record: 'contact' })).toEqual([{ kind: 'delete' }]);
    expect(changesOf({ numbers: ['a.to'], fields: [body, { path: 'x', category: 'name', strategy: 'keep' }] })).toEqual(
      [
        {
          kind: 'update',
          fields: [
            { path: 'body', by: writes({ replace: '[REDACTED]' }) },
            { path: 'a.to', by: MASKED },
          ],
          elements: [],
          always: {},
          fieldsLast: true,
        },
      ],
    );
  });

  it('is of the fields alone where numbers stay', () => {
    expect(changesOf({ fields: [body] }, 'contact')).toEqual([
      {
        kind: 'update',
        fields: [{ path: 'body', by: writes({ replace: '[REDACTED]' }) }],
        elements: [],
        always: {},
        fieldsLast: true,
      },
    ]);
    expect(changeOf({ numbers: ['to[]'], fields: [body] }, 'contact')).toMatchObject({
      elements: [],
      fieldsLast: false,
    });
  });

  it('leaves the record’s own fields to its own number', () => {
    const entry = {
      numbers: [{ path: 'of', own: false }],
      fields: [body, { path: 'tags[].x', category: 'tag', all: true }],
    };
    expect(changesOf(entry)).toEqual([
      { kind: 'update', fields: [{ path: 'of', by: MASKED }], elements: [], always: {}, fieldsLast: true },
    ]);
  });

  it('notes the time where a profile marks records', () => {
    const entry = entryOf({ numbers: ['to'], redacted: 'gone_at' });
    const marks = { ...profileFor('forget', mapOf([{ numbers: ['to'] }])), marks: true };
    const words = { ...WORDS, values: [], now: NOW };
    const noMark = entryOf({ numbers: ['to'] });
    const [rule] = compilePlan(mapOf([{ numbers: ['to'], redacted: 'gone_at' }]), marks).rules;
    expect(rule?.change(jo())).toMatchObject({ always: { gone_at: NOW } });
    expect(compilePlan(mapOf([{ numbers: ['to'] }]), marks).rules[0]?.change(jo())).toMatchObject({ always: {} });
    expect(changeOf({ redacted: 'gone_at' }).always).toEqual({});
    const record = (one: typeof entry, profile: typeof marks) => {
      const change = changeOfRecord(one, profile, words, undefined);
      return change.kind === 'update' ? change.always : change;
    };
    expect(record(entry, marks)).toEqual({ gone_at: NOW });
    expect(record(noMark, marks)).toEqual({});
    expect(record(entry, { ...marks, marks: false })).toEqual({});
  });
});

describe('the change of elements that are records', () => {
  it('takes them out', () => {
    const contact = { record: 'contact', elements: 'list[]' };
    const pulled = { kind: 'update', fields: [], always: {} };
    const theirs = { depth: 1, values: VALUES };
    const pull = (which: object) => ({
      text: 'list[]',
      update: { $pull: { list: which } },
      arrayFilters: [],
      needs: {},
    });
    expect(changesOf({ ...contact, numbers: ['list[]', 'list[].a.n', 'list[].people[].n'] })).toEqual([
      { ...pulled, elements: [{ ...pull({ ...IN, ...NO_LIST }), theirs: { ...theirs, rest: '' }, words: [] }] },
      {
        ...pulled,
        elements: [
          { ...pull({ 'a.n': { ...IN, ...NO_LIST }, a: NO_LIST }), theirs: { ...theirs, rest: 'a.n' }, words: [] },
        ],
      },
      { ...pulled, elements: [{ ...pull({ 'people.n': IN }), theirs: { ...theirs, rest: 'people.n' }, words: [] }] },
    ]);
  });

  it('takes them out of the elements that hold them', () => {
    const entry = {
      record: 'contact',
      elements: 'towns[].x.homes[].people[]',
      numbers: ['towns[].x.homes[].people[].n'],
    };
    expect(changesOf(entry)).toEqual([
      {
        kind: 'update',
        fields: [],
        always: {},
        elements: [
          {
            text: 'towns[].x.homes[].people[]',
            update: { $pull: { 'towns.$[e0].x.homes.$[e1].people': { n: { ...IN, ...NO_LIST } } } },
            arrayFilters: [{ 'e0.x.homes.people.n': IN }, { 'e1.people.n': IN }],
            needs: {},
            theirs: { depth: 3, rest: 'n', values: VALUES },
            words: [],
          },
        ],
      },
    ]);
  });
});

describe('the change of a number in a list', () => {
  it('is that of the elements that are it', () => {
    expect(changesOf({ numbers: ['to[]'] })).toEqual([
      {
        kind: 'update',
        fields: [],
        elements: [
          {
            text: 'to[]',
            update: { $set: { 'to.$[ktext]': MASK, 'to.$[kother]': null } },
            arrayFilters: [{ ktext: { $in: [JO], ...NO_LIST } }, { kother: { $in: [INTEGER], ...NO_LIST } }],
            needs: { to: { $elemMatch: { ...IN, ...NO_LIST } } },
            theirs: { depth: 1, rest: '', values: VALUES },
            words: [MASK],
          },
        ],
        always: {},
        fieldsLast: false,
      },
    ]);
  });

  it('is that of the elements it stands in, through lists in lists', () => {
    expect(changeOf({ numbers: ['a.homes[].b.people[].c.n'] }).elements).toEqual([
      {
        text: 'a.homes[].b.people[].c.n',
        update: { $set: { 'a.homes.$[e0].b.people.$[ktext].c.n': MASK, 'a.homes.$[e0].b.people.$[kother].c.n': null } },
        arrayFilters: [
          { 'e0.b.people.c.n': IN },
          { 'ktext.c.n': { $in: [JO], ...NO_LIST } },
          { 'kother.c.n': { $in: [INTEGER], ...NO_LIST } },
        ],
        needs: {
          'a.homes': {
            $elemMatch: {
              'b.people.c.n': IN,
              'b.people': { $elemMatch: { 'c.n': { ...IN, ...NO_LIST }, ...stillHolds('c.n', MASKED) } },
            },
          },
        },
        theirs: { depth: 2, rest: 'c.n', values: VALUES },
        words: [MASK],
      },
    ]);
  });

  it('is needed where the elements on the way hold it, at any depth', () => {
    expect(changeOf({ numbers: ['towns[].homes[].people[].n'] }).elements[0]?.needs).toEqual({
      towns: {
        $elemMatch: {
          'homes.people.n': IN,
          homes: {
            $elemMatch: {
              'people.n': IN,
              people: { $elemMatch: { n: { ...IN, ...NO_LIST }, ...stillHolds('n', MASKED) } },
            },
          },
        },
      },
    });
  });

  it('is written only in the kinds of values there are', () => {
    const [rule] = rulesFor({ numbers: ['to[].n'] });
    const filters = (values: unknown[]) => {
      const change = rule?.change(jo({ values })) as UpdateChange;
      return change.elements.map(({ update, arrayFilters }) => [Object.keys(update.$set ?? {}), arrayFilters]);
    };
    const tail = /^447700900123:[^@]*@s$/;
    expect(filters([JO, tail])).toEqual([[['to.$[ktext].n'], [{ 'ktext.n': { $in: [JO, tail], ...NO_LIST } }]]]);
    expect(filters([INTEGER])).toEqual([[['to.$[kother].n'], [{ 'kother.n': { $in: [INTEGER], ...NO_LIST } }]]]);
  });

  it('is its removal where the profile has that', () => {
    const more = { profiles: { forget: { fields: { number: 'delete', name: 'delete' } } } };
    const entry = { numbers: ['to[].n'], fields: [{ path: 'to[].name', category: 'name' }] };
    expect(changeOf(entry, 'forget', more).elements).toEqual([
      {
        text: 'to[].name',
        update: { $unset: { 'to.$[ktext].name': '' } },
        arrayFilters: [{ 'ktext.n': { ...IN, ...NO_LIST }, 'ktext.name': { $exists: true } }],
        needs: { to: { $elemMatch: { n: { ...IN, ...NO_LIST }, ...stillHolds('name', writes('delete')) } } },
        theirs: { depth: 1, rest: 'n', values: VALUES },
        words: [],
      },
      {
        text: 'to[].n',
        update: { $unset: { 'to.$[ktext].n': '', 'to.$[kother].n': '' } },
        arrayFilters: [{ 'ktext.n': { $in: [JO], ...NO_LIST } }, { 'kother.n': { $in: [INTEGER], ...NO_LIST } }],
        needs: { to: { $elemMatch: { n: { ...IN, ...NO_LIST }, ...stillHolds('n', writes('delete')) } } },
        theirs: { depth: 1, rest: 'n', values: VALUES },
        words: [],
      },
    ]);
  });
});

describe('the change of fields in elements', () => {
  const name = (path: string, more: object = {}) => ({ path, category: 'name', ...more });

  it('is that of the elements that hold the number, itself or further in', () => {
    const entry = {
      numbers: ['homes[].people[].n'],
      fields: [name('homes[].people[].name'), name('homes[].label'), name('note')],
    };
    const inner = kinds('homes.$[e0].people.', 'name', [null, []], (name) => ({
      [`${name}.n`]: { ...IN, ...NO_LIST },
    }));
    const outer = kinds('homes.', 'label', [null, []], (name) => ({ [`${name}.people.n`]: IN }));
    const change = changeOf(entry);
    expect({ ...change, elements: change.elements.slice(0, 2) }).toEqual({
      kind: 'update',
      fields: [{ path: 'note', by: writes('clear') }],
      elements: [
        {
          text: 'homes[].people[].name',
          update: inner.update,
          arrayFilters: [{ 'e0.people.n': IN }, ...inner.filters],
          needs: {
            homes: {
              $elemMatch: {
                'people.n': IN,
                people: { $elemMatch: { n: { ...IN, ...NO_LIST }, ...stillHolds('name', writes('clear')) } },
              },
            },
          },
          theirs: { depth: 2, rest: 'n', values: VALUES },
          words: [null],
        },
        {
          text: 'homes[].label',
          update: outer.update,
          arrayFilters: outer.filters,
          needs: { homes: { $elemMatch: { 'people.n': IN, ...stillHolds('label', writes('clear')) } } },
          theirs: { depth: 1, rest: 'people.n', values: VALUES },
          words: [null],
        },
      ],
      always: {},
      fieldsLast: false,
    });
    expect(change.elements.map(({ text }) => text)).toEqual([
      ...['homes[].people[].name', 'homes[].label', 'homes[].people[].n'],
    ]);
  });

  it('leaves elements of other lists, and of those with a longer name', () => {
    const entry = {
      numbers: ['homes[].n', 'homesteads[].n', 'homes[].people[].n'],
      fields: [name('homes[].people[].name'), name('homesteads[].name')],
    };
    expect(changesOf(entry).map((one) => (one as UpdateChange).elements.map(({ text }) => text))).toEqual([
      ['homes[].n'],
      ['homesteads[].name', 'homesteads[].n'],
      ['homes[].people[].name', 'homes[].people[].n'],
    ]);
  });

  it('is none of what lies within the number’s own value', () => {
    const entry = { numbers: ['to[]', 'to[].n'], fields: [name('to[].name')] };
    expect(changesOf(entry).map((one) => (one as UpdateChange).elements.map(({ text }) => text))).toEqual([
      ['to[]'],
      ['to[].name', 'to[].n'],
    ]);
  });

  it('is that of every element where the map says so', () => {
    const entry = {
      numbers: ['to'],
      fields: [
        name('tags[].x', { all: true }),
        name('a.homes[].b.words[]', { all: true, strategy: { replace: '[GONE]' } }),
        name('marks[].y', { all: true, strategy: 'delete' }),
        name('gone[]', { all: true, strategy: 'delete' }),
      ],
    };
    const tags = kinds('tags.', 'x', [null, []], () => ({}));
    expect(changeOf(entry).elements).toEqual([
      {
        text: 'tags[].x',
        update: tags.update,
        arrayFilters: tags.filters,
        needs: { tags: { $elemMatch: stillHolds('x', writes('clear')) } },
        words: [null],
      },
      {
        text: 'a.homes[].b.words[]',
        update: {
          $set: {
            'a.homes.$[].b.words.$[ktext]': '[GONE]',
            'a.homes.$[].b.words.$[ktexts]': ['[GONE]'],
            'a.homes.$[].b.words.$[klist]': [],
            'a.homes.$[].b.words.$[kobject]': {},
            'a.homes.$[].b.words.$[kother]': null,
          },
        },
        arrayFilters: KINDS.map((kind) =>
          Object.fromEntries(
            Object.entries(elementHolds('', kind)).map(([name, condition]) => [`k${kind}${name}`, condition]),
          ),
        ),
        needs: { 'a.homes': { $elemMatch: { 'b.words': { $elemMatch: { $exists: true } } } } },
        words: ['[GONE]'],
      },
      {
        text: 'marks[].y',
        update: { $unset: { 'marks.$[ktext].y': '' } },
        arrayFilters: [{ 'ktext.y': { $exists: true } }],
        needs: { marks: { $elemMatch: stillHolds('y', writes('delete')) } },
        words: [],
      },
      {
        text: 'gone[]',
        update: { $unset: { 'gone.$[ktext]': '' } },
        arrayFilters: [{ ktext: { $exists: true } }],
        needs: { gone: { $elemMatch: { $exists: true } } },
        words: [],
      },
    ]);
  });
});

describe('the change of a whole record', () => {
  const entry = entryOf({
    ...{ numbers: ['from', 'a.to', { parts: ['cc', 'no'] }, { parts: ['cc', 'other'] }], redacted: 'gone_at' },
    fields: [
      { path: 'body', category: 'body' },
      { path: 'x.name', category: 'name', strategy: 'keep' },
      { path: 'tag', category: 'tag', strategy: 'delete' },
    ],
  });
  const words = { ...WORDS, values: [], now: NOW };
  const profile = profileFor('transaction', mapOf([{ numbers: ['to'] }]));
  const change = (kept?: string) => changeOfRecord(entry, profile, words, kept);

  it('is that of every number but the one that is kept, and of every field', () => {
    const redacted = writes({ replace: 'REDACTED' });
    const paths = ['from', 'a.to', 'cc', 'no', 'other', 'body'].map((path) => ({ path, by: redacted }));
    const fields = [...paths, { path: 'tag', by: writes('delete') }];
    expect(change()).toEqual({ kind: 'update', fields, elements: [], always: { gone_at: NOW } });
    expect(change('from')).toEqual({ kind: 'update', fields: fields.slice(1), elements: [], always: { gone_at: NOW } });
  });

  it('is its deletion', () => {
    expect(
      changeOfRecord(entry, { ...profile, records: { ...profile.records, message: 'delete' } }, words, undefined),
    ).toEqual({ kind: 'delete' });
  });

  it('is still needed where one of its parts is', () => {
    const needs = { homes: { $elemMatch: { n: JO } } };
    const some = { kind: 'update', fields: [{ path: 'to', by: MASKED }], elements: [{ needs }], always: {} };
    expect(stillNeeds(some as unknown as UpdateChange)).toEqual({
      $nor: [{ $and: [{ $nor: [stillHolds('to', MASKED)] }, { $nor: [needs] }] }],
    });
  });
});
