import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { isTransient } from '../../../src/base/db/faults.ts';
import { inTransaction } from '../../../src/base/db/transaction.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';

describe('a transaction', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('base-transaction');
    await platform.core.db.createCollection('rows');
  });
  afterAll(() => platform?.close());

  const transient = () =>
    new mongoose.mongo.MongoServerError({ message: 'conflict', code: 112, errorLabels: ['TransientTransactionError'] });
  const write = (id: string) => async (session: mongoose.mongo.ClientSession) => {
    await platform.core.db.collection<{ _id: string }>('rows').insertOne({ _id: id }, { session });
  };
  const has = async (id: string) =>
    (await platform.core.db.collection<{ _id: string }>('rows').findOne({ _id: id })) !== null;

  it('is tried again after a conflict, and rolled back each time', async () => {
    let attempts = 0;
    await inTransaction(platform.core.db, async (session) => {
      await write('again')(session);
      attempts += 1;
      if (attempts < 4) throw transient();
    });
    expect({ attempts, there: await has('again') }).toEqual({ attempts: 4, there: true });
  });

  it('leaves nothing behind when its work fails', async () => {
    const failing = inTransaction(platform.core.db, async (session) => {
      await write('failed')(session);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await has('failed')).toBe(false);
  });

  it('is acknowledged by a majority, and journalled', async () => {
    const commits: mongoose.mongo.Document[] = [];
    const client = new mongoose.mongo.MongoClient(platform.config.MONGODB_URI, { monitorCommands: true });
    client.on('commandStarted', ({ command }) => {
      if (command.commitTransaction) commits.push(command);
    });
    const db = client.db(platform.config.MONGODB_DATABASE);
    await inTransaction(db, async (session) => {
      await db.collection('rows').insertOne({}, { session });
    });
    await client.close();
    expect(commits.map(({ writeConcern }) => writeConcern)).toEqual([
      expect.objectContaining({ w: 'majority', j: true }),
    ]);
  });

  it('gives up in time when it only ever meets conflicts', async () => {
    const error = await inTransaction(
      platform.core.db,
      async (session) => {
        await write('conflicts')(session);
        throw transient();
      },
      300.5,
    ).catch((thrown: unknown) => thrown);
    expect(isTransient(error)).toBe(true);
    expect(await has('conflicts')).toBe(false);
  });

  it('gives up in time on a command that hangs, and what comes back too late is not committed', async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let ended: Promise<unknown> = Promise.resolve();
    const error = await inTransaction(
      platform.core.db,
      async (session) => {
        ended = once(session, 'ended');
        await write('late')(session);
        await gate;
      },
      300,
    ).catch((thrown: unknown) => thrown);
    expect(isTransient(error)).toBe(true);
    open();
    await ended;
    expect(await has('late')).toBe(false);
  });
});
