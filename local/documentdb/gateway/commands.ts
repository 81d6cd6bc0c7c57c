import { BSON, Long } from 'bson';
import type { CursorContext, Cursors } from './cursors.ts';
import { CommandError, toCommandError, translateState, unpackState } from './errors.ts';
import type { Pool } from './pool.ts';
import type { Parameter, Queryable, Statement } from './postgres.ts';
import type { Retries } from './retries.ts';
import { SQL } from './sql.ts';
import type { Transaction, Transactions } from './transactions.ts';
import { type Command, MAX_MESSAGE, type Reply, readBytes, readCommand, readNumber, readString } from './wire.ts';
import type { WriteContext, Writes } from './writes.ts';

/** What a command works with. */
export interface Context extends CursorContext, WriteContext {
  readonly command: Command;
  readonly transaction: Transaction | null;
  /** The logical session's id, as its bytes; empty when the command names none. */
  readonly session: string;
  readonly connectionId: number;
}

export type Handler = (context: Context) => Reply | Promise<Reply>;

export interface Parts {
  readonly pool: Pool;
  readonly cursors: Cursors;
  readonly transactions: Transactions;
  readonly retries: Retries;
  readonly writes: Writes;
  /** The gateway's own address, `host:port`. */
  readonly address: () => string;
  readonly setName: string;
}

const NAMESPACE_NOT_FOUND = 26;
const INDEX_TURNS = 5;
const MAX_DOCUMENT = 16 * 1024 * 1024;
const OK = Buffer.from(BSON.serialize({ ok: 1 }));

/** Commands whose names have older spellings. */
export const ALIASES: Readonly<Record<string, string>> = {
  buildinfo: 'buildInfo',
  ismaster: 'hello',
  isMaster: 'hello',
};

/** Every command the gateway answers, by name. */
export function createCommands(parts: Parts): ReadonlyMap<string, Handler> {
  return new Map(
    Object.entries({ ...describeServer(parts), ...readAndWrite(parts), ...defineData(parts), ...endThings(parts) }),
  );
}

/** What a client asks about the server: a one-member replica set, with version 7's wire protocol. */
function describeServer({ address, setName }: Parts): Record<string, Handler> {
  const hello: Handler = ({ connectionId }) => ({
    helloOk: true,
    ismaster: true,
    isWritablePrimary: true,
    secondary: false,
    setName,
    setVersion: 1,
    hosts: [address()],
    primary: address(),
    me: address(),
    maxBsonObjectSize: MAX_DOCUMENT,
    maxMessageSizeBytes: MAX_MESSAGE,
    maxWriteBatchSize: 25_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId,
    minWireVersion: 0,
    maxWireVersion: 21,
    readOnly: false,
    ok: 1,
  });
  const member = () => ({ _id: 0, name: address(), stateStr: 'PRIMARY', state: 1, health: 1, self: true });
  return {
    hello,
    ping: () => OK,
    startSession: () => OK,
    refreshSessions: () => OK,
    buildInfo: () => ({
      version: '7.0.0',
      versionArray: [7, 0, 0, 0],
      gitVersion: 'documentdb',
      bits: 64,
      maxBsonObjectSize: MAX_DOCUMENT,
      modules: [],
      ok: 1,
    }),
    getParameter: () => ({ featureCompatibilityVersion: { version: '7.0' }, ok: 1 }),
    connectionStatus: () => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] }, ok: 1 }),
    getCmdLineOpts: () => ({ argv: [], parsed: {}, ok: 1 }),
    getLog: () => ({ totalLinesWritten: 0, log: [], ok: 1 }),
    hostInfo: () => ({ system: {}, os: {}, extra: {}, ok: 1 }),
    serverStatus: () => ({
      host: address(),
      version: '7.0.0',
      process: 'mongod',
      pid: process.pid,
      uptime: process.uptime(),
      localTime: new Date(),
      repl: { setName, ismaster: true, secondary: false, primary: address() },
      ok: 1,
    }),
    replSetGetStatus: () => ({ set: setName, myState: 1, members: [member()], ok: 1 }),
  };
}

function readAndWrite({ pool, cursors, writes }: Parts): Record<string, Handler> {
  const open =
    (statement: Statement): Handler =>
    (context) =>
      cursors.open(statement, context);
  const write =
    (statement: Statement): Handler =>
    (context) =>
      writes.run(statement, context);
  const simple =
    (statement: Statement): Handler =>
    async ({ command, transaction, limit }) =>
      runSimple((await transaction?.connection) ?? pool, statement, [command.database, command.body], limit);
  return {
    find: open(SQL.find),
    aggregate: open(SQL.aggregate),
    listCollections: open(SQL.listCollections),
    listIndexes: open(SQL.listIndexes),
    getMore: (context) => cursors.getMore(context),
    insert: write(SQL.insert),
    update: write(SQL.update),
    delete: write(SQL.delete),
    findAndModify: write(SQL.findAndModify),
    count: simple(SQL.count),
    distinct: simple(SQL.distinct),
    create: simple(SQL.create),
    validate: simple(SQL.validate),
    explain: ({ command }) => explain(pool, command),
  };
}

