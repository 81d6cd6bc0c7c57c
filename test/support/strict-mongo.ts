import { BSON } from 'bson';
import { type Request, readRequest, writeReply } from '../../local/documentdb/gateway/wire.ts';
import { answeredId, type MongoProxy, startMongoProxy } from './chaos-mongo.ts';
import { randomSource } from './random-source.ts';
import type { Verdict } from './tcp-proxy.ts';

type Document = Record<string, unknown>;

/** A command on its way to the server, read whole. */
export interface StrictCommand {
  /** `find`, `update`, `commitTransaction`, … */
  readonly name: string;
  /** The collection; empty for commands without one. */
  readonly collection: string;
  readonly document: Readonly<Document>;
  /** What a write consists of: documents, updates or deletions. */
  readonly statements: readonly Document[];
  readonly inTransaction: boolean;
}

/** How a server says no. */
export interface Refusal {
  readonly code: number;
  readonly codeName: string;
  readonly labels?: readonly string[];
}

export interface StrictOptions {
  /** What buildInfo says; without it, what the engine says. */
  readonly version?: string;
  /** Asked before the rules of every server: rights, shard keys, whatever a test needs. `null` and undefined: go on. */
  refuse?(command: StrictCommand): Refusal | null | undefined | Promise<Refusal | null | undefined>;
  /** Collections whose newest records no majority has acknowledged: majority reads outside of transactions find none. */
  readonly lagging?: ReadonlySet<string>;
  /** Collections whose records are gone on the primary alone, and may come back: local reads find none, a majority has them. */
  readonly undone?: ReadonlySet<string>;
  /** What collections are sharded by, as a cluster tells it. */
  readonly shardKeys?: Readonly<Record<string, Document>>;
  /** Faults that pass by themselves, dealt out by chance. */
  readonly faults?: { readonly seed: number /** 0 to 1, of each command. */; readonly share: number };
}

export interface StrictMongo extends MongoProxy {
  /** Every command so far, in order. */
  readonly seen: readonly StrictCommand[];
  /** What a server would have refused by its own rules: the product must do none of it. */
  readonly broken: readonly string[];
  /** How often each fault was dealt out, by name. */
  readonly dealt: ReadonlyMap<string, number>;
}

/** A driver's own commands: they may come at any time, and nothing is refused or made to fail. */
const HOUSEKEEPING = new Set(['hello', 'ismaster', 'isMaster', 'ping', 'endSessions', 'buildInfo', 'killCursors']);
/** Nine commands in ten are reads, and all their faults show the same: the others are to have their share of the time. */
const READ_WEIGHT = 0.25;
/** Where a cluster keeps what is sharded. */
const SHARDED = 'config.collections';
const STATEMENTS: Readonly<Record<string, string>> = { insert: 'documents', update: 'updates', delete: 'deletes' };

/**
 * A proxy that is stricter than the local engine, which ignores concerns, knows no users and says yes to what MongoDB
 * refuses. It breaks what the options say, and writes down what breaks a server's own rules.
 */
