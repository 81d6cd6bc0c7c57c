import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { stillNeeds } from '../../../src/engine/change.ts';
import { allOf, type Filter } from '../../../src/engine/filter.ts';
import { parseDataMap } from '../../../src/engine/map/load.ts';
import { profileFor } from '../../../src/engine/map/profile.ts';
import { compilePlan, type NumberRule } from '../../../src/engine/plan.ts';
import { selectAnywhere, selectChangeable, selectUnreadable } from '../../../src/engine/selections.ts';
import { classify, narrowClasses, statementsFor } from '../../../src/engine/store/apply.ts';
import { numberSubject } from '../../../src/engine/subject.ts';
import { phoneNumber } from '../../support/numbers.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { randomSource } from '../../support/random-source.ts';
import { matches, RefusedUpdate, updated } from '../../support/reference-mongo.ts';

const { Decimal128, Double, Long } = mongoose.mongo;
type Document = Record<string, unknown>;

/** Every shape of map the engine makes queries of: entry, as the keys of a map of version 2. */
const ENTRIES: readonly (readonly [what: string, entry: object])[] = [
  [
    'plain paths',
    {
      ...{ record: 'message', numbers: ['to', 'alt.num'] },
      fields: [
        ...[
          { path: 'body', category: 'body' },
          { path: 'meta.custom', category: 'custom' },
        ],
        ...[
          { path: 'tags', category: 'tag' },
          { path: 'talk', category: 'transcript' },
        ],
      ],
    },
  ],
  ['plain paths, deleted', { record: 'contact', numbers: ['to', 'person.phone'] }],
  [
    'elements of an array',
    {
      ...{ record: 'message', numbers: ['people[].phone'] },
      fields: [
        { path: 'people[].name', category: 'name' },
        { path: 'people[].note', category: 'note' },
        { path: 'body', category: 'body' },
      ],
    },
  ],
  [
    'every element',
    { record: 'message', numbers: ['to'], fields: [{ path: 'parts[].text', category: 'body', all: true }] },
  ],
  [
    'elements with objects',
    {
      record: 'message',
      numbers: ['book.people[].home.phone'],
      fields: [{ path: 'book.people[].home.text', category: 'body' }],
    },
  ],
  ['elements that are records', { record: 'contact', elements: 'contacts[]', numbers: ['contacts[].number'] }],
  [
    'arrays in arrays',
    {
      record: 'message',
      numbers: ['groups[].members[].phone'],
      fields: [{ path: 'groups[].members[].text', category: 'body' }],
    },
  ],
  [
    'arrays in arrays, elements that are records',
    { record: 'contact', elements: 'groups[].members[]', numbers: ['groups[].members[].phone'] },
  ],
  ['an array of numbers', { record: 'message', numbers: ['list[]'], fields: [{ path: 'body', category: 'body' }] }],
  ['an array of numbers that are records', { record: 'contact', elements: 'list[]', numbers: ['list[]'] }],
  [
    'shapes that differ',
    { record: 'message', numbers: ['to', 'to[]', 'to[].phone'], fields: [{ path: 'body', category: 'body' }] },
  ],
];
const DOCUMENTS = 70;

