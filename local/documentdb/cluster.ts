import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { giveTo, type RunAs } from '../privileges.ts';
import { type Child, runCommand } from '../process.ts';
import { type Launch, START_MS } from '../service.ts';
import type { Engine } from './engine.ts';
import { CURSOR_LIFETIME } from './gateway/cursors.ts';
import { type Connection, connectPostgres, PostgresError } from './gateway/postgres.ts';

/** A running PostgreSQL with the extension in it. */
export interface Cluster {
  readonly child: Child;
  /** The path of its Unix socket; it listens nowhere else. */
  readonly socket: string;
  readonly user: string;
}

const SUPERUSER = 'postgres';
/** A file in the data folder that says its creation was finished. */
const MARK = 'lethe-ready';
/** Only names the socket's file. */
const PORT = 5432;
/** `sun_path` of a Unix socket's address holds 108 bytes on Linux (unix(7)), with the zero at its end. */
const LONGEST_SOCKET = 107;
/** How long the processes of a killed server may hold its memory, in milliseconds. */
const RELEASE = 60_000;

/**
 * Starts PostgreSQL on a folder, creating the database there first if needed. A creation that was cut off is begun anew:
 * until its mark is written nobody can have stored anything.
 */
export async function startCluster(
  engine: Engine,
  options: { folder: string; durable: boolean; runAs: RunAs | null },
  tools: Launch,
): Promise<Cluster> {
  const { folder, durable, runAs } = options;
  const data = join(folder, 'data');
  const mark = join(data, MARK);
  const log = join(folder, 'postgres.log');
  const prefix = runAs?.prefix ?? [];
  const isReady = await isClusterReady(folder);
  if (!isReady) {
    await rm(data, { recursive: true, force: true });
    await mkdir(data, { mode: 0o700 });
    await giveTo(runAs, data);
    const [program = '', ...args] = [
      ...[...prefix, engine.initdb, '-D', data, '-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8', '--locale=C'],
      ...['--no-instructions', ...(durable ? [] : ['--no-sync'])],
    ];
    await runCommand(program, args, { env: cleanEnvironment(), cwd: '/' });
  } else {
    const major = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
    if (major !== engine.major) {
      throw new Error(
        `the data in ${data} was written by PostgreSQL ${major}, and the engine is ${engine.major}: ` +
          'move that folder away, or set MONGODB_URI',
      );
    }
    await giveTo(runAs, data);
    await dropForeignPidFile(data);
    // No cursor outlives the server, and their files hold documents.
    await rm(join(data, 'pg_documentdb_cursor_files'), { recursive: true, force: true });
  }
  const sockets = await makeSocketFolder(runAs);
  await tools.addScratch(sockets);
  const socket = join(sockets, `.s.PGSQL.${PORT}`);
  await writeFile(join(data, 'postgresql.conf'), describeSettings(sockets, durable));
  const open = () => connectPostgres({ socket, user: SUPERUSER, database: 'postgres' });
  const child = await startServer(tools, log, open, [...prefix, engine.postgres, '-D', data]);
  const connection = await open();
  try {
    await installExtension(connection);
  } finally {
    connection.close();
    await connection.closed;
  }
  if (!isReady) {
    await writeFile(mark, '');
    await giveTo(runAs, mark);
  }
  return { child, socket, user: SUPERUSER };
}

/** True when the folder holds a database whose creation was finished. */
export async function isClusterReady(folder: string): Promise<boolean> {
  return access(join(folder, 'data', MARK)).then(
    () => true,
    () => false,
  );
}

/** Starts the server; one whose killed predecessor's processes still hold its memory is started again a little later. */
async function startServer(
  tools: Launch,
  log: string,
  open: () => Promise<Connection>,
  command: readonly string[],
): Promise<Child> {
  for (const end = Date.now() + RELEASE; ; ) {
    const child = await tools.start({
      command,
      env: cleanEnvironment(),
      cwd: '/',
      log,
      stopSignal: 'SIGINT', // a fast shutdown: sessions are ended, nothing is lost
      grace: 20_000,
    });
    try {
      await tools.waitFor(child, log, async () => accepts(open), START_MS);
      return child;
    } catch (error) {
      const isHeld = /shared memory block/.test((error as Error).message);
      if (!isHeld || Date.now() > end) throw error;
      await tools.discard(child);
    }
  }
}

