import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Long } from 'bson';
import { startGateway } from '../../../local/documentdb/gateway/gateway.ts';
import type { Service } from '../../../local/services.ts';
import { createCleanup, newSession, openWire, sendCommand, startEngine } from '../support.ts';

/** What the gateway itself promises, asked without a driver, which would hide it by trying again. */

const cleanup = createCleanup();
let service: Service;
let dataDir: string;
let collection: string;
let count = 0;

beforeAll(async () => {
  dataDir = await cleanup.folder();
  service = cleanup.add(await startEngine({ dataDir }));
});
afterAll(() => cleanup.run());
beforeEach(() => {
  count += 1;
  collection = `c${count}`;
});

const send = (command: Record<string, unknown>) => sendCommand(service.port, command);
const found = async () => {
  const { cursor } = (await send({ find: collection, sort: { _id: 1 }, $db: 'd' })) as {
    cursor: { firstBatch: unknown[] };
  };
  return cursor.firstBatch;
};

describe('a retryable write that comes twice', () => {
  const increment = (lsid: object, number: number) => ({
    update: collection,
    updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } } }],
    lsid,
    txnNumber: Long.fromNumber(number),
    $db: 'd',
  });

  it('counts once when the connection was lost', async () => {
    await send({ insert: collection, documents: [{ _id: 1, n: 0 }], $db: 'd' });
    const lsid = newSession();
    const lost = await openWire(service.port);
    lost.post(increment(lsid, 1));
    const first = await send(increment(lsid, 1));
    lost.close();
    const second = await send(increment(lsid, 1));
    expect([first, second]).toEqual([
      { ok: 1, n: 1, nModified: 1 },
      { ok: 1, n: 1, nModified: 1 },
    ]);
    expect(await send(increment(lsid, 2))).toMatchObject({ n: 1 });
    expect(await found()).toEqual([{ _id: 1, n: 2 }]);
  });
});

describe('errors a driver acts on', () => {
  it('rolls a transaction back when its connection closes', async () => {
    await send({ insert: collection, documents: [{ _id: 1 }], $db: 'd' });
    const lsid = newSession();
    const transaction = { lsid, txnNumber: Long.fromNumber(1), autocommit: false, $db: 'd' };
    const lost = await openWire(service.port);
    const begun = {
      update: collection,
      updates: [{ q: { _id: 1 }, u: { $set: { seen: true } } }],
      startTransaction: true,
    };
    expect(await lost.send({ ...begun, ...transaction })).toMatchObject({ ok: 1, n: 1 });
    lost.close();
    // This write waits for the row; it can only go on once the transaction is gone.
    const update = { update: collection, updates: [{ q: { _id: 1 }, u: { $set: { other: true } } }], $db: 'd' };
    expect(await send(update)).toMatchObject({ n: 1 });
    const commit = { commitTransaction: 1, ...transaction, $db: 'admin' };
    expect(await send(commit)).toMatchObject({
      ok: 0,
      code: 251,
      errorLabels: ['TransientTransactionError'],
    });
    expect(await found()).toEqual([{ _id: 1, other: true }]);
  });

  it('answers a repeated commit as the first one', async () => {
    const transaction = { lsid: newSession(), txnNumber: Long.fromNumber(1), autocommit: false };
    const insert = { insert: collection, documents: [{ _id: 1 }], startTransaction: true, $db: 'd' };
    const commit = { commitTransaction: 1, $db: 'admin' };
    const wire = await openWire(service.port);
    expect(await wire.send({ ...insert, ...transaction })).toMatchObject({ ok: 1 });
    expect(await wire.send({ ...commit, ...transaction })).toEqual({ ok: 1 });
    wire.close();
    expect(await send({ ...commit, ...transaction })).toEqual({ ok: 1 });
    expect(await send({ count: collection, $db: 'd' })).toMatchObject({ n: 1 });
  });

  it('says at once that PostgreSQL cannot be reached, with the labels that belong to it', async () => {
    const gateway = await startGateway({
      socket: join(await cleanup.folder(), 'nobody-listens'),
      user: 'postgres',
      port: 0,
      setName: 'rs0',
      keepRetries: false,
    });
    const wire = await openWire(gateway.port);
    try {
      expect(await wire.send({ hello: 1, $db: 'admin' })).toMatchObject({ isWritablePrimary: true });
      const session = { lsid: newSession(), txnNumber: Long.fromNumber(1), $db: 'd' };
      const insert = { insert: collection, documents: [{ _id: 2 }] };
      expect(await wire.send({ ...insert, $db: 'd' })).toEqual({
        ok: 0,
        code: 91,
        codeName: 'ShutdownInProgress',
        errmsg: expect.stringContaining('PostgreSQL'),
      });
      expect(await wire.send({ ...insert, ...session })).toMatchObject({
        code: 91,
        errorLabels: ['RetryableWriteError'],
      });
      const begun = { ...insert, ...session, autocommit: false, startTransaction: true };
      expect(await wire.send(begun)).toMatchObject({ code: 91, errorLabels: ['TransientTransactionError'] });
    } finally {
      wire.close();
      await gateway.close();
    }
  });

  it('drops a connection that sends no message, and serves the others', async () => {
    for (const bytes of [Buffer.alloc(64, 0xff), Buffer.from('GET / HTTP/1.1\r\n\r\n')]) {
      const wire = await openWire(service.port);
      const answer = wire.send({ ping: 1, $db: 'admin' });
      expect(await answer).toEqual({ ok: 1 });
      const waiting = wire.waitForClose();
      wire.write(bytes);
      await waiting;
    }
    expect(await send({ ping: 1, $db: 'admin' })).toEqual({ ok: 1 });
  });
});

describe('the data folder', () => {
  it('refuses a second start in the same folder', async () => {
    await expect(startEngine({ dataDir })).rejects.toThrow(/data folder .* is in use by process \d+/);
    expect((await send({ ping: 1, $db: 'admin' })).ok).toBe(1);
  });

  it('has a socket whose path is short enough, however long its own is', async () => {
    const long = join(await cleanup.folder(), 'x'.repeat(120));
    await mkdir(long);
    const other = cleanup.add(await startEngine({ dataDir: long }));
    expect(await sendCommand(other.port, { ping: 1, $db: 'admin' })).toEqual({ ok: 1 });
  });
});
