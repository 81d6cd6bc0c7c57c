import { mkdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chooseUser } from '../privileges.ts';
import { isPortFree } from '../process.ts';
import { runService, type Service, type ServiceOptions, START_MS } from '../service.ts';
import { isClusterReady, startCluster } from './cluster.ts';
import type { Engine } from './engine.ts';
import type { GatewayOptions } from './gateway/gateway.ts';

const SET = 'rs0';

/**
 * Starts DocumentDB in `dataDir/documentdb`: PostgreSQL, then the gateway in front of it.
 *
 * DocumentDB is the open-source engine that keeps BSON in PostgreSQL and runs MongoDB's commands there (extensions
 * documentdb_core and documentdb). The gateway speaks MongoDB's wire protocol, as a replica set of one, and gives each
 * command to one of the extension's functions. It is here so that Lethe runs where no MongoDB can be had; it is no
 * server for production.
 * `gateway/README.md` says where the two together differ from MongoDB.
 *
 * @throws Error when the port is taken, or when one of the two does not come up
 */
export async function startDocumentDb(engine: Engine, options: ServiceOptions): Promise<Service> {
  const folder = join(options.dataDir, 'documentdb');
  await mkdir(folder, { recursive: true });
  return runService({ name: 'mongodb', folder, print: options.print }, async (tools) => {
    if (options.port !== undefined && !(await isPortFree(options.port))) {
      throw new Error(`mongodb: port ${options.port} is taken by another program`);
    }
    const runAs = await chooseUser([engine.folder, folder]);
    const cluster = await startCluster(engine, { folder, durable: options.durable, runAs }, tools);
    const ready = join(folder, 'gateway.port');
    const log = join(folder, 'gateway.log');
    await rm(ready, { force: true });
    const argument: GatewayOptions & { ready: string } = {
      socket: cluster.socket,
      user: cluster.user,
      port: options.port ?? 0,
      setName: SET,
      keepRetries: options.durable,
      ready,
    };
    const child = await tools.start({
      command: [process.execPath, '--import', findLoader(), findGateway(), JSON.stringify(argument)],
      // NODE_OPTIONS may hold what only the parent should have: a debugger's port, a test runner's flags.
      env: { ...process.env, NODE_OPTIONS: '' },
      cwd: dirname(findGateway()),
      log,
      stopSignal: 'SIGTERM',
      grace: 5_000,
    });
    let port = 0;
    const isListening = async () => {
      port = Number(await readFile(ready, 'utf8').catch(() => '0'));
      return port > 0;
    };
    await tools.waitFor(child, log, isListening, START_MS);
    return { detail: engine.detail, url: `mongodb://127.0.0.1:${port}/?replicaSet=${SET}`, port };
  });
}

/** tsx's loader, as a URL: the gateway is TypeScript, and its working folder says nothing about where tsx is. */
function findLoader(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
}

function findGateway(): string {
  return fileURLToPath(new URL('./gateway/gateway-main.ts', import.meta.url));
}

/** True when DocumentDB has kept data in this data folder. */
export async function hasDocumentDbData(dataDir: string): Promise<boolean> {
  return isClusterReady(join(dataDir, 'documentdb'));
}