export async function startStrictMongo(uri: string, options: StrictOptions = {}): Promise<StrictMongo> {
  const proxy = await startMongoProxy(uri);
  const seen: StrictCommand[] = [];
  const broken: string[] = [];
  const dealt = new Map<string, number>();
  const chance = options.faults ? randomSource(options.faults.seed) : null;
  /** What becomes of the answers of commands that were let through. */
  const answers = new Map<string, (request: Request) => Verdict>();
  const busy = new Map<string, string>();
  const pending = new Map<string, { request: Request; session: string | undefined }>();

  const strike = (name: string, weight = 1): boolean => {
    if (!chance || chance() >= (options.faults?.share ?? 0) * weight) return false;
    dealt.set(name, (dealt.get(name) ?? 0) + 1);
    return true;
  };

  const judge = async (request: Request, command: StrictCommand, key: string): Promise<Verdict> => {
    const refused = await options.refuse?.(command);
    if (refused) return { answer: refusal(request, refused) };
    const rule = ruleBroken(command);
    if (rule) {
      broken.push(`${command.name} ${command.collection}: ${rule.codeName}`);
      return { answer: refusal(request, rule) };
    }
    if (command.name === 'buildInfo' && options.version !== undefined)
      return { answer: reply(request, { ok: 1, version: options.version, gitVersion: '0'.repeat(40), modules: [] }) };
    if (options.shardKeys && nameSpace(command) === SHARDED)
      return {
        answer: reply(request, { ok: 1, cursor: { id: BSON.Long.ZERO, ns: SHARDED, firstBatch: rowOf(command) } }),
      };
    const hiding = { majority: options.lagging, local: options.undone };
    if (Object.entries(hiding).some(([level, names]) => names?.has(command.collection) && isReadOf(command, level)))
      return {
        answer: reply(request, { ok: 1, cursor: { id: BSON.Long.ZERO, ns: nameSpace(command), firstBatch: [] } }),
      };
    return dealFault(request, command, key);
  };

  const rowOf = ({ document }: StrictCommand) => {
    const { _id } = document.filter as { _id: string };
    const key = options.shardKeys?.[_id.split('.')[1] ?? ''];
    return key === undefined ? [] : [{ _id, key }];
  };

  const dealFault = (request: Request, command: StrictCommand, key: string): Verdict => {
    const { name, inTransaction } = command;
    if (name === 'commitTransaction') {
      if (strike('commit rolled back')) {
        const gone = { code: 251, codeName: 'NoSuchTransaction', labels: ['TransientTransactionError'] };
        answers.set(key, (asked) => ({ instead: refusal(asked, gone) }));
        return { instead: abortInstead(request) };
      }
      if (strike('commit done, answer lost')) answers.set(key, () => 'cut');
      else if (strike('commit not acknowledged in time'))
        answers.set(key, (asked) => ({
          instead: reply(asked, { ok: 1, writeConcernError: { code: 64, errmsg: 'timeout' } }),
        }));
      return 'pass';
    }
    if (name === 'abortTransaction') return 'pass';
    if (inTransaction) {
      const labels = ['TransientTransactionError'];
      if (strike('WriteConflict'))
        return { answer: refusal(request, { code: 112, codeName: 'WriteConflict', labels }) };
      if (strike('LockTimeout')) return { answer: refusal(request, { code: 24, codeName: 'LockTimeout', labels }) };
      return 'pass';
    }
    if (name in STATEMENTS || name === 'findAndModify') {
      if (strike('write interrupted'))
        return {
          answer: refusal(request, {
            code: 11602,
            codeName: 'InterruptedDueToReplStateChange',
            labels: ['RetryableWriteError'],
          }),
        };
      if (strike('write lock timeout')) return { answer: refusal(request, { code: 24, codeName: 'LockTimeout' }) };
      return 'pass';
    }
    if (strike('QueryPlanKilled', READ_WEIGHT))
      return { answer: refusal(request, { code: 175, codeName: 'QueryPlanKilled' }) };
    if (strike('StaleConfig', READ_WEIGHT))
      return { answer: refusal(request, { code: 13388, codeName: 'StaleConfig' }) };
    return 'pass';
  };

  proxy.intercept(async ({ from, bytes, connection }) => {
    if (from === 'server') {
      const key = `${connection}:${answeredId(bytes)}`;
      const asked = pending.get(key);
      const change = answers.get(key);
      pending.delete(key);
      answers.delete(key);
      if (asked?.session !== undefined && busy.get(asked.session) === key) busy.delete(asked.session);
      return asked && change ? change(asked.request) : 'pass';
    }
    const request = readRequest(bytes);
    if (!request || request.isLegacy || !request.wantsReply) return 'pass';
    const command = readCommand(request);
    if (HOUSEKEEPING.has(command.name) && !(command.name === 'buildInfo')) return 'pass';
    seen.push(command);
    const key = `${connection}:${request.id}`;
    const session = sessionOf(command);
    if (session !== undefined && busy.has(session)) broken.push(`${command.name}: two commands at once in one session`);
    const verdict = await judge(request, command, key);
    if (verdict === 'pass' || (typeof verdict === 'object' && 'instead' in verdict)) {
      pending.set(key, { request, session });
      if (session !== undefined) busy.set(session, key);
    }
    return verdict;
  });
  return { ...proxy, seen, broken, dealt };
}

