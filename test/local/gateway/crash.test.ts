import { readdir, readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Long } from 'bson';
import { waitFor } from '../../support/wait-for.ts';
import { areGone, createCleanup, killAll, newSession, sendCommand, startEngine } from '../support.ts';

/** One folder for all: to create a database takes longer than to find it again. Each test has its own collection. */
const folders = createCleanup();
let dataDir: string;
beforeAll(async () => {
  dataDir = await folders.folder();
});
afterAll(() => folders.run());

const cleanup = createCleanup();
afterEach(() => cleanup.run());

describe('DocumentDB in local mode', () => {
  it('finds its data after a stop, and leaves no process behind', async () => {
    const first = cleanup.add(await startEngine({ dataDir }));
    expect(first.pids).toHaveLength(2);
    await (await cleanup.connect(first.url)).db('d').collection('c0').insertOne({ n: 1 });
    await first.stop();
    expect(await areGone(first.pids)).toBe(true);
    const second = cleanup.add(await startEngine({ dataDir, port: first.port }));
    expect(second.url).toBe(first.url);
    expect(await (await cleanup.connect(second.url)).db('d').collection('c0').countDocuments({})).toBe(1);
  });

  it('has every acknowledged write after SIGKILL of all its processes', async () => {
    const lines: string[] = [];
    const first = cleanup.add(await startEngine({ dataDir, durable: true, print: (line) => lines.push(line) }));
    const client = await cleanup.connect(first.url);
    const written: number[] = [];
    let isKilled = false;
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let n = writer; !isKilled; n += 4) {
        const done = await client
          .db('d')
          .collection<{ _id: number }>('c1')
          .insertOne({ _id: n })
          .then(
            () => true,
            () => false,
          );
        if (done) written.push(n);
      }
    });
    await waitFor('a few hundred writes', () => written.length > 300);
    killAll(first.pids);
    isKilled = true;
    await client.close();
    await Promise.all(writers);
    const second = cleanup.add(await startEngine({ dataDir, durable: true, port: first.port }));
    const reader = await cleanup.connect(second.url);
    const documents = await reader.db('d').collection<{ _id: number }>('c1').find({}).toArray();
    const found = new Set(documents.map(({ _id }) => _id));
    expect(written.filter((n) => !found.has(n))).toEqual([]);
    expect(await areGone(second.pids)).toBe(false);
  });

  it('stops the rest when one of its processes dies, and says so', async () => {
    for (const victim of [0, 1]) {
      const lines: string[] = [];
      const service = cleanup.add(await startEngine({ dataDir, print: (line) => lines.push(line) }));
      killAll([service.pids[victim] ?? 0]);
      await waitFor('the other to be gone', () => areGone(service.pids));
      await waitFor('a line about it', () => lines.some((line) => /ended unasked \(code 137\)/.test(line)));
    }
    const again = cleanup.add(await startEngine({ dataDir }));
    expect(await sendCommand(again.port, { ping: 1, $db: 'admin' })).toEqual({ ok: 1 });
  });

  it('goes on after a crash inside PostgreSQL: a driver notices nothing', async () => {
    const service = cleanup.add(await startEngine({ dataDir, durable: true }));
    const client = await cleanup.connect(service.url);
    const things = client.db('d').collection('c3');
    await things.insertOne({ n: 0 });
    const backend = await findBackend(service.pids[0] ?? 0);
    killAll([backend]);
    await things.updateOne({}, { $inc: { n: 1 } });
    expect(await things.countDocuments({ n: 1 })).toBe(1);
  });

  it('counts a retryable write once that is repeated after a crash', async () => {
    const before = cleanup.add(await startEngine({ dataDir, durable: true }));
    await sendCommand(before.port, { insert: 'c4', documents: [{ _id: 1, n: 0 }], $db: 'd' });
    const lsid = newSession();
    const insert = { insert: 'c4', documents: [{ _id: 2 }], lsid, txnNumber: Long.fromNumber(1), $db: 'd' };
    const modify = {
      findAndModify: 'c4',
      query: { _id: 1 },
      update: { $inc: { n: 10 } },
      new: true,
      lsid,
      txnNumber: Long.fromNumber(3),
      $db: 'd',
    };
    const increment = {
      update: 'c4',
      updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } } }],
      lsid,
      txnNumber: Long.fromNumber(2),
      $db: 'd',
    };
    const commands = [insert, increment, modify];
    const first = [];
    for (const command of commands) first.push(await sendCommand(before.port, command));
    killAll(before.pids);
    const after = cleanup.add(await startEngine({ dataDir, durable: true }));
    const second = [];
    for (const command of commands) second.push(await sendCommand(after.port, command));
    expect(second).toEqual(first);
    expect(first).toMatchObject([{ n: 1, ok: 1 }, { n: 1, nModified: 1 }, { value: { n: 11 } }]);
    expect(await sendCommand(after.port, { find: 'c4', sort: { _id: 1 }, $db: 'd' })).toMatchObject({
      cursor: { firstBatch: [{ _id: 1, n: 11 }, { _id: 2 }] },
    });
  });
});

/** The pid of a PostgreSQL process that serves a connection. */
async function findBackend(postmaster: number): Promise<number> {
  return waitFor('a backend', async () => {
    for (const pid of (await readdir('/proc')).map(Number).filter((found) => found > 0)) {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      if (parent !== postmaster) continue;
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (/postgres: postgres postgres \[local\]/.test(command)) return pid;
    }
    return null;
  });
}
