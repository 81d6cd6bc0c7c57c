import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ALIASES, type Context, createCommands, type Handler } from './commands.ts';
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
  const retries = createRetries();
  let port = options.port;
  const parts = {
    pool,
    cursors,
    transactions,
    retries,
    writes: createWrites(pool),
    address: () => `${HOST}:${port}`,
    setName: options.setName,
  };
  const commands = createCommands(parts);
  let inFlight = 0;
  let isClosing = false;

  const answer = async (command: Command, socket: Socket, connectionId: number): Promise<Reply> => {
    const lsid = readBytes(command, 'lsid');
    const session = lsid ? lsid.toString('latin1') : '';
    const number = readNumber(command, 'txnNumber');
    const inTransaction = readBoolean(command, 'autocommit') === false;
    let transaction: Transaction | null = null;
    try {
      if (isClosing) throw new CommandError(SHUTDOWN, 'ShutdownInProgress', 'the server is shutting down');
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
        retryId:
          options.keepRetries && number !== undefined && !inTransaction ? `${lsid?.toString('hex')}:${number}` : null,
      };
      if (number === undefined || inTransaction) return await handler(context);
      return await retries.once(session, BigInt(number), async () => handler(context));
    } catch (cause) {
      const error = toCommandError(cause, `${command.database}.${readString(command, command.name) ?? ''}`);
      // As in MongoDB, a failed command ends its transaction.
      if (transaction && !ENDS.has(command.name)) await transactions.abort(transaction);
      if (error.reply) return error.reply;
      const errorLabels = chooseLabels(error, {
        inTransaction,
        isCommit: command.name === 'commitTransaction',
        isRetryableWrite: number !== undefined && !inTransaction,
      });
      return {
        ok: 0,
        errmsg: error.message,
        code: error.code,
        codeName: error.codeName,
        ...(errorLabels.length > 0 ? { errorLabels } : {}),
      };
    }
  };

  let connections = 0;
  let replies = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections += 1;
    const connectionId = connections;
    sockets.add(socket);
    socket.setNoDelay(true);
    // A connection answers in the order it is asked.
    let last = Promise.resolve();
    const split = splitMessages((message) => {
      const request = readRequest(message);
      if (!request) {
        socket.destroy();
        return;
      }
      inFlight += 1;
      last = last
        .then(() => answer(request.command, socket, connectionId))
        .then((reply) => {
          if (!request.wantsReply || socket.destroyed) return;
          replies = (replies + 1) % 0x7fffffff;
          socket.cork();
          for (const part of writeReply(request, replies, reply)) socket.write(part);
          socket.uncork();
        })
        .catch(() => {
          socket.destroy();
        })
        .finally(() => {
          inFlight -= 1;
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
    socket.on('close', () => {
      sockets.delete(socket);
      transactions.dropSocket(socket);
    });
  });
  port = await listen(server, options.port);
  const housekeeping = setInterval(() => {
    cursors.expire(Date.now());
    if (options.keepRetries) pool.query(SQL.forgetRetries, []).catch(() => {});
  }, HOUSEKEEPING).unref();

  return {
    port,
    close: async () => {
      isClosing = true;
      clearInterval(housekeeping);
      const closed = new Promise((resolve) => server.close(resolve));
      const end = Date.now() + DRAIN;
      while (inFlight > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
      for (const socket of sockets) socket.destroy();
      await closed;
      pool.close();
    },
  };
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
