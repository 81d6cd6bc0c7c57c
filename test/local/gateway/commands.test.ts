import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { mongo } from 'mongoose';
import { createCleanup, failure, MongoBulkWriteError, ObjectId, openDatabase } from '../support.ts';

/** What Lethe's code relies on, one client at a time. The same on MongoDB itself: MONGODB_URI runs it there. */

const cleanup = createCleanup();
let db: mongo.Db;
let things: mongo.Collection;
let count = 0;

beforeAll(async () => {
  ({ db } = await openDatabase(cleanup));
});

afterAll(() => cleanup.run());

beforeEach(() => {
  count += 1;
  things = db.collection(`things${count}`);
});

describe('reading and writing', () => {
  it('inserts, finds, updates and deletes, keeping BSON types', async () => {
    const document = { _id: new ObjectId(), n: 1, long: 2 ** 40, at: new Date(0), tags: ['a'], none: null };
    await things.insertOne(document);
    expect(await things.findOne({ _id: document._id })).toEqual(document);
    expect(await things.updateOne({ n: 1 }, { $set: { n: 2 }, $unset: { none: '' } })).toMatchObject({
      matchedCount: 1,
      modifiedCount: 1,
    });
    const { none, ...rest } = document;
    expect(none).toBeNull();
    expect(await things.findOne({})).toEqual({ ...rest, n: 2 });
    expect(await things.findOneAndUpdate({ n: 2 }, { $inc: { n: 1 } }, { returnDocument: 'after' })).toMatchObject({
      n: 3,
    });
    expect(await things.deleteMany({ n: 3 })).toMatchObject({ deletedCount: 1 });
    expect(await things.countDocuments({})).toBe(0);
  });

  it('iterates a result of many batches, sorted and unsorted, and aggregates', async () => {
    await things.insertMany(Array.from({ length: 2_500 }, (_, n) => ({ n, even: n % 2 === 0 })));
    const seen: number[] = [];
    for await (const { n } of things.find({ even: true }).batchSize(100)) seen.push(n);
    expect(seen).toHaveLength(1_250);
    expect(new Set(seen).size).toBe(1_250);
    const sorted = await things
      .find({}, { projection: { _id: 0, n: 1 } })
      .sort({ n: -1 })
      .batchSize(300)
      .toArray();
    expect(sorted.map(({ n }) => n)).toEqual(Array.from({ length: 2_500 }, (_, index) => 2_499 - index));
    expect(await things.countDocuments({ even: false })).toBe(1_250);
    const groups = await things
      .aggregate([{ $group: { _id: '$even', count: { $sum: 1 }, last: { $max: '$n' } } }, { $sort: { _id: 1 } }])
      .toArray();
    expect(groups).toEqual([
      { _id: false, count: 1_250, last: 2_499 },
      { _id: true, count: 1_250, last: 2_498 },
    ]);
  });

  it('shows each document once while all of them are being rewritten', async () => {
    await things.createIndex({ group: 1 });
    await things.insertMany(Array.from({ length: 1_000 }, (_, n) => ({ _id: n as never, group: n % 2 })));
    for (const filter of [{}, { group: 1 }, { group: { $lt: 1 } }]) {
      const seen: number[] = [];
      for await (const { _id } of things.find(filter).batchSize(100)) {
        seen.push(_id as never);
        if (seen.length % 100 === 1) await things.updateMany({}, { $inc: { touched: 1 } });
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toHaveLength(await things.countDocuments(filter));
    }
  });

  it('closes a cursor before its end', async () => {
    await things.insertMany(Array.from({ length: 50 }, (_, n) => ({ n })));
    const cursor = things.find({}).sort({ n: 1 }).batchSize(5);
    await cursor.next();
    const id = cursor.id;
    await cursor.close();
    const error = await failure(db.command({ getMore: id, collection: things.collectionName }));
    expect(error.code).toBe(43);
  });

  it('updates array elements by filter, pulls them, and pushes', async () => {
    await things.insertMany([
      {
        _id: 1 as never,
        list: [
          { number: 'a', name: 'A' },
          { number: 'b', name: 'B' },
        ],
      },
      { _id: 2 as never, list: [{ number: 'a', name: 'A2' }] },
      { _id: 3 as never, list: [] },
    ]);
    const masked = await things.updateMany(
      { 'list.number': 'a' },
      { $set: { 'list.$[element].name': '*' } },
      { arrayFilters: [{ 'element.number': 'a' }] },
    );
    expect(masked).toMatchObject({ matchedCount: 2, modifiedCount: 2 });
    expect(await things.findOne({ _id: 1 as never })).toEqual({
      _id: 1,
      list: [
        { number: 'a', name: '*' },
        { number: 'b', name: 'B' },
      ],
    });
    const pulled = await things.updateMany({ 'list.number': 'a' }, { $pull: { list: { number: 'a' } } as never });
    expect(pulled.modifiedCount).toBe(2);
    expect(await things.countDocuments({ 'list.number': 'a' })).toBe(0);
    expect(await things.countDocuments({ list: { $size: 0 } })).toBe(2);
  });

  it('updates by pipeline, and bulk-writes in order', async () => {
    await things.insertMany([{ n: 1 }, { n: 2 }]);
    await things.updateMany({}, [{ $set: { double: { $multiply: ['$n', 2] } } }]);
    expect(await things.countDocuments({ double: { $in: [2, 4] } })).toBe(2);
    const result = await things.bulkWrite([
      { insertOne: { document: { n: 3 } } },
      { updateOne: { filter: { n: 1 }, update: { $set: { seen: true } } } },
      { updateOne: { filter: { n: 9 }, update: { $set: { seen: true } }, upsert: true } },
      { deleteOne: { filter: { n: 2 } } },
      { replaceOne: { filter: { n: 3 }, replacement: { n: 3, replaced: true } } },
    ]);
    expect(result).toMatchObject({ insertedCount: 1, matchedCount: 2, upsertedCount: 1, deletedCount: 1 });
    expect(await things.countDocuments({})).toBe(3);
  });

  it('ends a query that takes longer than maxTimeMS, and works on', async () => {
    await things.insertMany(Array.from({ length: 4_000 }, (_, n) => ({ n })));
    const slow = things.aggregate(
      [
        {
          $lookup: {
            from: things.collectionName,
            let: { n: '$n' },
            pipeline: [{ $match: { $expr: { $gt: ['$n', '$$n'] } } }],
            as: 'x',
          },
        },
        { $unwind: '$x' },
        { $group: { _id: '$x.n', c: { $sum: 1 } } },
      ],
      { maxTimeMS: 50 },
    );
    expect((await failure(slow.toArray())).code).toBe(50);
    await Promise.all(Array.from({ length: 30 }, () => things.countDocuments({}, { maxTimeMS: 20_000 })));
  });

  it('names what it does not know', async () => {
    expect((await failure(db.command({ noSuchCommand: 1 }))).code).toBe(59);
    expect((await failure(things.find({ n: { $bogus: 1 } }).toArray())).code).toBe(2);
  });
});

describe('indexes', () => {
  it('creates, lists and drops them', async () => {
    await things.createIndexes([{ key: { a: 1, b: -1 } }, { key: { at: 1 }, expireAfterSeconds: 60 }]);
    expect((await things.indexes()).map(({ name }) => name)).toEqual(['_id_', 'a_1_b_-1', 'at_1']);
    await things.dropIndex('at_1');
    expect(await things.indexExists('at_1')).toBe(false);
    expect((await failure(things.dropIndex('at_1'))).code).toBe(27);
  });

  it('reports a duplicate key as 11000, from every kind of write', async () => {
    await things.createIndex({ key: 1 }, { unique: true });
    await things.insertMany([{ key: 1 }, { key: 2 }]);
    expect((await failure(things.insertOne({ key: 1 }))).code).toBe(11000);
    expect((await failure(things.updateOne({ key: 2 }, { $set: { key: 1 } }))).code).toBe(11000);
    expect((await failure(things.findOneAndUpdate({ key: 2 }, { $set: { key: 1 } }))).code).toBe(11000);
    expect((await failure(things.updateOne({ other: 1 }, { $set: { key: 1 } }, { upsert: true }))).code).toBe(11000);
    const bulk = await failure(things.insertMany([{ key: 3 }, { key: 1 }, { key: 4 }]));
    expect(bulk).toBeInstanceOf(MongoBulkWriteError);
    expect(bulk.code).toBe(11000);
    expect(await things.distinct('key')).toEqual([1, 2, 3]);
    const loose = await failure(things.insertMany([{ key: 5 }, { key: 1 }, { key: 6 }], { ordered: false }));
    expect(loose.code).toBe(11000);
    expect(await things.distinct('key')).toEqual([1, 2, 3, 5, 6]);
    await things.insertMany([{ other: 'x' }]);
    expect(
      (await failure(things.createIndex({ missing: 1 }, { unique: true }).then(() => things.insertOne({})))).code,
    ).toBe(11000);
  });

  it('keeps a unique partial index only among the documents it covers', async () => {
    await things.createIndex(
      { account: 1, token: 1 },
      { unique: true, partialFilterExpression: { state: { $in: ['open', 'running'] } } },
    );
    await things.insertOne({ account: 1, token: 't', state: 'open' });
    expect((await failure(things.insertOne({ account: 1, token: 't', state: 'running' }))).code).toBe(11000);
    await things.insertOne({ account: 1, token: 't', state: 'done' });
    await things.insertOne({ account: 1, token: 't', state: 'done' });
    await things.updateOne({ state: 'open' }, { $set: { state: 'done' } });
    await things.insertOne({ account: 1, token: 't', state: 'open' });
    expect(await things.countDocuments({})).toBe(4);
  });
});
