import { describe, expect, it } from '@jest/globals';
import { BSON } from 'bson';
import {
  CommandError,
  chooseLabels,
  translateState,
  unpackState,
} from '../../../../../local/documentdb/gateway/errors.ts';
import { createPool } from '../../../../../local/documentdb/gateway/pool.ts';
import type { Connection } from '../../../../../local/documentdb/gateway/postgres.ts';
import { createRetries } from '../../../../../local/documentdb/gateway/retries.ts';
import {
  countDocuments,
  readBoolean,
  readBytes,
  readCommand,
  readNumber,
  readRequest,
  readString,
  splitMessages,
  writeReply,
} from '../../../../../local/documentdb/gateway/wire.ts';

const serialize = (document: Record<string, unknown>) => Buffer.from(BSON.serialize(document));

function message(sections: Buffer[], flags = 0): Buffer {
  const body = Buffer.concat(sections);
  const header = Buffer.alloc(20);
  header.writeInt32LE(20 + body.length, 0);
  header.writeInt32LE(42, 4);
  header.writeInt32LE(2013, 12);
  header.writeUInt32LE(flags, 16);
  return Buffer.concat([header, body]);
}

const bodySection = (document: Record<string, unknown>) => Buffer.concat([Buffer.from([0]), serialize(document)]);

function sequenceSection(name: string, documents: Record<string, unknown>[]): Buffer {
  const content = Buffer.concat([Buffer.from(`${name}\0`), ...documents.map(serialize)]);
  const header = Buffer.alloc(5);
  header[0] = 1;
  header.writeInt32LE(4 + content.length, 1);
  return Buffer.concat([header, content]);
}

describe('reading a command', () => {
  it('finds its top-level fields whatever types lie between them', () => {
    const { Binary, Code, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp, BSONRegExp } = BSON;
    const command = readCommand(
      serialize({
        find: 'things',
        filter: { a: [1, { b: 2 }] },
        regex: new BSONRegExp('^a', 'i'),
        code: new Code('x'),
        scoped: new Code('x', { y: 1 }),
        id: new ObjectId(),
        binary: new Binary(Buffer.from('bytes'), 0),
        nothing: null,
        decimal: Decimal128.fromString('1.5'),
        at: new Date(),
        stamp: new Timestamp(1n),
        least: new MinKey(),
        most: new MaxKey(),
        whole: new Int32(7),
        half: new Double(0.5),
        large: Long.fromString('9007199254740993'),
        yes: true,
        $db: 'grün',
      }),
      null,
    );
    expect(command.name).toBe('find');
    expect(command.database).toBe('grün');
    expect(readString(command, 'find')).toBe('things');
    expect([readNumber(command, 'whole'), readNumber(command, 'half'), readNumber(command, 'large')]).toEqual([
      7,
      0.5,
      9007199254740993n,
    ]);
    expect(readBoolean(command, 'yes')).toBe(true);
    expect(readBoolean(command, 'whole')).toBeUndefined();
    expect(BSON.deserialize(readBytes(command, 'filter') ?? Buffer.alloc(0))).toEqual({ a: [1, { b: 2 }] });
    expect(readBytes(command, 'absent')).toBeUndefined();
  });

  it('reads a document sequence, counts it, and minds the flags', () => {
    const documents = [{ _id: 1 }, { _id: 2 }, { _id: 3 }];
    const sections = [bodySection({ insert: 'c', $db: 'd' }), sequenceSection('documents', documents)];
    const request = readRequest(message(sections));
    if (!request) throw new Error('not read');
    expect(request.wantsReply).toBe(true);
    expect(countDocuments(request.command, 'documents', 10)).toBe(3);
    expect(countDocuments(request.command, 'documents', 2)).toBe(2);
    expect(request.command.sequence).toEqual(Buffer.concat(documents.map(serialize)));
    const quiet = readRequest(message([...sections, Buffer.alloc(4)], 3));
    expect(quiet?.wantsReply).toBe(false);
    const inBody = readCommand(
      serialize({
        update: 'c',
        updates: [
          { q: {}, u: {} },
          { q: {}, u: {} },
        ],
      }),
      null,
    );
    expect(countDocuments(inBody, 'updates', 10)).toBe(2);
  });

  it('refuses other operations', () => {
    const insert = message([bodySection({ insert: 'c' })]);
    insert.writeInt32LE(2002, 12);
    expect(readRequest(insert)).toBeNull();
  });

  it('answers the request it belongs to', () => {
    const request = readRequest(message([bodySection({ ping: 1, $db: 'd' })]));
    if (!request) throw new Error('not read');
    const reply = Buffer.concat(writeReply(request, 7, { ok: 1 }));
    expect([reply.readInt32LE(0), reply.readInt32LE(4), reply.readInt32LE(8)]).toEqual([reply.length, 7, 42]);
    expect(BSON.deserialize(reply.subarray(21))).toEqual({ ok: 1 });
  });
});

