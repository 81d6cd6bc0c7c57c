import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { parseDataMap } from '../../../src/engine/map/load.ts';
import { profileFor } from '../../../src/engine/map/profile.ts';
import { compilePlan } from '../../../src/engine/plan.ts';
import { replacementFor, statementsFor } from '../../../src/engine/rewrite/apply.ts';
import { applyEdits } from '../../../src/engine/rewrite/outcome.ts';
import { rewriteRecords } from '../../../src/engine/store/rewrite-records.ts';
import { numberSubject } from '../../../src/engine/subject.ts';
import { engines } from '../../support/platform.ts';
import { ENTRIES, randomFrom, randomObject } from '../../unit/engine/rewrite/random-documents.ts';
import { AL, type EntryInWords, JO, MASK, rulesOf, run } from '../../unit/engine/rewrite/support.ts';

const { MongoClient, BSON, Long, Decimal128, Double, Binary } = mongoose.mongo;
type Doc = Record<string, unknown>;

const ACCOUNT = { acc: 'a' };
const READ = { promoteLongs: false } as const;
const text = (value: unknown) => BSON.EJSON.stringify(value, { relaxed: false });

const CASES: Record<string, [Doc, EntryInWords[]]> = {
  'a plain value': [{ to: JO, body: 'hi' }, [{ numbers: ['to'], fields: { body: 'body' }, mark: 'log.at' }]],
  'a number of each type': [
    {
      a: Long.fromString(JO),
      b: new Double(447700900123),
      c: Decimal128.fromString('4.47700900123E+11'),
      d: 447700900123,
    },
    [{ numbers: ['a'] }],
  ],
  bytes: [{ a: new Binary(Buffer.from(`\xff${JO}`, 'latin1'), 128) }, []],
  'lists in lists': [{ to: [[JO, AL], AL, [[JO]]] }, [{ numbers: ['to'] }]],
  'elements of lists in lists': [
    { c: [[{ n: JO }, { n: AL, name: 'Al' }], { n: JO, name: 'Jo' }] },
    [{ fate: 'delete', elements: 'c[]', numbers: ['c[].n'] }],
  ],
  'equal elements and larger ones': [
    { c: [{ n: JO }, { n: JO, x: 1 }, { n: AL, x: 1 }, JO, AL, { x: 1, n: JO }] },
    [{ fate: 'delete', elements: 'c[]', numbers: ['c[].n'] }],
  ],
  'plain elements': [
    { p: [JO, AL, `+${JO}`, Long.fromString(JO)] },
    [{ fate: 'delete', elements: 'p[]', numbers: ['p[]'] }],
  ],
  'keys and what is under them': [
    { k: { a: 1, [JO]: { name: 'Jo', n: [JO] }, [AL]: { name: 'Al' } } },
    [{ numbers: ['k.{key}'], fields: { 'k.{key}.name': 'name' } }],
  ],
  'keys alone, and what is in lists': [{ k: { [JO]: 3, z: 1 }, l: [{ [JO]: 3 }] }, [{ numbers: ['k.{key}'] }]],
  'keys at the top': [{ [JO]: 1, to: AL }, [{ numbers: ['to'] }]],
  'keys with dots': [{ 'a.b': { [`${JO}@c.us`]: JO } }, [{ numbers: ['to'] }]],
  'JSON and base64': [{ raw: `{"n":"${JO}"}`, f: Buffer.from(`x,${JO}`).toString('base64') }, [{ numbers: ['raw.n'] }]],
  'objects and lists that are emptied': [
    { to: JO, o: { z: 1, a: [1, { b: null }] }, l: [1, 'a', { c: 1 }], gone: { x: 1 } },
    [{ numbers: ['to'], fields: { o: 'custom', l: 'tag', gone: { category: 'other', strategy: 'delete' } } }],
  ],
};

const REPLACED = ['keys with dots', 'elements of lists in lists'];

