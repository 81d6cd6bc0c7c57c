import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ALIASES, type Context, createCommands, type Handler, type Parts } from './commands.ts';
import { createCursors } from './cursors.ts';
import { CommandError, chooseLabels, SHUTDOWN, toCommandError } from './errors.ts';
import { createPool } from './pool.ts';
import { connectPostgres } from './postgres.ts';
import { createRetries } from './retries.ts';
import { SQL } from './sql.ts';
import { createTransactions, type Transaction } from './transactions.ts';
import {
  type Command,
  type Reply,
  readBoolean,
  readBytes,
  readNumber,
  readRequest,
  readString,
  splitMessages,
  writeReply,
} from './wire.ts';
import { createWrites } from './writes.ts';

export interface GatewayOptions {
  /** The Unix socket PostgreSQL listens on. */
  readonly socket: string;
  readonly user: string;
  /** 0 for a free one. */
  readonly port: number;
  readonly setName: string;
  /**
   * True: the database itself remembers each retryable write of a single statement, so that one repeated after a crash
   * counts once. Costs an index entry a write. False: only this process remembers.
   */
  readonly keepRetries: boolean;
}

export interface Gateway {
  readonly port: number;
  /** Stops listening, gives commands in flight a moment, rolls back open transactions and closes everything. */
  close(): Promise<void>;
}

/** Queries at a time; transactions have connections of their own. */
const POOL_SIZE = 12;
/** How long commands in flight may take to finish at the end, in milliseconds. */
const DRAIN = 2_000;

/** How often cursors and records of the past are swept, in milliseconds. */
const HOUSEKEEPING = 60_000;

const HOST = '127.0.0.1';
const ENDS = new Set(['commitTransaction', 'abortTransaction']);

/**
 * The wire gateway: it speaks MongoDB's protocol (OP_MSG) to clients and calls the DocumentDB extension's functions in
 * PostgreSQL. Commands and answers pass through as the bytes they are.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const pool = createPool(
    () =>
      connectPostgres({
        socket: options.socket,
        user: options.user,
        database: 'postgres',
        settings: { search_path: 'documentdb_api_catalog,documentdb_api,public' },
      }),
    POOL_SIZE,
  );
  const cursors = createCursors(pool);
  const transactions = createTransactions(pool, (transaction) => cursors.endTransaction(transaction));
  let port = options.port;
  const parts: Parts = {
    pool,
    cursors,
    transactions,
    retries: createRetries(),
    writes: createWrites(pool),
    address: () => `${HOST}:${port}`,
    setName: options.setName,
  };
  const traffic: Traffic = { isClosing: false, inFlight: 0, connections: 0, replies: 0, sockets: new Set() };
  const answer = createAnswer(parts, options.keepRetries, traffic);
  const server = createServer((socket) => {
    serveSocket(socket, answer, traffic);
    socket.on('close', () => transactions.dropSocket(socket));
  });
  port = await listen(server, options.port);
  const housekeeping = setInterval(() => {
    cursors.expire(Date.now());
    if (options.keepRetries) pool.query(SQL.forgetRetries, []).catch(() => {});
  }, HOUSEKEEPING).unref();

  return {
    port,
    close: async () => {
      traffic.isClosing = true;
      clearInterval(housekeeping);
      const closed = new Promise((resolve) => server.close(resolve));
      const end = Date.now() + DRAIN;
      while (traffic.inFlight > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
      for (const socket of traffic.sockets) socket.destroy();
      await closed;
      pool.close();
    },
  };
}

/** What the connections share. */
interface Traffic {
  isClosing: boolean;
  /** Commands that are not answered yet. */
  inFlight: number;
  /** How many connections and replies there have been: their ids. */
  connections: number;
  replies: number;
  readonly sockets: Set<Socket>;
}

/** Runs one command. Never rejects: an error is an answer, too. */
type Answer = (command: Command, socket: Socket, connectionId: number) => Promise<Reply>;

function createAnswer(parts: Parts, keepRetries: boolean, traffic: Traffic): Answer {
  const { transactions, retries } = parts;
  const commands = createCommands(parts);
  return async (command, socket, connectionId) => {
    const lsid = readBytes(command, 'lsid');
    const session = lsid ? lsid.toString('latin1') : '';
    const number = readNumber(command, 'txnNumber');
    const inTransaction = readBoolean(command, 'autocommit') === false;
    let transaction: Transaction | null = null;
    try {
      if (traffic.isClosing) throw new CommandError(SHUTDOWN, 'ShutdownInProgress', 'the server is shutting down');
      const handler = findHandler(commands, command);
      if (inTransaction) {
        transaction = transactions.enter(
          {
            session,
            number: BigInt(number ?? -1),
            starts: readBoolean(command, 'startTransaction') === true,
            ends: ENDS.has(command.name),
          },
          socket,
        );
      }
      const context: Context = {
        command,
        transaction,
        session,
        connectionId,
        limit: command.name === 'getMore' ? 0 : Number(readNumber(command, 'maxTimeMS') ?? 0),
        retryId: keepRetries && number !== undefined && !inTransaction ? `${lsid?.toString('hex')}:${number}` : null,
      };
      if (number === undefined || inTransaction) return await handler(context);
      return await retries.once(session, BigInt(number), async () => handler(context));
    } catch (cause) {
      const error = toCommandError(cause, `${command.database}.${readString(command, command.name) ?? ''}`);
      // As in MongoDB, a failed command ends its transaction.
      if (transaction && !ENDS.has(command.name)) await transactions.abort(transaction);
      return describeError(error, {
        inTransaction,
        isCommit: command.name === 'commitTransaction',
        isRetryableWrite: number !== undefined && !inTransaction,
      });
    }
  };
}

function describeError(error: CommandError, circumstances: Parameters<typeof chooseLabels>[1]): Reply {
  if (error.reply) return error.reply;
  const errorLabels = chooseLabels(error, circumstances);
  return {
    ok: 0,
    errmsg: error.message,
    code: error.code,
    codeName: error.codeName,
    ...(errorLabels.length > 0 ? { errorLabels } : {}),
  };
}

/** Answers one connection's commands, in the order they are asked. What is no message ends the connection. */
function serveSocket(socket: Socket, answer: Answer, traffic: Traffic): void {
  traffic.connections += 1;
  const connectionId = traffic.connections;
  traffic.sockets.add(socket);
  socket.setNoDelay(true);
  let last = Promise.resolve();
  const split = splitMessages((message) => {
    const request = readRequest(message);
    if (!request) {
      socket.destroy();
      return;
    }
    traffic.inFlight += 1;
    last = last
      .then(() => answer(request.command, socket, connectionId))
      .then((reply) => {
        if (!request.wantsReply || socket.destroyed) return;
        traffic.replies = (traffic.replies + 1) % 0x7fffffff;
        socket.cork();
        for (const part of writeReply(request, traffic.replies, reply)) socket.write(part);
        socket.uncork();
      })
      .catch(() => {
        socket.destroy();
      })
      .finally(() => {
        traffic.inFlight -= 1;
      });
  });
  socket.on('data', (chunk) => {
    try {
      split(chunk);
    } catch {
      socket.destroy();
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => traffic.sockets.delete(socket));
}

function findHandler(commands: ReadonlyMap<string, Handler>, command: Command): Handler {
  const handler = commands.get(ALIASES[command.name] ?? command.name);
  if (!handler) throw new CommandError(59, 'CommandNotFound', `no such command: '${command.name}'`);
  return handler;
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, 1024, resolve);
  });
  return (server.address() as AddressInfo).port;
}
