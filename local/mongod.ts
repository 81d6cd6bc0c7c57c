import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { mongo } from 'mongoose';
import { findCommand, findFreePort, isPortFree, runCommand } from './process.ts';
import { runService, type Service, type ServiceOptions, START_MS } from './service.ts';

/** A `mongod` that runs on this machine. */
export interface Mongod {
  readonly program: string;
  readonly version: string;
}

const REPLICA_SET = 'rs0';

const PORT_TRIES = 3;
/** The drivers in use speak to 4.2 and later (the driver's compatibility table); transactions on one member need it too. */
const OLDEST = 5;

/** `mongod` from the PATH, or why there is none. */
export async function findInstalledMongod(env: NodeJS.ProcessEnv): Promise<Mongod | string> {
  const program = await findCommand('mongod', env);
  return program === null ? 'no mongod on the PATH' : checkMongod(program);
}

/** Asks a `mongod` for its version, which also shows whether it runs here at all. */
export async function checkMongod(program: string): Promise<Mongod | string> {
  const text = await runCommand(program, ['--version'], { timeout: 60_000 }).catch(() => '');
  const version = /db version v(\d+\.\d+\.\d+)/.exec(text)?.[1];
  if (version === undefined) return `${program} does not run here`;
  if (Number(version.split('.')[0]) < OLDEST) return `${program} is ${version}, older than ${OLDEST}.0`;
  return { program, version };
}

/** True when a `mongod` has kept data in this data folder. */
export async function hasMongodData(dataDir: string): Promise<boolean> {
  return access(join(dataDir, 'mongod', 'data', 'WiredTiger')).then(
    () => true,
    () => false,
  );
}

/** Starts a `mongod` in `dataDir/mongod` as the only member of a replica set, and waits until it takes writes. */
export async function startMongod(found: Mongod, detail: string, options: ServiceOptions): Promise<Service> {
  const folder = join(options.dataDir, 'mongod');
  const data = join(folder, 'data');
  const log = join(folder, 'mongod.log');
  await mkdir(data, { recursive: true, mode: 0o700 });
  return runService({ name: 'mongodb', folder, print: options.print }, async (tools) => {
    for (let attempt = 1; ; attempt += 1) {
      const port = options.port ?? (await choosePort(folder));
      if (!(await isPortFree(port))) throw new Error(`mongodb: port ${port} is taken by another program`);
      const child = await tools.start({
        command: describeMongod(found.program, data, port),
        log,
        stopSignal: 'SIGTERM',
        grace: 20_000,
      });
      try {
        await tools.waitFor(child, log, () => becomePrimary(port), START_MS);
        await writeFile(join(folder, 'port'), String(port));
        return { detail, url: `mongodb://127.0.0.1:${port}/?replicaSet=${REPLICA_SET}`, port };
      } catch (error) {
        if ((await isPortFree(port)) || options.port !== undefined || attempt === PORT_TRIES) throw error;
        await tools.discard(child);
      }
    }
  });
}

/** The port of the last start where it is free: the replica set's configuration holds it. */
async function choosePort(folder: string): Promise<number> {
  const last = Number(await readFile(join(folder, 'port'), 'utf8').catch(() => '0'));
  return last > 0 && (await isPortFree(last)) ? last : findFreePort();
}

/** The command line. Slow operations are not logged: the log would hold documents. */
function describeMongod(program: string, data: string, port: number): string[] {
  return [
    program,
    ...['--dbpath', data, '--port', String(port), '--bind_ip', '127.0.0.1', '--replSet', REPLICA_SET],
    ...['--wiredTigerCacheSizeGB', '0.5', '--quiet', '--nounixsocket', '--slowms', '86400000'],
    ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
  ];
}

async function connectDirectly(port: number): Promise<mongo.MongoClient> {
  // Loaded only here: the other ways do not need a driver, and it takes a moment.
  const { mongo: driver } = (await import('mongoose')).default;
  return new driver.MongoClient(`mongodb://127.0.0.1:${port}/`, {
    directConnection: true,
    serverSelectionTimeoutMS: 5_000,
    connectTimeoutMS: 5_000,
  });
}

/** One step on the way to a primary; true when it is one. Safe to repeat in every state. */
async function becomePrimary(port: number): Promise<boolean> {
  // A new client each time: one whose first connection failed stays closed for good.
  const client = await connectDirectly(port);
  try {
    return await stepUp(client.db('admin'), `127.0.0.1:${port}`);
  } catch {
    // Not up yet, or between two states: the next step will tell.
    return false;
  } finally {
    await client.close();
  }
}

async function stepUp(admin: mongo.Db, host: string): Promise<boolean> {
  const hello = await admin.command({ hello: 1 });
  if (hello.isWritablePrimary === true && hello.me === host) return true;
  const config = await readConfig(admin);
  if (config === null) {
    await admin.command({ replSetInitiate: { _id: REPLICA_SET, members: [{ _id: 0, host }] } });
  } else if (config.members[0]?.host !== host) {
    // A start on another port: the only member has moved, and there is no majority to ask.
    const members = [{ ...config.members[0], host }];
    await admin.command({ replSetReconfig: { ...config, version: config.version + 1, members }, force: true });
  }
  return false;
}

interface ReplicaSetConfig {
  readonly version: number;
  readonly members: readonly { readonly host?: string }[];
}

/** The replica set's configuration; null when it has none yet (NotYetInitialized, 94). */
async function readConfig(admin: mongo.Db): Promise<ReplicaSetConfig | null> {
  try {
    return (await admin.command({ replSetGetConfig: 1 })).config as ReplicaSetConfig;
  } catch (error) {
    if ((error as { code?: number }).code === 94) return null;
    throw error;
  }
}
