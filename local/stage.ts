import { join } from 'node:path';
import { parseEnv } from 'node:util';
import mongoose from 'mongoose';
import { CONFIG_NAMES } from '../src/base/config.ts';
import { writeRecordings } from './demo-recordings.ts';
import { DEMO_ACCOUNT, DEMO_RECORDINGS, loadDemoRecords } from './demo-records.ts';
import { removeStageData } from './fresh.ts';
import { type LetheProcess, runLethe, startLethe, tailLog } from './lethe-process.ts';
import { ownerIsAlive, takeLock } from './lock.ts';
import { makePrivateFolder, readFileIfThere, writeEnvFile, writePrivateFile } from './private-files.ts';
import { becomesTrue, findFreePort, isPortFree } from './process.ts';
import { dropQueue } from './queue-keys.ts';
import { startServices } from './services.ts';

/** Everything of the local mode up and running: engines, demo data, API and worker. */
export interface Stage {
  readonly apiUrl: string;
  /** The demo account's id. */
  readonly account: string;
  /** The demo account's whole key. */
  readonly key: string;
  /** Who may sign in to the console: an admin of all accounts. */
  readonly signIn: { readonly email: string; readonly password: string };
  readonly db: mongoose.mongo.Db;
  /** The folder of the calls' recordings. */
  readonly recordings: string;
  readonly logFolder: string;
  readonly mongodbUri: string;
  readonly redisUrl: string;
  /** The database's name. */
  readonly database: string;
  /** A file with the variables of API and worker, for `node --env-file`. */
  readonly envFile: string;
  /** Resolves with the name of the first process that ends unasked, and the end of its log. */
  readonly broken: Promise<string>;
  /** Ends what was started here, in order. Servers that were given stay. */
  stop(): Promise<void>;
}

export interface StageOptions {
  /** Absolute: keys, recordings, reports and logs live here. */
  readonly folder: string;
  /** Absolute: where engines that are started keep their data; `data` in the folder unless given. */
  readonly dataDir?: string;
  /** The port people expect; a free one is taken when it is in use, or 0. */
  readonly port: number;
  /** True: database and queue, which must be this stage's own, are removed when it stops. */
  readonly temporary?: boolean;
  /** True: what an earlier stage left in the folder is removed first. */
  readonly fresh?: boolean;
  /** True: API and worker start again whenever their source changes, and log to the terminal. */
  readonly watch?: boolean;
  /** Calls a start off; what was started by then is stopped. */
  readonly signal?: AbortSignal;
  readonly print: (line: string) => void;
  readonly env: NodeJS.ProcessEnv;
}

const DATABASE = 'lethe';
const DEMO_EMAIL = 'demo@example.com';
const START_MS = 60_000;