function defineData({ pool }: Parts): Record<string, Handler> {
  return {
    drop: async ({ command }) => {
      const name = readString(command, 'drop') ?? '';
      const [row] = await pool.query(SQL.drop, [command.database, name]);
      if (row?.[0]?.[0] !== 1) throw new CommandError(26, 'NamespaceNotFound', 'ns not found');
      return { nIndexesWas: 1, ns: `${command.database}.${name}`, ok: 1 };
    },
    dropDatabase: async ({ command }) => {
      await pool.query(SQL.dropDatabase, [command.database]);
      return { dropped: command.database, ok: 1 };
    },
    createIndexes: async ({ command }) => {
      for (let turn = 1; ; turn += 1) {
        try {
          return await createIndexes(pool, command);
        } catch (error) {
          // A session of the engine that still remembers a collection dropped by another one does not make it anew, and
          // then misses it. By the next turn it has forgotten.
          const missing = toCommandError(error).code === NAMESPACE_NOT_FOUND;
          if (!missing || turn === INDEX_TURNS) throw error;
        }
      }
    },
    dropIndexes: async ({ command }) => {
      const answer = BSON.deserialize(await runSimple(pool, SQL.dropIndexes, [command.database, command.body]));
      if (!answer.ok) throw translateAnswer(answer, nameOf(command));
      return { ...answer, ok: 1 };
    },
    collMod: ({ command }) =>
      runSimple(pool, SQL.collMod, [command.database, readString(command, 'collMod') ?? '', command.body]),
    collStats: ({ command }) =>
      runSimple(pool, SQL.collStats, [command.database, readString(command, 'collStats') ?? '', scaleOf(command)]),
    dbStats: ({ command }) => runSimple(pool, SQL.dbStats, [command.database, scaleOf(command)]),
    renameCollection: ({ command }) => runSimple(pool, SQL.renameCollection, [command.body]),
    listDatabases: ({ command }) => runSimple(pool, SQL.listDatabases, [command.body]),
  };
}

function endThings({ cursors, transactions, retries }: Parts): Record<string, Handler> {
  const endSessions: Handler = ({ command }) => {
    for (const id of readDocuments(readBytes(command, command.name))) {
      const session = id.toString('latin1');
      transactions.endSession(session);
      cursors.endSession(session);
      retries.endSession(session);
    }
    return OK;
  };
  return {
    endSessions,
    killSessions: endSessions,
    killCursors: async ({ command }) => {
      const { cursors: ids = [] } = BSON.deserialize(command.body, { promoteLongs: false });
      const wanted = (ids as unknown[]).map((id) => BigInt(String(id)));
      const killed = new Set(await cursors.kill(wanted));
      const asLongs = (values: bigint[]) => values.map((value) => Long.fromBigInt(value));
      return {
        cursorsKilled: asLongs([...killed]),
        cursorsNotFound: asLongs(wanted.filter((id) => !killed.has(id))),
        cursorsAlive: [],
        cursorsUnknown: [],
        ok: 1,
      };
    },
    commitTransaction: async ({ transaction }) => {
      if (!transaction) throw new CommandError(125, 'CommandFailed', 'commitTransaction needs a transaction');
      await transactions.commit(transaction);
      return OK;
    },
    abortTransaction: async ({ transaction }) => {
      if (!transaction) throw new CommandError(125, 'CommandFailed', 'abortTransaction needs a transaction');
      await transactions.abort(transaction);
      return OK;
    },
  };
}

async function runSimple(
  target: Queryable,
  statement: Statement,
  parameters: readonly Parameter[],
  limit = 0,
): Promise<Buffer> {
  const [row] = await target.query(statement, parameters, limit);
  return row?.[0] ?? OK;
}

async function explain(pool: Pool, command: Command): Promise<Reply> {
  const inner = readBytes(command, 'explain') ?? OK;
  const kind = readCommand(inner, null).name;
  const statements: Readonly<Record<string, Statement>> = {
    find: SQL.explainFind,
    aggregate: SQL.explainAggregate,
    count: SQL.explainCount,
    distinct: SQL.explainDistinct,
  };
  const statement = statements[kind];
  if (!statement) throw new CommandError(115, 'CommandNotSupported', `explain of ${kind} is not supported`);
  const [row] = await pool.query(statement, [command.database, inner]);
  const [plan] = JSON.parse(row?.[0]?.toString() ?? '[{}]');
  return { queryPlanner: { winningPlan: plan }, ok: 1 };
}

async function createIndexes(pool: Pool, command: Command): Promise<Record<string, unknown>> {
  const answer = BSON.deserialize(await runSimple(pool, SQL.createIndexes, [command.database, command.body]));
  // The engine answers as a sharded cluster does: one result a shard.
  const [result = answer] = Object.values((answer.raw ?? {}) as Record<string, Record<string, unknown>>);
  if (!answer.ok) throw translateAnswer(result, nameOf(command));
  return { ...result, ok: 1 };
}

function translateAnswer(answer: Record<string, unknown>, namespace: string): CommandError {
  return translateState(unpackState(Number(answer.code ?? 0)), String(answer.errmsg ?? 'it failed'), namespace);
}

function nameOf(command: Command): string {
  return `${command.database}.${readString(command, command.name) ?? ''}`;
}

function scaleOf(command: Command): string {
  return String(readNumber(command, 'scale') ?? 1);
}

/** The documents of a BSON array, as their bytes. */
function readDocuments(array: Buffer | undefined): Buffer[] {
  if (!array) return [];
  return [...readCommand(array, null).fields.values()]
    .filter(({ type }) => type === 0x03)
    .map(({ start, end }) => array.subarray(start, end));
}
