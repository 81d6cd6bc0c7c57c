import { setTimeout as delay } from 'node:timers/promises';
import { BSON } from 'bson';
import { CommandError, DUPLICATE_KEY, toCommandError, translateState, unpackState, WRITE_CONFLICT } from './errors.ts';
import type { Pool } from './pool.ts';
import type { Parameter, Queryable, Statement } from './postgres.ts';
import type { Transaction } from './transactions.ts';
import { type Command, countDocuments, type Reply, readBoolean, readBytes, readString } from './wire.ts';

/** A write and what it depends on. */
export interface WriteContext {
  readonly command: Command;
  readonly transaction: Transaction | null;
  /** How long one try may take, in milliseconds; 0 for as long as it takes. */
  readonly limit: number;
  /** A name for this write that its repetition has too, for the engine to tell; null when it need not. */
  readonly retryId: string | null;
}

export interface Writes {
  /** Runs insert, update, delete or findAndModify. */
  run(statement: Statement, context: WriteContext): Promise<Reply>;
}

/** What the engine says in a write's answer about one of its statements. */
interface WriteError {
  index: number;
  code: number;
  errmsg: string;
}

/** How often a conflicting write outside a transaction is tried before the client hears of it. MongoDB never stops. */
const CONFLICT_TRIES = 40;
/** An upsert that lost the race for its key finds the document at the next try, so a few are enough. */
const UPSERT_TRIES = 4;

/** The name of the array a write command carries, unless it sends a document sequence. */
const STATEMENTS: Readonly<Record<string, string>> = { insert: 'documents', update: 'updates', delete: 'deletes' };

/** `upsert: true` in BSON. */
const UPSERT = Buffer.from('\x08upsert\0\x01', 'latin1');

export function createWrites(pool: Pool): Writes {
  const queue = createQueue();
  return {
    run: async (statement, context) => {
      const { command, transaction } = context;
      if (transaction) return runInTransaction(await transaction.connection, statement, context);
      const isSingle =
        command.name === 'findAndModify' || countDocuments(command, STATEMENTS[command.name] ?? '', 2) < 2;
      const write: Write = { statement, context, isUpsert: isUpserting(command), isSingle };
      if (!write.isUpsert) return retry(pool, write);
      return queue(nameLane(command, isSingle), () => retry(pool, write));
    },
  };
}

/** A write outside a transaction. */
interface Write {
  readonly statement: Statement;
  readonly context: WriteContext;
  readonly isUpsert: boolean;
  /** One statement, which the engine does whole or not at all by itself. */
  readonly isSingle: boolean;
}

/** One try. The errors are those of its statements. */
async function attempt(
  target: Queryable,
  statement: Statement,
  { command, limit, retryId }: WriteContext,
): Promise<{ reply: Reply; errors: CommandError[] }> {
  const parameters: Parameter[] = [command.database, command.body];
  if (command.name !== 'findAndModify') parameters.push(command.sequence);
  parameters.push(retryId);
  const [row] = await target.query(statement, parameters, limit);
  const [raw, success] = row ?? [];
  if (!raw) throw new CommandError(1, 'InternalError', 'the engine answered without a result');
  if (success?.[0] === 1) return { reply: raw, errors: [] };
  const namespace = `${command.database}.${readString(command, command.name) ?? ''}`;
  const reply = BSON.deserialize(raw) as Record<string, unknown> & { writeErrors?: WriteError[] };
  const errors = (reply.writeErrors ?? []).map((found) => {
    const error = translateState(unpackState(found.code), found.errmsg ?? '', namespace);
    found.code = error.code;
    found.errmsg = error.message;
    return error;
  });
  return { reply, errors };
}

async function runInTransaction(target: Queryable, statement: Statement, context: WriteContext): Promise<Reply> {
  const { reply, errors } = await attempt(target, statement, context);
  const [first] = errors;
  if (!first) return reply;
  // A conflict fails the command; any other write error is reported as one, and ends the transaction as well.
  const isConflict = first.code === WRITE_CONFLICT;
  throw new CommandError(
    first.code,
    first.codeName,
    first.message,
    isConflict ? null : (reply as Record<string, unknown>),
  );
}

