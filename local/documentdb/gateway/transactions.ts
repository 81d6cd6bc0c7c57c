import { CommandError, NO_SUCH_TRANSACTION } from './errors.ts';
import type { Pool } from './pool.ts';
import type { Connection } from './postgres.ts';

/** A multi-document transaction: one PostgreSQL transaction on a connection of its own. */
export interface Transaction {
  readonly number: bigint;
  readonly session: string;
  /** Resolves once PostgreSQL has begun it. */
  readonly connection: Promise<Connection>;
  state: 'open' | 'committing' | 'committed' | 'aborted' | 'unknown';
  /** The socket that last worked in it. */
  socket: object;
  /** Resolves or rejects when it has ended, with what ending it brought. */
  ended: Promise<void> | null;
  timer: NodeJS.Timeout;
}

/** What a command says about its transaction. */
interface TransactionFields {
  readonly session: string;
  readonly number: bigint;
  readonly starts: boolean;
  /** True for commitTransaction and abortTransaction, which may come again after the end. */
  readonly ends: boolean;
}

export interface Transactions {
  /** Begins or finds the transaction a command belongs to. Throws CommandError (251, 225) when there is none. */
  enter(fields: TransactionFields, socket: object): Transaction;
  commit(transaction: Transaction): Promise<void>;
  abort(transaction: Transaction): Promise<void>;
  /** Rolls back whatever is open in a session that has ended, and forgets it. */
  endSession(session: string): void;
  /** Rolls back what a closed socket last worked in: nobody will end it. */
  dropSocket(socket: object): void;
  readonly openCount: number;
}

/** MongoDB's default for `transactionLifetimeLimitSeconds`, in milliseconds. */
const LIFETIME = 60_000;

/** How many sessions' last transaction is remembered, so that a repeated commit gets its answer. */
const REMEMBERED = 10_000;

/**
 * A snapshot for the whole transaction, as MongoDB gives; a row that another transaction holds is a write conflict
 * soon, as MongoDB's is at once.
 */
const BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL lock_timeout = '100ms'";

export function createTransactions(pool: Pool, onEnd: (transaction: Transaction) => void): Transactions {
  const book: Book = { pool, onEnd, latest: new Map(), openCount: 0 };
  return {
    get openCount() {
      return book.openCount;
    },
    commit: (transaction) => commit(book, transaction),
    abort: (transaction) => abort(book, transaction),
    enter: (fields, socket) => enter(book, fields, socket),
    endSession: (session) => {
      const known = book.latest.get(session);
      if (!known) return;
      book.latest.delete(session);
      abort(book, known);
    },
    dropSocket: (socket) => {
      if (book.openCount === 0) return;
      for (const transaction of book.latest.values()) if (transaction.socket === socket) abort(book, transaction);
    },
  };
}

interface Book {
  readonly pool: Pool;
  readonly onEnd: (transaction: Transaction) => void;
  /** Each session's last transaction. */
  readonly latest: Map<string, Transaction>;
  openCount: number;
}

function enter(book: Book, fields: TransactionFields, socket: object): Transaction {
  const known = book.latest.get(fields.session);
  if (fields.starts) {
    if (known && known.number > fields.number)
      throw new CommandError(225, 'TransactionTooOld', `transaction ${fields.number} is older than ${known.number}`);
    if (known?.state === 'open') abort(book, known);
    return begin(book, fields, socket);
  }
  const usable = known?.number === fields.number && (known.state === 'open' || fields.ends);
  if (!known || !usable) throw noSuchTransaction(fields.number);
  known.socket = socket;
  return known;
}

function begin(book: Book, fields: TransactionFields, socket: object): Transaction {
  const connection = book.pool.take().then(async (taken) => {
    try {
      await taken.run(BEGIN);
      return taken;
    } catch (error) {
      taken.close();
      throw error;
    }
  });
  connection.catch(() => {}); // whoever works in it gets the error too
  const transaction: Transaction = {
    number: fields.number,
    session: fields.session,
    connection,
    state: 'open',
    socket,
    ended: null,
    timer: setTimeout(() => abort(book, transaction), LIFETIME).unref(),
  };
  book.openCount += 1;
  book.latest.delete(fields.session);
  book.latest.set(fields.session, transaction);
  if (book.latest.size > REMEMBERED) forgetOldest(book);
  return transaction;
}

/** Forgets the oldest session whose transaction has ended. */
function forgetOldest({ latest }: Book): void {
  for (const [session, { state }] of latest) {
    if (state === 'open' || state === 'committing') continue;
    latest.delete(session);
    return;
  }
}

async function end(book: Book, transaction: Transaction, how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
  clearTimeout(transaction.timer);
  book.openCount -= 1;
  book.onEnd(transaction);
  const connection = await transaction.connection;
  try {
    await connection.run(how);
    book.pool.giveBack(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
}

function commit(book: Book, transaction: Transaction): Promise<void> {
  if (transaction.state === 'aborted') return Promise.reject(noSuchTransaction(transaction.number));
  if (transaction.ended) return transaction.ended;
  transaction.state = 'committing';
  transaction.ended = end(book, transaction, 'COMMIT').then(
    () => {
      transaction.state = 'committed';
    },
    (error) => {
      transaction.state = 'unknown';
      throw error;
    },
  );
  return transaction.ended;
}

async function abort(book: Book, transaction: Transaction): Promise<void> {
  if (transaction.state !== 'open') return;
  transaction.state = 'aborted';
  // A lost connection has rolled it back already.
  transaction.ended = end(book, transaction, 'ROLLBACK').catch(() => {});
  await transaction.ended;
}

function noSuchTransaction(number: bigint): CommandError {
  return new CommandError(
    NO_SUCH_TRANSACTION,
    'NoSuchTransaction',
    `Transaction ${number} does not match any in-progress transaction.`,
  );
}
