import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { type Database, openDatabase } from '../../../src/base/db/connection.ts';
import { isTransient } from '../../../src/base/db/faults.ts';

const { MongoBulkWriteError, MongoServerClosedError, MongoServerError } = mongoose.mongo;

const open = (uri: string): Database => openDatabase({ uri, database: 'platform', poolSize: 1, serverSelectionMs: 10 });

/** What the promises rest on, as the driver holds it. */
async function concernsOf(uri: string) {
  const { db, close } = open(uri);
  const { readPreference, readConcern, writeConcern } = db;
  const { retryWrites, appName, credentials } = db.client.options;
  await close();
  return {
    mode: readPreference?.mode,
    tags: readPreference?.tags ?? [],
    read: readConcern?.level,
    write: { w: writeConcern?.w, journal: writeConcern?.journal, wtimeout: writeConcern?.wtimeoutMS },
    retryWrites,
    appName,
    user: credentials?.username,
  };
}

describe('a connection to MongoDB', () => {
  const promised = {
    mode: 'primary',
    tags: [],
    read: 'majority',
    write: { w: 'majority', journal: true, wtimeout: undefined },
    retryWrites: true,
    appName: 'lethe',
    user: undefined,
  };

  it.each([
    ['reads from secondaries', 'readPreference=secondaryPreferred&readPreferenceTags=dc:ny&maxStalenessSeconds=120'],
    ['reads what may be rolled back', 'readConcernLevel=local'],
    ['is told of no write', 'w=0'],
    ['is told of writes by one member', 'w=1&wtimeoutMS=5'],
    ['does not wait for the journal', 'journal=false'],
    ['does not wait for the journal, in older words', 'J=false&wtimeout=5'],
  ])('keeps its promises with a connection string that %s', async (_what, options) => {
    expect(await concernsOf(`mongodb://127.0.0.1:9/?${options}`)).toEqual(promised);
    expect(await concernsOf(`mongodb://127.0.0.1:9/admin?replicaSet=rs0&${options}`)).toEqual(promised);
  });

  it('leaves the rest of the connection string as it is', async () => {
    const uri = 'mongodb://us%3Fer:p%26w%3D0@127.0.0.1:9/admin?w=1&retryWrites=false&authSource=admin';
    expect(await concernsOf(uri)).toEqual({ ...promised, retryWrites: false, user: 'us?er' });
  });
});

describe('an error of MongoDB', () => {
  const bulk = (code: number) =>
    new MongoBulkWriteError(
      { message: 'failed', code, writeErrors: [] },
      {} as ConstructorParameters<typeof MongoBulkWriteError>[1],
    );

  it.each([
    ['a shard without a primary, from mongos', new MongoServerError({ message: 'no primary', code: 133 })],
    ['a connection lost between mongos and a shard', new MongoServerError({ message: 'socket', code: 9001 })],
    ['a pool that was cleared between mongos and a shard', new MongoServerError({ message: 'expired', code: 384 })],
    ['the same in a bulk write', bulk(133)],
    ['a member that left the set a moment ago', new MongoServerClosedError()],
    ...[24, 43, 46, 150, 175, 237, 250, 272, 365, 402, 407, 433, 449, 13388].map((code): [string, Error] => [
      `code ${code}`,
      new MongoServerError({ message: 'for now', code }),
    ]),
  ])('may be gone the next time: %s', (_what, error) => {
    expect(isTransient(error)).toBe(true);
  });

  it.each([
    ['a duplicate key', new MongoServerError({ message: 'duplicate', code: 11000 })],
    ['a validator', bulk(121)],
    ['a user without rights', new MongoServerError({ message: 'no', code: 13 })],
  ])('will not be gone the next time: %s', (_what, error) => {
    expect(isTransient(error)).toBe(false);
  });
});
