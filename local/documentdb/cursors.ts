import { CommandError } from './errors.ts';
import type { Pool } from './pool.ts';
import type { Connection, Row, Statement } from './postgres.ts';
import { SQL } from './sql.ts';
import type { Transaction } from './transactions.ts';
import { type Command, readNumber } from './wire.ts';

interface Cursor {
  readonly database: string;
  readonly session: string;
  readonly transaction: Transaction | null;
  /** Set while the engine keeps the cursor's state in one connection. */
  readonly connection: Connection | null;
  continuation: Buffer;
  /** When it was last read, in milliseconds. */
  used: number;
}

export interface Cursors {
  /** Runs a command that answers with a first batch. */
  open(statement: Statement, command: Command, session: string, transaction: Transaction | null): Promise<Buffer>;
  getMore(command: Command): Promise<Buffer>;
  /** Forgets cursors; resolves with those there were. */
  kill(ids: readonly bigint[]): Promise<bigint[]>;
  endSession(session: string): void;
  endTransaction(transaction: Transaction): void;
  /** Forgets what nobody read for ten minutes, MongoDB's `cursorTimeoutMillis`. */
  expire(now: number): void;
}

/** In milliseconds; the cluster keeps the engine's own files for as long. */
export const CURSOR_LIFETIME = 600_000;

export function createCursors(pool: Pool): Cursors {
  const cursors = new Map<bigint, Cursor>();

  const forget = (id: bigint, cursor: Cursor) => {
    cursors.delete(id);
    if (cursor.connection) pool.giveBack(cursor.connection);
  };
  /** Forgets a cursor that has more to give, and the file the engine keeps for it. */
  const discard = async (found: readonly (readonly [bigint, Cursor])[]) => {
    for (const [id, cursor] of found) forget(id, cursor);
    if (found.length === 0) return;
    await pool.query(SQL.deleteCursors, [`{${found.map(([id]) => id).join(',')}}`]).catch(() => {});
  };
  const findAll = (matches: (cursor: Cursor) => boolean) => [...cursors].filter(([, cursor]) => matches(cursor));

  const keep = (row: Row, command: Command, session: string, rest: Pick<Cursor, 'transaction' | 'connection'>) => {
    const [page, continuation, , id] = row;
    if (!page) throw new CommandError(1, 'InternalError', 'the engine answered without a batch');
    if (continuation && id) {
      cursors.set(id.readBigInt64BE(0), {
        ...rest,
        database: command.database,
        session,
        continuation: Buffer.from(continuation), // a copy, so that the whole chunk it came in can go
        used: Date.now(),
      });
    }
    return page;
  };

  return {
    open: async (statement, command, session, transaction) => {
      const parameters = [command.database, command.body];
      if (transaction) {
        const connection = await transaction.connection;
        const [row] = await connection.query(statement, parameters);
        return keep(row ?? [], command, session, { transaction, connection: null });
      }
      return pool.use(async (connection) => {
        const [row] = await connection.query(statement, parameters);
        return keep(row ?? [], command, session, { transaction: null, connection: null });
      });
    },
    getMore: async (command) => {
      const id = BigInt(readNumber(command, 'getMore') ?? 0);
      const cursor = cursors.get(id);
      if (!cursor) throw new CommandError(43, 'CursorNotFound', `cursor id ${id} not found`);
      cursor.used = Date.now();
      const parameters = [cursor.database, command.body, cursor.continuation];
      try {
        const connection = cursor.connection ?? (await cursor.transaction?.connection);
        const [row] = await (connection ?? pool).query(SQL.getMore, parameters);
        const [page, continuation] = row ?? [];
        if (!page) throw new CommandError(1, 'InternalError', 'the engine answered without a batch');
        if (continuation) cursor.continuation = Buffer.from(continuation);
        else forget(id, cursor);
        return page;
      } catch (error) {
        forget(id, cursor);
        throw error;
      }
    },
    kill: async (ids) => {
      const wanted = new Set(ids);
      const found = [...cursors].filter(([id]) => wanted.has(id));
      await discard(found);
      return found.map(([id]) => id);
    },
    endSession: (session) => {
      discard(findAll((cursor) => cursor.session === session));
    },
    endTransaction: (transaction) => {
      // Their files, if any, end with the PostgreSQL transaction.
      for (const [id, cursor] of findAll((candidate) => candidate.transaction === transaction)) forget(id, cursor);
    },
    expire: (now) => {
      discard(findAll((cursor) => cursor.used < now - CURSOR_LIFETIME));
    },
  };
}