async function accepts(open: () => Promise<Connection>): Promise<boolean> {
  try {
    const connection = await open();
    connection.close();
    return true;
  } catch (error) {
    // 57P03: it starts, or recovers from a crash. Anything else it says is no matter of waiting.
    if (error instanceof PostgresError && error.state !== '57P03') throw error;
    return false;
  }
}

/**
 * Creates the extension, or brings it to the version of a newer engine; and turns off its index builders, which look
 * for work every two seconds and get none here.
 */
async function installExtension(connection: Connection): Promise<void> {
  await connection.run('SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS documentdb CASCADE');
  const outdated = await connection.query(
    {
      name: 'outdated',
      text: `SELECT name FROM pg_available_extensions
        WHERE installed_version <> default_version AND name IN ('documentdb_core', 'documentdb') ORDER BY name DESC`,
    },
    [],
  );
  // documentdb_core comes first: the other one needs it.
  for (const [name] of outdated) await connection.run(`ALTER EXTENSION ${name?.toString()} UPDATE`);
  await connection.run("DELETE FROM cron.job WHERE jobname LIKE 'documentdb_index_build_task_%'");
}

/**
 * postgresql.conf, written whole at every start.
 *
 * - `localhost_connection_string`: the extension calls itself back through it.
 * - `enable_seqscan`: its planner takes an index only when scans are priced out.
 * - `useFileBasedPersistedCursors`: a cursor is then not bound to one connection.
 * - `use_background_workers`: else the scheduler would connect over TCP.
 * - Messages below fatal, and statements, are not logged: they could hold documents.
 */
function describeSettings(sockets: string, durable: boolean): string {
  const kept = durable ? 'on' : 'off';
  const settings: Readonly<Record<string, string | number>> = {
    listen_addresses: '',
    unix_socket_directories: sockets,
    unix_socket_permissions: '0700',
    port: PORT,
    timezone: 'GMT',
    log_timezone: 'GMT',
    shared_preload_libraries: 'pg_cron,pg_documentdb_core,pg_documentdb',
    'cron.database_name': 'postgres',
    'cron.use_background_workers': 'on',
    'cron.log_run': 'off',
    'cron.log_statement': 'off',
    'documentdb.localhost_connection_string': `host=${sockets}`,
    'documentdb.useFileBasedPersistedCursors': 'on',
    'documentdb.defaultCursorExpiryTimeLimitSeconds': CURSOR_LIFETIME / 1000,
    'documentdb_core.enableCollation': 'on',
    enable_seqscan: 'off',
    jit: 'off',
    fsync: kept,
    synchronous_commit: kept,
    full_page_writes: kept,
    max_connections: 200,
    max_worker_processes: 20,
    shared_buffers: '256MB',
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_wal_size: '512MB',
    deadlock_timeout: '10ms',
    autovacuum_naptime: '5s',
    log_min_messages: 'fatal',
    log_min_error_statement: 'panic',
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`)
    .join('');
}

/** A private folder for the socket, in a place whose path is short enough for one, whatever the data folder's is. */
async function makeSocketFolder(runAs: RunAs | null): Promise<string> {
  const name = `/lethe-XXXXXX/.s.PGSQL.${PORT}`;
  const base = Buffer.byteLength(tmpdir() + name) > LONGEST_SOCKET ? '/tmp' : tmpdir();
  const folder = await mkdtemp(join(base, 'lethe-'));
  await giveTo(runAs, folder);
  return folder;
}

/**
 * Removes a killed server's pid file when its pid now belongs to another program, which is usual in a container: the
 * server would take that one for itself and refuse to start. One that may be ours is left for the server to judge.
 */
async function dropForeignPidFile(data: string): Promise<void> {
  const path = join(data, 'postmaster.pid');
  const pid = Number((await readFile(path, 'utf8').catch(() => '')).split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
  if (command !== null && !command.includes(data)) await rm(path, { force: true });
}

/** PostgreSQL's programs read settings from PG* variables, which are the user's own affair. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C' };
}
