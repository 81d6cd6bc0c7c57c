import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { useCached } from './cache.ts';
import { chooseFirst } from './choice.ts';
import { findDebian, unpackPackages } from './debian.ts';
import { findCommand, findFreePort, isPortFree, runCommand } from './process.ts';
import { runService, type Service, type ServiceOptions, START_MS } from './service.ts';

/** A Redis that can be started. */
export interface RedisEngine {
  readonly detail: string;
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
}

/** BullMQ uses commands that came with this one. */
const OLDEST = [6, 2] as const;

const NAMES = ['redis-server', 'valkey-server'] as const;

/**
 * `redis-server` or `valkey-server` from the PATH.
 *
 * @returns the engine, or why there is none.
 */
export async function findInstalledRedis(env: NodeJS.ProcessEnv): Promise<RedisEngine | string> {
  const reasons: string[] = [];
  for (const name of NAMES) {
    const program = await findCommand(name, env);
    if (program === null) continue;
    const version = await readVersion(program, env);
    if (version === null) reasons.push(`${program} does not run`);
    else if (isOlder(version, OLDEST)) reasons.push(`${program} is ${version}, older than ${OLDEST.join('.')}`);
    else return { detail: `${name} ${version} (${program})`, program, env };
  }
  return reasons.join('; ') || 'no redis-server or valkey-server on the PATH';
}

/**
 * Debian's `redis-server`, downloaded from the machine's own suite and unpacked into the user's cache.
 *
 * @returns the engine, or why there is none.
 */
async function fetchDebianRedis(
  cache: string,
  env: NodeJS.ProcessEnv,
  print: (line: string) => void,
): Promise<RedisEngine | string> {
  const architecture = await findDebian();
  if (architecture === null) return 'no apt here to fetch redis-server with';
  try {
    const folder = await useCached(cache, `redis-${architecture}-1`, async (target) => {
      print('redis: fetching redis-server (Debian package)');
      await unpackPackages({ kind: 'machine' }, () => ['redis-server'], target);
      await resolveEngine(target, env);
    });
    return await resolveEngine(folder, env);
  } catch (error) {
    return `fetching redis-server failed: ${(error as Error).message}`;
  }
}

async function resolveEngine(folder: string, env: NodeJS.ProcessEnv): Promise<RedisEngine> {
  const program = join(folder, 'usr', 'bin', 'redis-server');
  const libraries = join(folder, 'usr', 'lib');
  const triplets = (await readdir(libraries, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const paths = triplets.filter(({ name }) => name.endsWith('-linux-gnu')).map(({ name }) => join(libraries, name));
  const engineEnv = { ...env, LD_LIBRARY_PATH: [...paths, env.LD_LIBRARY_PATH ?? ''].filter(Boolean).join(':') };
  const version = await readVersion(program, engineEnv);
  if (version === null) throw new Error('the unpacked redis-server does not run');
  return { detail: `redis-server ${version} (Debian package, private copy)`, program, env: engineEnv };
}

async function readVersion(program: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  const line = await runCommand(program, ['--version'], { env, timeout: 60_000 }).catch(() => '');
  return /v=(\d+\.\d+(?:\.\d+)?)/.exec(line)?.[1] ?? null;
}

function isOlder(version: string, than: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < than[0] || (major === than[0] && minor < than[1]);
}

/**
 * The command line of a Redis for this project. `noeviction` because a queue that loses keys loses jobs (BullMQ says so
 * at start-up). Durable: every write is appended, and flushed once a second. Else nothing is ever written.
 */
function describeRedis(
  program: string,
  folder: string,
  port: number,
  { durable, cluster = false }: Pick<ServiceOptions, 'durable' | 'cluster'>,
): string[] {
  return [
    program,
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
    ...['--maxmemory-policy', 'noeviction', '--save', '', '--daemonize', 'no'],
    ...(cluster ? ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'] : []),
    ...(durable ? ['--appendonly', 'yes', '--appendfsync', 'everysec'] : ['--appendonly', 'no']),
  ];
}

/**
 * True when this very Redis answers on the port: it says its pid, and PONG, which it does not while it loads its file.
 * Another program on the port is not taken for it.
 */
async function isServing(port: number, pid: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    let text = '';
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2_000, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
    socket.once('connect', () => socket.write('INFO server\r\nPING\r\n'));
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (/\+PONG\r\n$/.test(text)) finish(text.includes(`process_id:${pid}\r\n`));
      else if (/\r\n-[A-Z]+ [^\r]*\r\n$/.test(text)) finish(false);
    });
  });
}

/** How often another free port is tried when somebody else took the first. */
const PORT_TRIES = 3;

/** Chooses and starts a Redis: what `startRedis` promises, with its surroundings passed in. */
export async function startRedisService(
  options: ServiceOptions,
  surroundings: { env: NodeJS.ProcessEnv; openCache: () => Promise<string> },
): Promise<Service> {
  const { env } = surroundings;
  const engine = await chooseFirst<RedisEngine>('Redis', [
    { name: 'installed', find: () => findInstalledRedis(env) },
    { name: 'Debian package', find: async () => fetchDebianRedis(await surroundings.openCache(), env, options.print) },
  ]);
  options.print(`redis: ${engine.detail}`);
  const folder = join(options.dataDir, 'redis');
  const log = join(folder, 'redis.log');
  return runService({ name: 'redis', folder, print: options.print }, async (tools) => {
    for (let attempt = 1; ; attempt += 1) {
      const port = options.port ?? (await findFreePort());
      const child = await tools.start({
        command: describeRedis(engine.program, folder, port, options),
        env: engine.env,
        log,
        stopSignal: 'SIGTERM',
        grace: 10_000,
      });
      try {
        await tools.waitFor(child, log, () => isServing(port, child.pid), START_MS);
        return { detail: engine.detail, url: `redis://127.0.0.1:${port}`, port };
      } catch (error) {
        const taken = !(await isPortFree(port));
        if (taken && options.port !== undefined) throw new Error(`redis: port ${port} is taken by another program`);
        // A cluster's node takes a second port, 10,000 above its own. Whoever had that one may be gone again by now.
        const mayBeTaken = taken || (options.cluster === true && options.port === undefined);
        if (!mayBeTaken || attempt === PORT_TRIES) throw error;
        await tools.discard(child);
      }
    }
  });
}