function readCommand({ command }: Request): StrictCommand {
  const document = BSON.deserialize(command.body, { promoteValues: true }) as Document;
  const listed = document[STATEMENTS[command.name] ?? ''];
  const sequence: Document[] = [];
  for (let at = 0; command.sequence && at < command.sequence.length; ) {
    const length = command.sequence.readInt32LE(at);
    sequence.push(BSON.deserialize(command.sequence.subarray(at, at + length)) as Document);
    at += length;
  }
  const target = document[command.name];
  return {
    name: command.name,
    collection: typeof target === 'string' ? target : '',
    document,
    statements: Array.isArray(listed) ? (listed as Document[]) : sequence,
    inTransaction: 'autocommit' in document,
  };
}

const CONCERN_LEVELS = new Set(['local', 'majority', 'snapshot', 'available', 'linearizable']);
/** What a transaction may consist of, of all that the product sends (MongoDB's manual, "Operations and transactions"). */
const IN_TRANSACTIONS = new Set([
  ...['find', 'getMore', 'aggregate', 'distinct', 'insert', 'update', 'delete', 'findAndModify'],
  ...['commitTransaction', 'abortTransaction'],
]);

/** The rule of every server that a command breaks; null for none. */
function ruleBroken(command: StrictCommand): Refusal | null {
  const { document, name, inTransaction, statements } = command;
  const read = document.readConcern as { level?: unknown } | undefined;
  const write = document.writeConcern as { w?: unknown } | undefined;
  if (read?.level !== undefined && !CONCERN_LEVELS.has(String(read.level)))
    return { code: 9, codeName: 'FailedToParse' };
  // A set of three: more members can never acknowledge.
  if (typeof write?.w === 'number' && write.w > 3) return { code: 100, codeName: 'UnsatisfiableWriteConcern' };
  if (inTransaction) {
    if (!IN_TRANSACTIONS.has(name)) return { code: 263, codeName: 'OperationNotSupportedInTransaction' };
    if (read && document.startTransaction !== true) return { code: 72, codeName: 'InvalidOptions' };
    if (write && !name.endsWith('Transaction')) return { code: 72, codeName: 'InvalidOptions' };
    // Fixed in 7.0.22 and 8.0.12: repeated, such an upsert could break a unique index (CVE-2025-10060).
    if (statements.some((one) => one.upsert === true)) return { code: 72, codeName: 'UpsertInTransaction' };
  }
  const hints = [document.hint, ...statements.map((one) => one.hint)].filter((hint) => hint !== undefined);
  // The product knows of no index by name but the one that every collection has.
  if (hints.some((hint) => JSON.stringify(hint) !== '{"_id":1}')) return { code: 2, codeName: 'BadValue' };
  return null;
}

function isReadOf({ name, document, inTransaction }: StrictCommand, asked: string): boolean {
  const { level } = (document.readConcern ?? {}) as { level?: unknown };
  return !inTransaction && ['find', 'aggregate'].includes(name) && level === asked;
}

const nameSpace = ({ document, collection }: StrictCommand) => `${String(document.$db)}.${collection}`;

/** One name for a session; undefined where a command has none. */
function sessionOf({ document }: StrictCommand): string | undefined {
  const { id } = (document.lsid ?? {}) as { id?: { toString(encoding: string): string } };
  return id && 'autocommit' in document ? id.toString('hex') : undefined;
}

let replies = 1_000_000;

function reply(request: Request, document: Document): Buffer {
  replies += 1;
  return Buffer.concat(writeReply(request, replies, document));
}

function refusal(request: Request, { code, codeName, labels }: Refusal): Buffer {
  return reply(request, {
    ok: 0,
    code,
    codeName,
    errmsg: `refused: ${codeName}`,
    ...(labels && { errorLabels: labels }),
  });
}

/** The commit's message with the command `abortTransaction` in it: what was done is undone, and the client asked for a commit. */
function abortInstead({ id, command }: Request): Buffer {
  const { commitTransaction: _, maxTimeMS: __, ...rest } = BSON.deserialize(command.body, { promoteValues: false });
  const body = Buffer.from(BSON.serialize({ abortTransaction: 1, ...rest }));
  const header = Buffer.alloc(21);
  header.writeInt32LE(21 + body.length, 0);
  header.writeInt32LE(id, 4);
  header.writeInt32LE(2013, 12);
  return Buffer.concat([header, body]);
}