/** @throws Error with one clear message when something does not come up; nothing is left running then */
export async function openStage(options: StageOptions): Promise<Stage> {
  const { folder, print, signal } = options;
  const logFolder = join(folder, 'logs');
  const recordings = join(folder, 'recordings');
  await makePrivateFolder(folder);
  const closers: (() => Promise<unknown>)[] = [await occupy(folder)];
  const stop = async () => {
    const failures: unknown[] = [];
    for (const close of closers.splice(0).reverse()) await close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  try {
    const dataDir = options.dataDir ?? join(folder, 'data');
    if (options.fresh) await removeStageData(folder, dataDir, options.env);
    await makePrivateFolder(logFolder);
    const services = await startServices({ dataDir, durable: true, print, env: options.env });
    closers.push(services.stop);
    signal?.throwIfAborted();
    const port = await choosePort(options.port, print);
    const env = await describeEnv(options, services, { port, recordings });
    const envFile = join(folder, 'lethe.env');
    await writeEnvFile(envFile, settingsOf(env));

    const client = await new mongoose.mongo.MongoClient(services.mongodbUri).connect();
    closers.push(() => client.close());
    const db = client.db(env.MONGODB_DATABASE);
    if (options.temporary) closers.push(() => db.dropDatabase().then(() => dropQueue(env)));
    const account = await demoAccount({ db, env, recordings, print });
    signal?.throwIfAborted();
    // The key goes with the account: it is kept privately, so that a second start can print it again.
    const key = await keep(join(folder, `key-${account}`), () =>
      runLethe(['key', 'create', '--account', account, '--label', 'demo'], env),
    );
    const signIn = await demoPerson(folder, account, env);
    signal?.throwIfAborted();

    const how = { logFolder, env, watch: options.watch ?? false };
    const api = await startLethe('api', how);
    closers.push(api.child.stop);
    const worker = await startLethe('worker', how);
    closers.push(worker.child.stop);
    const broken = firstToEnd([api, worker]);
    const apiUrl = `http://127.0.0.1:${port}`;
    const ready = becomesTrue(async () => signal?.aborted || (await isReady(apiUrl)), START_MS);
    const came = await Promise.race([ready, broken]);
    signal?.throwIfAborted();
    // What is watched comes up when its source is mended.
    if (typeof came === 'string' || (!came && !how.watch))
      throw new Error(came === false ? `the API did not become ready: ${await tailLog(api.log)}` : came);
    const { mongodbUri, redisUrl } = services;
    return {
      ...{ apiUrl, account, key, signIn, db, database: db.databaseName, recordings, logFolder },
      ...{ mongodbUri, redisUrl, envFile, broken, stop },
    };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}

/** The environment of API, worker and command line: the caller's, with what belongs to the stage in its place. */
async function describeEnv(
  { folder, env }: StageOptions,
  { mongodbUri, redisUrl }: { readonly mongodbUri: string; readonly redisUrl: string },
  { port, recordings }: { readonly port: number; readonly recordings: string },
): Promise<NodeJS.ProcessEnv> {
  const secrets = await keepSecrets(join(folder, 'keys.env'), env);
  return {
    ...env,
    ...parseEnv(secrets),
    ...noBucket(),
    // A Redis that is started here is a single one, whatever a file .env says about another.
    ...(!env.REDIS_URL && { REDIS_CLUSTER: 'false' }),
    NODE_ENV: 'development',
    MONGODB_URI: mongodbUri,
    REDIS_URL: redisUrl,
    MONGODB_DATABASE: env.MONGODB_DATABASE || DATABASE,
    RECORDINGS_DIR: recordings,
    REPORTS_DIR: join(folder, 'reports'),
    HOST: '127.0.0.1',
    PORT: String(port),
  };
}

/** What Lethe reads of an environment. */
function settingsOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    CONFIG_NAMES.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Locks the folder: a second stage would write into the same logs, and be taken for the first. @returns the release */
async function occupy(folder: string): Promise<() => Promise<void>> {
  const taken = await takeLock(join(folder, 'running.json'), null, ownerIsAlive);
  if ('lock' in taken) return taken.lock.release;
  throw new Error(
    `Lethe already runs in ${folder} (process ${taken.held.owner.pid}); stop that one first, or start in another folder`,
  );
}

async function choosePort(wanted: number, print: (line: string) => void): Promise<number> {
  if (wanted > 0 && (await isPortFree(wanted))) return wanted;
  const port = await findFreePort();
  if (wanted > 0) print(`port ${wanted} is in use: the API takes ${port}`);
  return port;
}

/** A file .env may name a bucket, which beside a folder would be refused. */
function noBucket(): NodeJS.ProcessEnv {
  return Object.fromEntries(CONFIG_NAMES.filter((name) => name.startsWith('RECORDINGS_S3_')).map((name) => [name, '']));
}

/** The secrets of the stage; a file of an earlier version gets the keys that were unknown then. */
async function keepSecrets(file: string, env: NodeJS.ProcessEnv): Promise<string> {
  const kept = await keep(file, () => runLethe(['keys', 'generate'], env));
  if (parseEnv(kept).RECEIPT_KEYS !== undefined || env.RECEIPT_KEYS) return kept;
  const all = `${kept.trimEnd()}\n${await runLethe(['keys', 'generate'], { ...env, ...parseEnv(kept) })}`;
  await writePrivateFile(file, all);
  return all;
}

/** Text that is made once and then kept in a file only its owner can read. */
async function keep(file: string, make: () => Promise<string>): Promise<string> {
  const kept = await readFileIfThere(file);
  if (kept !== null) return kept;
  const made = await make();
  await writePrivateFile(file, made);
  return made;
}

/** Loads demo records and recordings, once, and creates their account: an agency that may redact all. @returns its id */
async function demoAccount({
  db,
  env,
  recordings,
  print,
}: {
  db: mongoose.mongo.Db;
  env: NodeJS.ProcessEnv;
  recordings: string;
  print: (line: string) => void;
}): Promise<string> {
  const account = await db.collection<{ _id: string }>('lethe_accounts').findOne({ records_id: DEMO_ACCOUNT });
  if (account) return account._id;
  // The account comes last: a start that was killed before it loads everything again.
  await writeRecordings(recordings, DEMO_RECORDINGS);
  print(`demo data: ${await loadDemoRecords(db, new Date())} records`);
  const owner = ['--name', 'Demo platform', '--records-id', DEMO_ACCOUNT, '--products', 'all'];
  return runLethe(['account', 'create', ...owner], env);
}

/** Somebody to sign in to the console as. The password is kept like the key, to be printed again. */
async function demoPerson(folder: string, account: string, env: NodeJS.ProcessEnv): Promise<Stage['signIn']> {
  const who = ['--email', DEMO_EMAIL, '--name', 'Demo', '--role', 'admin', '--all-accounts'];
  const password = await keep(join(folder, `password-${account}`), () =>
    // On a server that was given, an earlier stage may have made the same person.
    runLethe(['user', 'create', ...who], env).catch(() => runLethe(['user', 'reset', DEMO_EMAIL], env)),
  );
  return { email: DEMO_EMAIL, password };
}

async function isReady(apiUrl: string): Promise<boolean> {
  try {
    return (await fetch(`${apiUrl}/readyz`)).ok;
  } catch {
    return false;
  }
}

async function firstToEnd(processes: readonly LetheProcess[]): Promise<string> {
  return Promise.race(
    processes.map(async ({ name, child, log }) => {
      const { code } = await child.exited;
      return `the ${name} ended with code ${code}:\n${await tailLog(log)}`;
    }),
  );
}
