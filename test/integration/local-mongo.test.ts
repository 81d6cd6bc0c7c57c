import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { mongo } from 'mongoose';
import { startMongo } from '../../local/services.ts';
import { type Client, createCleanup, MongoBulkWriteError, MongoServerError, ObjectId } from './local-support.ts';

/** What Lethe's code relies on. The same on MongoDB itself: MONGODB_URI runs it there. */

const cleanup = createCleanup();
let client: Client;
let url: string;
let db: mongo.Db;
let things: mongo.Collection;
let count = 0;

beforeAll(async () => {
  url =
    process.env.MONGODB_URI ||
    cleanup.add(await startMongo({ dataDir: await cleanup.folder(), durable: false, print: () => {} })).url;
  client = await cleanup.connect(url);
  db = client.db(`local-${process.pid}-${randomBytes(3).toString('hex')}`);
});

afterAll(async () => {
  await db?.dropDatabase();
  await cleanup.run();
});

beforeEach(() => {
  count += 1;
  things = db.collection(`things${count}`);
});

function address(poolSize: number): string {
  const parsed = new URL(url);
  parsed.searchParams.set('maxPoolSize', String(poolSize));
  return parsed.href;
}

async function failure(work: Promise<unknown>): Promise<mongo.MongoServerError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof MongoServerError)) throw new Error(`no server error but ${error}`);
  return error;
}

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

describe('concurrent writes', () => {
  it('makes one document of many upserts of the same key', async () => {
    await things.createIndex({ key: 1 }, { unique: true });
    const results = await Promise.all(
      Array.from({ length: 20 }, () => things.updateOne({ key: 'one' }, { $inc: { n: 1 } }, { upsert: true })),
    );
    expect(results.filter(({ upsertedCount }) => upsertedCount === 1)).toHaveLength(1);
    expect(await things.find({}, { projection: { _id: 0 } }).toArray()).toEqual([{ key: 'one', n: 20 }]);
  });

  it('makes one document of upserts that meet by different filters', async () => {
    await things.createIndex({ key: 1 }, { unique: true });
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 2 === 0
          ? things.findOneAndUpdate({ key: 'one' }, { $inc: { n: 1 } }, { upsert: true })
          : things.bulkWrite([
              { updateOne: { filter: { key: { $eq: 'one' } }, update: { $inc: { n: 1 } }, upsert: true } },
              { updateOne: { filter: { key: `own-${index}` }, update: { $inc: { n: 1 } }, upsert: true } },
            ]),
      ),
    );
    expect(await things.findOne({ key: 'one' }, { projection: { _id: 0 } })).toEqual({ key: 'one', n: 20 });
    expect(await things.countDocuments({})).toBe(11);
  });

  it('lets exactly one of many equal inserts through', async () => {
    await things.createIndex({ key: 1 }, { unique: true });
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => things.insertOne({ key: 1, n })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason.code).toBe(11000);
    expect(await things.countDocuments({})).toBe(1);
  });

  it('loses no update of one document, and none of a batch that met a conflict', async () => {
    await things.insertMany([
      { key: 'a', n: 0 },
      { key: 'b', n: 0 },
    ]);
    const forth = [
      { updateOne: { filter: { key: 'a' }, update: { $inc: { n: 1 } } } },
      { updateOne: { filter: { key: 'b' }, update: { $inc: { n: 1 } } } },
    ];
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => things.bulkWrite(index % 2 === 0 ? forth : [...forth].reverse())),
    );
    expect(
      await things
        .find({}, { projection: { _id: 0 } })
        .sort({ key: 1 })
        .toArray(),
    ).toEqual([
      { key: 'a', n: 20 },
      { key: 'b', n: 20 },
    ]);
  });

  it('answers hundreds of connections', async () => {
    const many = await cleanup.connect(address(300));
    await things.insertOne({ n: 0 });
    await Promise.all(
      Array.from({ length: 400 }, () =>
        many
          .db(db.databaseName)
          .collection(things.collectionName)
          .updateOne({}, { $inc: { n: 1 } }),
      ),
    );
    expect(await things.findOne({}, { projection: { _id: 0 } })).toEqual({ n: 400 });
  });
});

