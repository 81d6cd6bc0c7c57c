import { CommandError } from './errors.ts';
import type { Pool } from './pool.ts';
import type { Row, Statement } from './postgres.ts';
import { SQL } from './sql.ts';
import type { Transaction } from './transactions.ts';
import { appendLong, type Command, readNumber } from './wire.ts';

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
 * Open cursors. Each batch is a query of its own. Where the engine goes on from a row's place in the table, a row that is
 * rewritten meanwhile may be missed or come twice. That is so for an aggregation that only matches and reshapes. A `find`
 * is kept from it: see `fixResult`.
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

/** More documents than any collection here will hold, and few enough for the engine. */
const UNLIMITED = 2_147_483_647n;

/**
 * The command for a result that later writes do not change. Given a limit, the engine puts the rest of the result aside
 * when it hands out the first batch. A scan of a whole collection needs none: it goes on by `_id`.
 */
function fixResult(command: Command): Buffer {
  const { name, body, fields } = command;
  const filter = fields.get('filter');
  const isFiltered = filter !== undefined && filter.end - filter.start > 5;
  const isFixed = fields.has('limit') || fields.has('sort') || fields.has('tailable');
  return name === 'find' && isFiltered && !isFixed ? appendLong(body, 'limit', UNLIMITED) : body;
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
      const [row] = await target.query(statement, [command.database, fixResult(command)], limit);
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