describe('statements of the rewriter', () => {
  const client = new MongoClient(engines().mongodbUri, READ);
  const db = client.db(`t-rewrite-apply-${process.pid}`);
  const records = db.collection<Doc>('records');

  beforeAll(() => client.connect());
  beforeEach(async () => {
    await records.deleteMany({});
  });
  afterAll(async () => {
    await db.dropDatabase();
    await client.close();
  });

  const read = async (id: unknown) => (await records.findOne({ _id: id as never })) as Doc;

  /** Stores three like records, two of them of this account, rewrites one, and says how. */
  async function rewriteOne(document: Doc, entries: EntryInWords[]): Promise<'statement' | 'replacement' | 'none'> {
    await records.insertMany([
      { ...document, _id: 1 as never, ...ACCOUNT },
      { ...document, _id: 2 as never, ...ACCOUNT },
      { ...document, _id: 3 as never, acc: 'b' },
    ]);
    const before = await Promise.all([1, 2, 3].map(read));
    const [mine = {}] = before;
    const result = run(mine, rulesOf(entries));
    const statements = statementsFor(mine, result, ACCOUNT);
    const writes = statements ?? [replacementFor(mine, result, ACCOUNT)];
    if (writes.length > 0) {
      const done = await records.bulkWrite(writes as never);
      expect([text(mine), done.matchedCount + done.deletedCount]).toEqual([text(mine), 1]);
    }
    const after = await Promise.all([1, 2, 3].map(read));
    expect(text(after.slice(1))).toBe(text(before.slice(1)));
    if (result.fate === 'deleted') expect(after[0]).toBeNull();
    else expect(after[0]).toEqual(applyEdits(mine, result));
    return statements === null ? 'replacement' : statements.length > 0 ? 'statement' : 'none';
  }

  it.each(Object.entries(CASES))('write what was reckoned: %s', async (name, [document, entries]) => {
    expect(await rewriteOne(document, entries)).toBe(REPLACED.includes(name) ? 'replacement' : 'statement');
    expect(run((await read(1)) ?? {}, rulesOf(entries)).fate).toBe('unchanged');
  });

  it('write what was reckoned of random documents', async () => {
    const random = randomFrom(2026);
    const ways = { statement: 0, replacement: 0, none: 0 };
    for (let round = 0; round < 120; round += 1) {
      await records.deleteMany({});
      ways[
        await rewriteOne(
          randomObject(random, 4),
          ENTRIES.filter(() => random(2) === 0),
        )
      ] += 1;
    }
    expect(ways.statement).toBeGreaterThan(15);
    expect(ways.replacement).toBeGreaterThan(5);
  });

  it('rename a key with what has come under it since', async () => {
    await records.insertOne({ k: { [JO]: new Double(1) }, _id: 1 as never, ...ACCOUNT });
    const mine = await read(1);
    const statements = statementsFor(mine, run(mine, rulesOf([{ numbers: ['k.{key}'] }])), ACCOUNT);
    await records.updateOne({ _id: 1 as never }, { $set: { [`k.${JO}`]: new Double(2) } });
    await records.bulkWrite(statements as never);
    const raw = await records.findOne({ _id: 1 as never }, { promoteValues: false });
    expect(raw?.k).toEqual({ [MASK]: new Double(2) });
  });

  it.each<[string, Doc, EntryInWords, Doc]>([
    ['a value', { to: JO, body: 'x' }, { numbers: ['to'], fields: { body: 'body' } }, { $set: { body: 'y' } }],
    ['a value that is a list now', { to: JO }, { numbers: ['to'] }, { $set: { to: [JO, AL] } }],
    ['an element before it', { to: [{ n: AL }, { n: JO }] }, { numbers: ['to[].n'] }, { $pop: { to: -1 } }],
    ['what is under a key', { k: { [JO]: { n: JO } } }, { numbers: ['k.{key}'] }, { $set: { [`k.${JO}.x`]: 1 } }],
    ['a key, which is gone', { k: { [JO]: 1 } }, { numbers: ['k.{key}'] }, { $unset: { [`k.${JO}`]: '' } }],
    ['a key that is taken now', { k: { [JO]: 1 } }, { numbers: ['k.{key}'] }, { $set: { [`k.${MASK}`]: 1 } }],
    [
      'the pulled element',
      { c: [{ n: JO }] },
      { fate: 'delete', elements: 'c[]', numbers: ['c[].n'] },
      { $set: { 'c.0.x': 1 } },
    ],
    ['the number of a deleted record', { n: JO }, { fate: 'delete', numbers: ['n'] }, { $set: { n: AL } }],
    ['the account', { n: JO }, { numbers: ['n'] }, { $set: { acc: 'b' } }],
  ])('change nothing when somebody has changed %s since', async (_, document, entry, update) => {
    await records.insertOne({ ...document, _id: 1 as never, ...ACCOUNT });
    const mine = await read(1);
    const statements = statementsFor(mine, run(mine, rulesOf([entry])), ACCOUNT);
    expect(statements).toHaveLength(1);
    await records.updateOne({ _id: 1 as never }, update);
    const since = await read(1);
    const done = await records.bulkWrite(statements as never);
    expect(done.matchedCount + done.deletedCount).toBe(0);
    expect(await read(1)).toEqual(since);
  });

  it('are those of records that have to be read: one that none can say is written as a whole, with its types', async () => {
    const map = parseDataMap(
      `{version: 2, account: acc, collections: [{collection: blacklist, record: suppression, numbers: [number]},
        {collection: records, record: message, numbers: [to], fields: [{path: body, category: body, only_if_alone: true}]}]}`,
      'map',
    );
    const rule = compilePlan(map, profileFor('forget', map)).rules.find(({ name }) => name === 'records');
    if (!rule?.needsReading) throw new Error('no such rule');
    // As the product's own client reads.
    const plain = new MongoClient(engines().mongodbUri);
    const count = Long.fromNumber(7);
    await records.insertMany([
      { _id: 1, ...ACCOUNT, to: JO, body: 'Hi', count },
      { _id: 2, ...ACCOUNT, to: JO, body: 'Hi', 'a.b': { [JO]: 1 }, count },
      { _id: 3, ...ACCOUNT, to: AL, body: 'Hi' },
    ] as never[]);
    const change = (...ids: number[]) =>
      rewriteRecords(plain.db(db.databaseName), rule, numberSubject(JO, 'a', 'token', new Date()), ids, ACCOUNT);
    try {
      await change(1, 2);
      const gone = { ...ACCOUNT, to: MASK, body: '[REDACTED]', count };
      expect([await read(1), await read(2)]).toEqual([
        { _id: 1, ...gone },
        { _id: 2, ...gone, 'a.b': { [MASK]: 1 } },
      ]);
      // Found by the database, and not by the reader.
      await records.updateOne({ _id: 1 as never }, { $set: { to: JO } });
      await expect(change(1, 3)).rejects.toMatchObject({ failure: 'unsupported_type' });
      expect([await read(1), await read(3)]).toMatchObject([{ to: MASK }, { to: AL, body: 'Hi' }]);
    } finally {
      await plain.close();
    }
  });
});