describe('transactions', () => {
  let other: mongo.Collection;
  beforeEach(async () => {
    other = db.collection(`${things.collectionName}-other`);
    await things.insertOne({ key: 'a', n: 0 });
    await other.insertOne({ key: 'b', n: 0 });
  });

  it('shows nothing outside before the commit, and everything after it', async () => {
    await client.withSession(async (session) => {
      session.startTransaction();
      await things.insertOne({ key: 'new' }, { session });
      await other.updateOne({ key: 'b' }, { $set: { n: 1 } }, { session });
      expect(await things.countDocuments({}, { session })).toBe(2);
      expect(await things.countDocuments({})).toBe(1);
      await session.commitTransaction();
    });
    expect(await things.countDocuments({})).toBe(2);
    expect(await other.countDocuments({ n: 1 })).toBe(1);
  });

  it('leaves nothing behind after an abort, nor after an error', async () => {
    await client.withSession(async (session) => {
      session.startTransaction();
      await things.insertOne({ key: 'new' }, { session });
      await session.abortTransaction();
    });
    const thrown = client.withSession((session) =>
      session.withTransaction(async () => {
        await other.deleteMany({}, { session });
        throw new Error('changed my mind');
      }),
    );
    await expect(thrown).rejects.toThrow('changed my mind');
    expect([await things.countDocuments({}), await other.countDocuments({})]).toEqual([1, 1]);
  });

  it('reads one snapshot throughout, in cursors too', async () => {
    await things.insertMany(Array.from({ length: 300 }, (_, n) => ({ n })));
    await client.withSession(async (session) => {
      session.startTransaction({ readConcern: { level: 'snapshot' } });
      const cursor = things.find({}, { session }).batchSize(50);
      await cursor.next();
      await things.deleteMany({});
      expect((await cursor.toArray()).length).toBe(300);
      await session.commitTransaction();
    });
    expect(await things.countDocuments({})).toBe(0);
  });

  it('labels a write conflict as one that another try may resolve', async () => {
    const first = client.startSession();
    const second = client.startSession();
    try {
      first.startTransaction();
      second.startTransaction();
      await things.updateOne({ key: 'a' }, { $inc: { n: 1 } }, { session: first });
      const error = await failure(things.updateOne({ key: 'a' }, { $inc: { n: 1 } }, { session: second }));
      expect(error.code).toBe(112);
      expect(error.hasErrorLabel('TransientTransactionError')).toBe(true);
      const late = await failure(things.findOne({}, { session: second }));
      expect([late.code, late.hasErrorLabel('TransientTransactionError')]).toEqual([251, true]);
      await first.commitTransaction();
    } finally {
      await first.endSession();
      await second.endSession();
    }
    expect(await things.countDocuments({ n: 1 })).toBe(1);
  });

  it('counts every one of many transactions on the same document', async () => {
    await Promise.all(
      Array.from({ length: 16 }, () =>
        client.withSession((session) =>
          session.withTransaction(async () => {
            const found = await things.findOne({ key: 'a' }, { session });
            await things.updateOne({ key: 'a' }, { $set: { n: found?.n + 1 } }, { session });
          }),
        ),
      ),
    );
    expect(await things.countDocuments({ n: 16 })).toBe(1);
  });

  it('ends with a duplicate key, and undoes what came before it', async () => {
    await things.createIndex({ key: 1 }, { unique: true });
    const error = await failure(
      client.withSession((session) =>
        session.withTransaction(async () => {
          await other.insertOne({ key: 'c' }, { session });
          await things.insertOne({ key: 'a' }, { session });
        }),
      ),
    );
    expect(error.code).toBe(11000);
    expect(await other.countDocuments({})).toBe(1);
  });
});