describe('what the engine asks of the database, against a reference of its own', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('differential');
  });
  afterAll(() => platform?.close());

  const subject = numberSubject(phoneNumber(447700900123), 7, `token1.${'A'.repeat(43)}`, new Date(0), ['GB']);
  const other = numberSubject(phoneNumber(447700900456), 7, `token1.${'B'.repeat(43)}`, new Date(0), ['GB']);

  it.each(ENTRIES.map(([what, entry], index) => ({ what, entry, seed: 1_000 + index })))(
    '$what (seed $seed)',
    async ({ entry, seed }) => {
      const { db } = platform.core;
      const file = {
        ...{ version: 2, account: 'account_id' },
        collections: [
          { collection: `things${seed}`, ...entry },
          { collection: 'blacklist', record: 'suppression', numbers: ['number'] },
        ],
      };
      const map = parseDataMap(JSON.stringify(file), 'map.json');
      const [thing] = map.collections;
      const rules = compilePlan(map, profileFor('forget', map)).rules.filter((rule) => rule.entry === thing);
      const make = generator(seed, [
        ...(thing?.numbers ?? []).map(({ path }) => ({ path, isNumber: true })),
        ...(thing?.fields ?? []).map(({ path }) => ({ path, isNumber: false })),
      ]);
      const documents = Array.from({ length: DOCUMENTS }, (_, index) => ({
        ...make(),
        _id: index,
        account_id: index % 9 === 0 ? 8 : 7,
      }));
      const collection = db.collection<Document>(`things${seed}`);
      await collection.insertMany(documents as never[]);
      // What is compared is what the server has stored.
      const stored = (await collection.find({}, { promoteLongs: false }).sort({ _id: 1 }).toArray()) as Document[];

      for (const rule of rules)
        for (const filter of filtersOf(rule)) {
          const found = await collection
            .find(filter, { projection: { _id: 1 } })
            .sort({ _id: 1 })
            .toArray();
          const expected = stored.filter((one) => matches(one, filter)).map(({ _id }) => _id);
          expect({
            rule: rule.key,
            filter: JSON.stringify(filter).slice(0, 300),
            ids: found.map(({ _id }) => _id),
          }).toMatchObject({ ids: expected });
        }
      for (const rule of rules) {
        const now = (await collection.find({}, { promoteLongs: false }).sort({ _id: 1 }).toArray()) as Document[];
        await compareChange(
          collection,
          rule,
          now.filter((one) => !hasNested(one)),
        );
      }
    },
  );

  function filtersOf(rule: NumberRule): Filter[] {
    const change = rule.change(subject);
    const anywhere = selectAnywhere(rule, subject);
    return [
      ...[anywhere, selectChangeable(rule, subject), selectUnreadable(rule, 7)],
      ...(change.kind === 'update'
        ? [allOf(anywhere, stillNeeds(change)), ...change.elements.map(({ needs }) => needs)]
        : []),
    ];
  }

  /** One statement at a time for all records, each by itself: a record that refuses one must not hide the others. */
  async function compareChange(
    collection: mongoose.mongo.Collection<Document>,
    rule: NumberRule,
    documents: readonly Document[],
  ) {
    const change = rule.change(subject);
    if (change.kind !== 'update') return;
    const filter = allOf(selectChangeable(rule, subject), rule.only);
    const ids = documents.map(({ _id }) => _id);
    const classes = await classify(collection as never, filter, change, ids);
    const state = new Map(documents.map((one) => [one._id, { expected: one, refused: false }]));
    const statements = ids.map((id) => statementsFor(filter, change, narrowClasses(classes, [id])));
    const rounds = Math.max(0, ...statements.map(({ length }) => length));
    for (let round = 0; round < rounds; round += 1) {
      const writes = ids.flatMap((id, index) => {
        const one = statements[index]?.[round] as
          | { updateMany?: { filter: Document; update: Document; arrayFilters?: Document[] } }
          | undefined;
        return one?.updateMany && !state.get(id)?.refused ? [{ id, one: one.updateMany }] : [];
      });
      if (writes.length === 0) continue;
      const refused = await collection
        .bulkWrite(writes.map(({ one }) => ({ updateMany: one })) as never, { ordered: false })
        .then(
          () => [],
          (error: mongoose.mongo.MongoBulkWriteError) =>
            [error.writeErrors].flat().map(({ index }) => writes[index]?.id),
        );
      for (const { id, one } of writes) {
        const known = state.get(id);
        if (known === undefined || !matches(known.expected, one.filter)) continue;
        try {
          known.expected = updated(known.expected, one.update, one.arrayFilters);
        } catch (error) {
          if (!(error instanceof RefusedUpdate)) throw error;
          known.refused = true;
        }
      }
      expect(refused).toEqual(writes.filter(({ id }) => state.get(id)?.refused).map(({ id }) => id));
    }
    const now = await collection
      .find({ _id: { $in: ids } } as never, { promoteLongs: false })
      .sort({ _id: 1 })
      .toArray();
    for (const one of now) expect(plain(one)).toEqual(plain(state.get(one._id)?.expected));
  }

  /** Documents of the map's shape and of others, as they are found in the wild. */
  function generator(seed: number, paths: readonly { path: string; isNumber: boolean }[]): () => Document {
    const chance = randomSource(seed);
    const oneOf = <T>(list: readonly T[]): T => list[Math.floor(chance() * list.length)] as T;
    const number = (whose = subject): unknown => {
      const value = oneOf(whose.values);
      if (typeof value === 'string' || value instanceof RegExp) return value;
      return oneOf([
        value,
        new Double(Number(value)),
        Decimal128.fromString(`${value}`),
        Decimal128.fromString(`${value}.0`),
      ]);
    };
    const held = [() => number(), () => number(), () => number(), () => number(other), () => [number(), number(other)]];
    const odd = [
      null,
      undefined,
      '',
      subject.masked,
      true,
      5,
      new Date(0),
      {},
      [],
      { e164: '447700900123' },
      [{ e164: '447700900123' }],
      [['447700900123']],
    ];
    const words = [
      'hello',
      'hello',
      '',
      null,
      undefined,
      [],
      ['a', 'b'],
      {},
      { a: 1 },
      3,
      true,
      [null],
      [{ t: 'x' }],
      '[REDACTED]',
      ['[REDACTED]'],
    ];
    const leaf = (isNumber: boolean) => (!isNumber ? oneOf(words) : chance() < 0.7 ? oneOf(held)() : oneOf(odd));
    const within = (name: string) => {
      const inner = paths.filter(
        ({ path }) => path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[]`),
      );
      return inner.map(({ path, isNumber }) => ({ path: path.slice(name.length).replace(/^\./, ''), isNumber }));
    };
    const valueFor = (inner: readonly { path: string; isNumber: boolean }[]): unknown => {
      const ends = inner.find(({ path }) => path === '');
      const arrays = inner
        .filter(({ path }) => path.startsWith('[]'))
        .map(({ path, isNumber }) => ({ path: path.slice(2).replace(/^\./, ''), isNumber }));
      const fields = inner.filter(({ path }) => path !== '' && !path.startsWith('[]'));
      const ways = [
        ...(ends ? [() => leaf(ends.isNumber)] : []),
        ...(arrays.length > 0
          ? [
              () =>
                Array.from({ length: Math.floor(chance() * 4) }, () =>
                  chance() < 0.85
                    ? (valueFor(arrays) ?? null)
                    : oneOf<unknown>([null, {}, number(), [valueFor(arrays) ?? null]]),
                ),
            ]
          : []),
        ...(fields.length > 0 ? [() => generator(seed + Math.floor(chance() * 1e6), fields)()] : []),
      ];
      return chance() < 0.85 ? oneOf(ways)() : oneOf<unknown>([null, undefined, '', 'text', number(), {}, [], [{}]]);
    };
    return () => {
      const names = [...new Set(paths.map(({ path }) => path.split(/\.|\[\]/)[0] ?? ''))];
      const entries = names.map((name): [string, unknown] => [name, valueFor(within(name))]);
      return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
    };
  }
});

/** An array right within an array: there servers differ, and records of the kind are left to the scan. */
function hasNested(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((one) => Array.isArray(one) || hasNested(one));
  return typeof value === 'object' && value !== null && !('_bsontype' in value) && Object.values(value).some(hasNested);
}

/** Numbers by value, whatever their type. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Long || value instanceof Double || value instanceof Decimal128) return Number(String(value));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
