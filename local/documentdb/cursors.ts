import { CommandError } from './errors.ts';
import type { Pool } from './pool.ts';
import type { Row, Statement } from './postgres.ts';
import { SQL } from './sql.ts';
import type { Transaction } from './transactions.ts';
import { type Command, readNumber } from './wire.ts';

interface Cursor {
  readonly database: string;
  readonly session: string;
  readonly transaction: Transaction | null;
  /** Where the engine goes on: any connection can take it up, because longer results lie in files. */
  continuation: Buffer;
  /** When it was last read, in milliseconds. */
  used: number;
}

/** What the answer to a cursor command depends on, beside the command. */
export interface CursorContext {
  readonly command: Command;
  readonly session: string;
  readonly transaction: Transaction | null;
  /** How long it may take, in milliseconds; 0 for as long as it takes. */
  readonly limit: number;
}

/**
 * Open cursors. A batch beyond the first is a query of its own: documents that are written meanwhile may show in it, and
 * one that moves while it is rewritten may be missed or seen twice, unless the result was sorted or grouped.
 */
export interface Cursors {
  /** Runs a command that answers with a first batch. */
  open(statement: Statement, context: CursorContext): Promise<Buffer>;
  getMore(context: CursorContext): Promise<Buffer>;
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

  /** Forgets cursors that have more to give, and the files the engine keeps for them. */
  const discard = async (ids: readonly bigint[]) => {
    const known = ids.filter((id) => cursors.delete(id));
    if (known.length > 0) await pool.query(SQL.deleteCursors, [`{${known.join(',')}}`]).catch(() => {});
    return known;
  };
  const findAll = (matches: (cursor: Cursor) => boolean) =>
    [...cursors].filter(([, cursor]) => matches(cursor)).map(([id]) => id);
  const readPage = (row: Row | undefined) => {
    const page = row?.[0];
    if (!page) throw new CommandError(1, 'InternalError', 'the engine answered without a batch');
    return page;
  };

  return {
    open: async (statement, { command, session, transaction, limit }) => {
      const target = (await transaction?.connection) ?? pool;
      const [row] = await target.query(statement, [command.database, command.body], limit);
      const page = readPage(row);
      const [, continuation, , id] = row ?? [];
      if (continuation && id) {
        cursors.set(id.readBigInt64BE(0), {
          database: command.database,
          session,
          transaction,
          continuation: Buffer.from(continuation), // a copy, so that the whole chunk it came in can go
          used: Date.now(),
        });
      }
      return page;
    },
    getMore: async ({ command }) => {
      const id = BigInt(readNumber(command, 'getMore') ?? 0);
      const cursor = cursors.get(id);
      if (!cursor) throw new CommandError(43, 'CursorNotFound', `cursor id ${id} not found`);
      cursor.used = Date.now();
      try {
        const target = (await cursor.transaction?.connection) ?? pool;
        const [row] = await target.query(SQL.getMore, [cursor.database, command.body, cursor.continuation]);
        const page = readPage(row);
        const continuation = row?.[1];
        if (continuation) cursor.continuation = Buffer.from(continuation);
        else cursors.delete(id);
        return page;
      } catch (error) {
        cursors.delete(id);
        throw error;
      }
    },
    kill: discard,
    endSession: (session) => {
      discard(findAll((cursor) => cursor.session === session));
    },
    endTransaction: (transaction) => {
      // Their files, if any, end with the PostgreSQL transaction.
      for (const id of findAll((cursor) => cursor.transaction === transaction)) cursors.delete(id);
    },
    expire: (now) => {
      discard(findAll((cursor) => cursor.used < now - CURSOR_LIFETIME));
    },
  };
}