describe('cutting a stream into messages', () => {
  it('gives the same messages however the stream is cut', () => {
    const messages = Array.from({ length: 5 }, (_, n) => message([bodySection({ n, text: 'x'.repeat(n * 50) })]));
    const stream = Buffer.concat(messages);
    for (let size = 1; size < stream.length; size += 7) {
      const seen: Buffer[] = [];
      const push = splitMessages((found) => seen.push(Buffer.from(found)));
      for (let at = 0; at < stream.length; at += size) push(stream.subarray(at, at + size));
      expect(seen).toEqual(messages);
    }
  });

  it('refuses a length that cannot be one', () => {
    const push = splitMessages(() => {});
    expect(() => push(Buffer.alloc(16, 0xff))).toThrow(RangeError);
    expect(() => splitMessages(() => {})(Buffer.alloc(16))).toThrow(RangeError);
  });
});

describe('errors', () => {
  it('translates states, also packed ones, and describes a duplicate key as MongoDB does', () => {
    const packed = [...'M001C'].reduce(
      (sum, character, index) => sum + ((character.charCodeAt(0) - 48) << (6 * index)),
      0,
    );
    expect(unpackState(packed)).toBe('M001C');
    const error = translateState('M001C', "Duplicate key violation on the requested collection: Index 'n_1'", 'd.c');
    expect([error.code, error.message]).toEqual([11000, 'E11000 duplicate key error collection: d.c index: n_1']);
    expect(translateState('40P01', 'deadlock detected').code).toBe(112);
    expect(translateState('XYZ99', 'odd')).toMatchObject({ code: 8, message: '[XYZ99] odd' });
  });

  it('labels what a driver may try again, and nothing else', () => {
    const shutdown = new CommandError(91, 'ShutdownInProgress', '');
    const conflict = new CommandError(112, 'WriteConflict', '');
    const duplicate = new CommandError(11000, 'DuplicateKey', '');
    const context = { inTransaction: false, isCommit: false, isRetryableWrite: false };
    const inTransaction = { ...context, inTransaction: true };
    expect(chooseLabels(shutdown, context)).toEqual([]);
    expect(chooseLabels(shutdown, { ...context, isRetryableWrite: true })).toEqual(['RetryableWriteError']);
    expect(chooseLabels(conflict, inTransaction)).toEqual(['TransientTransactionError']);
    expect(chooseLabels(duplicate, inTransaction)).toEqual([]);
    expect(chooseLabels(shutdown, { ...inTransaction, isCommit: true })).toContain('UnknownTransactionCommitResult');
  });
});

describe('the memory of retryable writes', () => {
  it('answers the same write from memory, a new one and one that failed by running it', async () => {
    const retries = createRetries();
    let runs = 0;
    const write = async () => {
      runs += 1;
      return Buffer.from(String(runs));
    };
    expect(String(await retries.once('s', 1n, write))).toBe('1');
    expect(String(await retries.once('s', 1n, write))).toBe('1');
    expect(String(await retries.once('s', 2n, write))).toBe('2');
    expect(String(await retries.once('other', 2n, write))).toBe('3');
    const failing = retries.once('s', 3n, async () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(String(await retries.once('s', 3n, write))).toBe('4');
    retries.endSession('s');
    expect(String(await retries.once('s', 3n, write))).toBe('5');
  });
});

describe('the pool', () => {
  function createConnections() {
    const opened: { isOpen: boolean }[] = [];
    const open = async (): Promise<Connection> => {
      const state = { isOpen: true };
      opened.push(state);
      return {
        get isOpen() {
          return state.isOpen;
        },
        closed: new Promise(() => {}),
        query: async () => [],
        run: async () => {},
        close: () => {
          state.isOpen = false;
        },
      };
    };
    return { opened, open };
  }

  it('never has more at work than it may, and reuses what it has', async () => {
    const { opened, open } = createConnections();
    const pool = createPool(open, 3);
    let atWork = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, () =>
        pool.use(async () => {
          atWork += 1;
          most = Math.max(most, atWork);
          await new Promise((resolve) => setImmediate(resolve));
          atWork -= 1;
        }),
      ),
    );
    expect(most).toBe(3);
    expect(opened).toHaveLength(3);
    pool.close();
    expect(opened.every(({ isOpen }) => !isOpen)).toBe(true);
    await expect(pool.use(async () => {})).rejects.toThrow('shutting down');
  });

  it('replaces a connection that was lost, and goes on after one that could not be opened', async () => {
    const { opened, open } = createConnections();
    let isDown = false;
    const pool = createPool(async () => {
      if (isDown) throw new Error('nobody listens');
      return open();
    }, 1);
    await pool.use(async (connection) => connection.close());
    await pool.use(async (connection) => expect(connection.isOpen).toBe(true));
    expect(opened).toHaveLength(2);
    await pool.use(async (connection) => connection.close());
    isDown = true;
    const results = await Promise.allSettled([1, 2, 3].map(() => pool.use(async () => {})));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    isDown = false;
    await pool.use(async (connection) => expect(connection.isOpen).toBe(true));
    pool.close();
  });
});
