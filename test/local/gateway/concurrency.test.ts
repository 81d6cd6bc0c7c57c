import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { mongo } from 'mongoose';
import { type Client, createCleanup, failure, openDatabase } from '../support.ts';

/** What Lethe's code relies on when many write at a time. The same on MongoDB itself: MONGODB_URI runs it there. */

const cleanup = createCleanup();
let client: Client;
let address: (poolSize: number) => string;
let db: mongo.Db;
let things: mongo.Collection;
let count = 0;

beforeAll(async () => {
  ({ client, db, address } = await openDatabase(cleanup));
});

afterAll(() => cleanup.run());

beforeEach(() => {
  count += 1;
  things = db.collection(`things${count}`);
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

  it('creates one collection from several transactions at a time', async () => {
    const fresh = db.collection(`${things.collectionName}-fresh`);
    await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        client.withSession((session) => session.withTransaction(() => fresh.insertOne({ n }, { session }))),
      ),
    );
    expect(await fresh.countDocuments({})).toBe(8);
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