/**
 * One try outside a transaction. Several statements either all count or, on a conflict, none: they will run again.
 * @returns the answer, and the error for which another try is worth it
 */
async function attemptWhole(
  pool: Pool,
  { statement, context, isUpsert, isSingle }: Write,
): Promise<{ reply: Reply; obstacle: CommandError | null }> {
  const again = (errors: CommandError[]) =>
    errors.find(({ code }) => code === WRITE_CONFLICT || (isUpsert && code === DUPLICATE_KEY)) ?? null;
  if (isSingle) {
    const { reply, errors } = await attempt(pool, statement, context);
    return { reply, obstacle: again(errors) };
  }
  return pool.use(async (connection) => {
    // Not awaited: PostgreSQL answers in order.
    const begun = connection.run('BEGIN');
    begun.catch(() => {});
    try {
      const { reply, errors } = await attempt(connection, statement, context);
      const obstacle = again(errors);
      await connection.run(obstacle ? 'ROLLBACK' : 'COMMIT');
      return { reply, obstacle };
    } catch (error) {
      await connection.run('ROLLBACK').catch(() => connection.close());
      throw error;
    }
  });
}

/** Tries until there is no conflict, or the tries are used up. */
async function retry(pool: Pool, write: Write): Promise<Reply> {
  for (let count = 1; ; count += 1) {
    let obstacle: CommandError;
    let reply: Reply | null = null;
    try {
      const outcome = await attemptWhole(pool, write);
      if (!outcome.obstacle) return outcome.reply;
      ({ obstacle, reply } = outcome);
    } catch (error) {
      obstacle = toCommandError(error);
      const lostRace = write.isUpsert && obstacle.code === DUPLICATE_KEY;
      if (obstacle.code !== WRITE_CONFLICT && !lostRace) throw error;
      if (lostRace && count === UPSERT_TRIES) throw error;
    }
    if (obstacle.code === WRITE_CONFLICT && count === CONFLICT_TRIES) throw obstacle;
    if (obstacle.code === DUPLICATE_KEY && count === UPSERT_TRIES && reply) {
      // No race after all: the write really breaks the index.
      if (write.isSingle) return reply;
      return (await attemptWhole(pool, { ...write, isUpsert: false })).reply;
    }
    await delay(Math.random() * 5 * Math.min(count, 10));
  }
}

function isUpserting(command: Command): boolean {
  if (command.name === 'findAndModify') return readBoolean(command, 'upsert') === true;
  // A document that merely holds these bytes waits in line for nothing, which does no harm.
  return command.name === 'update' && (command.sequence ?? command.body).includes(UPSERT);
}

/**
 * Unique indexes are exclusion constraints in the engine: two inserts of one key wait for each other until PostgreSQL
 * sees the deadlock. So upserts with the same filter go one at a time; what still meets (another filter, the same key)
 * is sorted out by trying again.
 */
function nameLane(command: Command, isSingle: boolean): string {
  const namespace = `${command.database}.${readString(command, command.name) ?? ''}`;
  if (!isSingle) return namespace;
  const filter = command.name === 'findAndModify' ? readBytes(command, 'query') : readFilter(command);
  return filter ? `${namespace}\0${filter.toString('latin1')}` : namespace;
}

/** The filter of an update's only statement. */
function readFilter(command: Command): Buffer | undefined {
  const statement = command.sequence ?? firstElement(readBytes(command, 'updates'));
  return statement && firstElement(statement);
}

/** The value of a BSON document's first element, when that is a document itself. An update begins with its `q`. */
function firstElement(document: Buffer | undefined): Buffer | undefined {
  if (document?.[4] !== 0x03) return undefined;
  const start = document.indexOf(0, 5) + 1;
  return document.subarray(start, start + document.readInt32LE(start));
}

/** Runs what shares a name one after the other, in the order it came. */
function createQueue(): <T>(lane: string, work: () => Promise<T>) => Promise<T> {
  const tails = new Map<string, Promise<unknown>>();
  return async (lane, work) => {
    const before = tails.get(lane);
    const run = before ? before.then(work) : work();
    const tail = run.catch(() => {});
    tails.set(lane, tail);
    try {
      return await run;
    } finally {
      if (tails.get(lane) === tail) tails.delete(lane);
    }
  };
}
