import { join } from 'node:path';
import { parseEnv } from 'node:util';
import mongoose from 'mongoose';
import { DEMO_ACCOUNT, loadDemoRecords } from './demo-records.ts';
import { type LetheProcess, runLethe, startLethe, tailLog } from './lethe-process.ts';
import { makePrivateFolder, readFileIfThere, writePrivateFile } from './private-files.ts';
import { becomesTrue, findFreePort, isPortFree } from './process.ts';
import { startServices } from './services.ts';

/** Everything of the local mode up and running: engines, demo data, API and worker. */
export interface Stage {
  readonly apiUrl: string;
  /** The demo account's whole key. */
  readonly key: string;
  readonly db: mongoose.mongo.Db;
  /** Whether the demo data was written just now. */
  readonly fresh: boolean;
  readonly logFolder: string;
  /** Resolves with the name of the first process that ends unasked, and the end of its log. */
  readonly broken: Promise<string>;
  /** Ends everything that was started here, and only that, in order. */
  stop(): Promise<void>;
}

export interface StageOptions {
  /** Absolute: keys, data and logs live here. */
  readonly folder: string;
  /** The port people expect; a free one is taken when it is in use, or 0. */
  readonly port: number;
  readonly print: (line: string) => void;
  readonly env: NodeJS.ProcessEnv;
}

const DATABASE = 'lethe';
const START_MS = 60_000;

/** @throws Error with one clear message when something does not come up; nothing is left running then */
export async function openStage(options: StageOptions): Promise<Stage> {
  const { folder, print } = options;
  await makePrivateFolder(folder);
  const logFolder = join(folder, 'logs');
  await makePrivateFolder(logFolder);
  const closers: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const services = await startServices({ dataDir: join(folder, 'data'), durable: true, print, env: options.env });
    closers.push(services.stop);
    const secrets = await keep(join(folder, 'keys.env'), () => runLethe(['keys', 'generate'], options.env));
    const port = options.port > 0 && (await isPortFree(options.port)) ? options.port : await findFreePort();
    const env: NodeJS.ProcessEnv = {
      ...options.env,
      ...parseEnv(secrets),
      NODE_ENV: 'development',
      MONGODB_URI: services.mongodbUri,
      REDIS_URL: services.redisUrl,
      MONGODB_DATABASE: options.env.MONGODB_DATABASE || DATABASE,
      HOST: '127.0.0.1',
      PORT: String(port),
    };

    const client = await new mongoose.mongo.MongoClient(services.mongodbUri).connect();
    closers.push(() => client.close());
    const db = client.db(env.MONGODB_DATABASE);
    const { id, fresh } = await demoAccount(db, env, print);
    // The key goes with the account: it is kept privately, so that a second start can print it again.
    const key = await keep(join(folder, `key-${id}`), () =>
      runLethe(['key', 'create', '--account', id, '--label', 'demo'], env),
    );

    const api = await startLethe('api', logFolder, env);
    closers.push(api.child.stop);
    const worker = await startLethe('worker', logFolder, env);
    closers.push(worker.child.stop);
    const broken = firstToEnd([api, worker]);
    const apiUrl = `http://127.0.0.1:${port}`;
    const ready = becomesTrue(() => isReady(apiUrl), START_MS);
    const came = await Promise.race([ready, broken]);
    if (came !== true)
      throw new Error(came === false ? `the API did not become ready: ${await tailLog(api.log)}` : came);
    return { apiUrl, key, db, fresh, logFolder, broken, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Text that is made once and then kept in a file only its owner can read. */
async function keep(file: string, make: () => Promise<string>): Promise<string> {
  const kept = await readFileIfThere(file);
  if (kept !== null) return kept;
  const made = await make();
  await writePrivateFile(file, made);
  return made;
}

/** Makes sure of demo records and account. @returns the demo account's id, and whether it was made just now */
async function demoAccount(db: mongoose.mongo.Db, env: NodeJS.ProcessEnv, print: (line: string) => void) {
  const account = await db.collection<{ _id: string }>('lethe_accounts').findOne({ records_id: DEMO_ACCOUNT });
  if (account) return { id: account._id, fresh: false };
  // The account last: a start that was killed half-way begins again.
  print(`demo data: ${await loadDemoRecords(db, new Date())} records`);
  return {
    id: await runLethe(['account', 'create', '--name', 'Demo platform', '--records-id', DEMO_ACCOUNT], env),
    fresh: true,
  };
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
