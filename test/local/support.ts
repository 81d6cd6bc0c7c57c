import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BSON } from 'bson';
import mongoose, { type mongo } from 'mongoose';
import { openCacheFolder } from '../../local/cache.ts';
import { fetchEngine } from '../../local/documentdb/engine.ts';
import { startDocumentDb } from '../../local/documentdb/server.ts';
import { identify } from '../../local/identity.ts';
import { type Service, type ServiceOptions, startMongo } from '../../local/services.ts';
import { LIMITS } from '../support/limits.ts';

export const { MongoBulkWriteError, ObjectId } = mongoose.mongo;
const { MongoClient, MongoServerError } = mongoose.mongo;
export type Client = InstanceType<typeof MongoClient>;

/** What a test starts and has to end, whatever happens in it. */
export function createCleanup(): {
  /** A folder of its own in the temporary folder. */
  folder(): Promise<string>;
  add<T extends { stop(): Promise<void> }>(started: T): T;
  connect(url: string): Promise<Client>;
  run(): Promise<void>;
} {
  const tasks: (() => Promise<unknown>)[] = [];
  return {
    folder: async () => {
      const path = await mkdtemp(join(tmpdir(), 'lethe-local-'));
      tasks.push(() => rm(path, { recursive: true, force: true }));
      return path;
    },
    add: (started) => {
      tasks.push(() => started.stop());
      return started;
    },
    connect: async (url) => {
      const client = await new MongoClient(url, { serverSelectionTimeoutMS: LIMITS.answerMs }).connect();
      tasks.push(() => client.close());
      return client;
    },
    run: async () => {
      for (const task of tasks.splice(0).reverse()) await task();
    },
  };
}

/** A database of its own for a test file, on MONGODB_URI or, where that is not set, on a server started for it. */
export async function openDatabase(cleanup: ReturnType<typeof createCleanup>): Promise<{
  client: Client;
  db: mongo.Db;
  /** The server's address, for a client with so many connections. */
  address(poolSize: number): string;
}> {
  const url =
    process.env.MONGODB_URI ||
    cleanup.add(await startMongo({ dataDir: await cleanup.folder(), durable: false, print: () => {} })).url;
  const client = await cleanup.connect(url);
  const db = client.db(`local-${process.pid}-${randomBytes(3).toString('hex')}`);
  cleanup.add({
    stop: async () => {
      await db.dropDatabase();
    },
  });
  return {
    client,
    db,
    address: (poolSize) => {
      const parsed = new URL(url);
      parsed.searchParams.set('maxPoolSize', String(poolSize));
      return parsed.href;
    },
  };
}

/** The error a server answered with. Throws when it did not. */
export async function failure(work: Promise<unknown>): Promise<mongo.MongoServerError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof MongoServerError)) throw new Error(`no server error but ${error}`);
  return error;
}

/** DocumentDB, whatever else this machine has. */
export async function startEngine(options: Partial<ServiceOptions> & { dataDir: string }): Promise<Service> {
  return startDocumentDb(await fetchEngine(await openCacheFolder(), () => {}), {
    durable: false,
    print: () => {},
    ...options,
  });
}

/** True when none of these processes runs. */
export async function areGone(pids: readonly number[]): Promise<boolean> {
  const found = await Promise.all(pids.map(identify));
  return found.every((identity) => identity === null);
}

export function killAll(pids: readonly number[]): void {
  for (const pid of pids) process.kill(pid, 'SIGKILL');
}

/** Sends one command as a driver does, without a driver's own retries, and gives the answer as it is. */
export async function sendCommand(port: number, command: Record<string, unknown>): Promise<Record<string, unknown>> {
  const socket = await openWire(port);
  try {
    return await socket.send(command);
  } finally {
    socket.close();
  }
}

/** A connection that speaks OP_MSG. */
export async function openWire(port: number): Promise<{
  send(command: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** Sends and does not wait. */
  post(command: Record<string, unknown>): void;
  /** Sends bytes that are no command. */
  write(bytes: Buffer): void;
  /** Resolves when the other side closes. */
  waitForClose(): Promise<void>;
  close(): void;
}> {
  const socket = connect({ host: '127.0.0.1', port });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  let received = Buffer.alloc(0);
  const waiting: { resolve: (answer: Record<string, unknown>) => void; reject: (error: Error) => void }[] = [];
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 4 && received.length >= received.readInt32LE(0)) {
      const length = received.readInt32LE(0);
      waiting.shift()?.resolve(BSON.deserialize(received.subarray(21, length)));
      received = received.subarray(length);
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const { reject } of waiting.splice(0)) reject(new Error('the connection was closed'));
  });
  const post = (command: Record<string, unknown>) => {
    const body = BSON.serialize(command);
    const header = Buffer.alloc(21);
    header.writeInt32LE(21 + body.length, 0);
    header.writeInt32LE(2013, 12);
    socket.write(Buffer.concat([header, body]));
  };
  return {
    post,
    send: (command) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        post(command);
      }),
    write: (bytes) => {
      socket.write(bytes);
    },
    waitForClose: () => new Promise((resolve) => socket.once('close', () => resolve())),
    close: () => socket.destroy(),
  };
}

/** A session's id as it goes over the wire. */
export function newSession(): { id: BSON.UUID } {
  return { id: new BSON.UUID() };
}
