import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { CONFIG_NAMES, readConfig } from '../../../src/base/config.ts';
import { generateKey } from '../../../src/base/keys/key-ring.ts';

interface Service {
  image: string;
  command: string[];
  user?: string;
  environment?: Record<string, string>;
  ports?: string[];
  volumes: (string | { source: string; target: string; read_only?: boolean; bind?: object })[];
  networks: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck: { test: string[] };
  restart: string;
  [key: string]: unknown;
}

const read = (name: string) => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, object>;
  networks: Record<string, { internal?: boolean }>;
};
const { api, worker, redis, mongodb } = compose.services as Record<'api' | 'worker' | 'redis' | 'mongodb', Service>;
const services = Object.entries(compose.services);
const lethe = [api, worker];

/** As Compose fills a variable in: the file uses `:-`, `:+` and `:?` only. */
function interpolate(text: string, env: Record<string, string>): string {
  return text.replace(/\$\{([A-Z0-9_]+):([-+?])([^}]*)\}/g, (_whole, name: string, kind: string, word: string) => {
    const value = env[name] ?? '';
    if (kind === '+') return value === '' ? '' : word;
    if (value !== '') return value;
    if (kind === '?') throw new Error(`${name} ${word}`);
    return word;
  });
}

/** The one part of a fixed value that is the operator's. */
const PASSWORD = /\$\{(MONGODB|REDIS)_PASSWORD:\?[^}]*\}/;

/** Compose's own writing of sizes: `512m`, `2g`. */
function bytesOf(size: unknown): number {
  const [, count, unit] = /^(\d+)([mg])$/.exec(String(size)) ?? [];
  return Number(count) * (unit === 'g' ? 2 ** 30 : 2 ** 20);
}

const environmentOf = (service: Service, env: Record<string, string>) =>
  Object.fromEntries(Object.entries(service.environment ?? {}).map(([name, value]) => [name, interpolate(value, env)]));

/** Variables that one of the services, or both, do without. */
const NOT_PASSED = {
  NODE_ENV: 'the image sets it',
  REDIS_CLUSTER: 'the Redis here is one node',
  PORT: 'the API listens where the health check and the published port look for it; a worker has none',
  WORKER_PORT: 'a worker listens where the health check looks for it; the API has none',
};
/** Variables whose values belong to the file itself. */
const FIXED = {
  MONGODB_URI: 'the database here',
  REDIS_URL: 'the Redis here',
  HOST: 'every address of a container',
  REPORTS_DIR: 'the volume here',
};

const passwords = { MONGODB_ROOT_PASSWORD: 'r00t', MONGODB_PASSWORD: 'm0ng0', REDIS_PASSWORD: 'r3dis' };
const keys = {
  LETHE_SEAL_KEYS: generateKey(new Date()),
  LETHE_TOKEN_KEYS: generateKey(new Date()),
  RECEIPT_KEYS: generateKey(new Date()),
  ...passwords,
};

describe('docker-compose.yml', () => {
  it('has API, workers, a queue and a database', () => {
    expect(services.map(([name]) => name).sort()).toEqual(['api', 'mongodb', 'redis', 'worker']);
  });

  it.each(services)('gives %s no more rights than it needs', (_name, service) => {
    expect(service).toMatchObject({
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      read_only: true,
      init: true,
      restart: 'unless-stopped',
    });
    expect(service.privileged).toBeUndefined();
    expect(service.user ?? '').not.toMatch(/^(root|0)\b/);
  });

  it.each(services)('pins the image of %s', (_name, service) => {
    expect(service.image).toMatch(/^[a-z/]+:\d+\.\d+(\.\d+)?$/);
  });

  it.each(services)('looks after the health of %s', (_name, service) => {
    expect(service.healthcheck.test[0]).toMatch(/^CMD/);
  });

  it('lets Redis forget nothing', () => {
    const settings = new Map(
      redis.command.flatMap((word, index) => (word.startsWith('--') ? [[word, redis.command[index + 1]]] : [])) as [
        string,
        string,
      ][],
    );
    expect(Object.fromEntries(settings)).toMatchObject({
      '--appendonly': 'yes',
      '--appendfsync': 'everysec',
      '--maxmemory-policy': 'noeviction',
    });
    // It refuses to write before the kernel ends it, and what it lives on beside its keys has room.
    expect(Number.parseInt(settings.get('--maxmemory') ?? '', 10)).toBeLessThanOrEqual(
      bytesOf(redis.mem_limit) / 2 ** 21,
    );
  });

  it.each(services)('bounds what %s may take from the host', (_name, service) => {
    expect(bytesOf(service.mem_limit)).toBeGreaterThanOrEqual(2 ** 30);
    expect(service.pids_limit).toBeGreaterThan(0);
  });

  it('lets nobody into Redis and MongoDB without a password', () => {
    const at = redis.command.indexOf('--requirepass');
    expect(interpolate(redis.command[at + 1] ?? '', keys)).toBe('r3dis');
    expect(environmentOf(redis, keys)).toEqual({ VALKEYCLI_AUTH: 'r3dis', REDISCLI_AUTH: 'r3dis' });
    expect(mongodb.command.join(' ')).toMatch(/mongod .*--auth --keyFile /);
    const { MONGODB_URI, REDIS_URL } = readConfig(environmentOf(api, keys));
    expect(MONGODB_URI).toContain('//lethe:m0ng0@');
    expect(REDIS_URL).toContain('//:r3dis@');
    expect(JSON.stringify(environmentOf(api, keys))).not.toContain(passwords.MONGODB_ROOT_PASSWORD);
  });

  it.each(Object.keys(passwords))('does not start without %s', (name) => {
    const env = { ...keys, [name]: '' };
    const all = () => services.map(([, service]) => environmentOf(service, env));
    expect(all).toThrow(new RegExp(`^${name} see the head of docker-compose.yml`));
    expect(read('docker-compose.yml')).toContain(`for name in ${Object.keys(passwords).join(' ')};`);
  });

  it('makes MongoDB a replica set, by the name that the address has', () => {
    expect(mongodb.command.join(' ')).toContain('--replSet rs0');
    const script = mongodb.healthcheck.test.at(-1);
    expect(script).toContain("rs.initiate({ _id: 'rs0'");
    expect(script).toContain("host: 'mongodb:27017'");
    expect(readConfig(environmentOf(api, keys)).MONGODB_URI).toMatch(/@mongodb:27017\/\?replicaSet=rs0&/);
  });

  it('publishes the API alone, and on the loopback', () => {
    expect(api.ports).toEqual(['127.0.0.1:3000:3000']);
    for (const service of [worker, redis, mongodb]) expect(service.ports).toBeUndefined();
    expect(compose.networks.back?.internal).toBe(true);
    for (const service of [redis, mongodb]) expect(service.networks).toEqual(['back']);
    // Storage of recordings may be outside.
    expect(worker.networks).toEqual(['out', 'back']);
  });

  it('can run any number of workers', () => {
    expect(worker.container_name).toBeUndefined();
    expect(worker.hostname).toBeUndefined();
  });

  it('keeps data in named volumes', () => {
    for (const service of [redis, mongodb])
      for (const volume of service.volumes)
        expect(Object.keys(compose.volumes)).toContain(String(volume).split(':')[0]);
  });

  it.each(lethe)('starts Lethe when its services are healthy', (service) => {
    expect(service.depends_on).toEqual({
      mongodb: { condition: 'service_healthy' },
      redis: { condition: 'service_healthy' },
    });
  });

  it.each(lethe)('sets variables that exist, to values that are right', (service) => {
    for (const name of Object.keys(service.environment ?? {})) expect(CONFIG_NAMES).toContain(name);
    const config = readConfig(environmentOf(service, keys));
    expect(config).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0', MONGODB_DATABASE: 'lethe' });
    expect(config.DATA_MAP).toBeUndefined();
  });

  it.each(lethe)('passes on what an operator may set, each variable by its own name', (service) => {
    const own = service === api ? 'PORT' : 'WORKER_PORT';
    const passed = new Set([...Object.keys(service.environment ?? {}), ...Object.keys(NOT_PASSED)]);
    expect([...passed].sort()).toEqual([...CONFIG_NAMES].sort());
    for (const [name, value] of Object.entries(service.environment ?? {})) {
      if (name === own || Object.hasOwn(FIXED, name)) expect(value.replace(PASSWORD, '')).not.toContain('$');
      else expect(value).toMatch(new RegExp(`^\\$\\{${name}:[-+?][^$]*\\}$`));
      expect(Object.keys(NOT_PASSED).filter((one) => one !== own)).not.toContain(name);
    }
  });

  it('gives every process all that it gives the other, but its port', () => {
    const { PORT: _api, ...ofApi } = api.environment ?? {};
    const { WORKER_PORT: _worker, ...ofWorker } = worker.environment ?? {};
    expect(ofApi).toEqual(ofWorker);
    expect(api.volumes).toEqual(worker.volumes);
  });

  it('has reports in a volume that API and workers share, and that their user may write to', () => {
    const target = api.environment?.REPORTS_DIR;
    expect(api.volumes).toContain(`reports:${target}`);
    expect(Object.keys(compose.volumes)).toContain('reports');
    const lines = read('Dockerfile').split('\n');
    const made = lines.findIndex((line) => line.startsWith('RUN install -d -o node') && line.endsWith(` ${target}`));
    expect(made).toBeGreaterThan(lines.findLastIndex((line) => line.startsWith('FROM ')));
    expect(made).toBeLessThan(lines.indexOf('USER node'));
    expect(read('Dockerfile')).toContain(`REPORTS_DIR=${target}`);
  });

  it('mounts the recordings that RECORDINGS_DIR names, to be removed from', () => {
    const mount = api.volumes.find((one) => typeof one === 'object' && one.target.endsWith('/recordings'));
    if (typeof mount !== 'object') throw new Error('no mount');
    const env = { ...keys, RECORDINGS_DIR: '/srv/recordings' };
    expect(readConfig(environmentOf(api, env)).RECORDINGS_DIR).toBe(mount.target);
    expect(interpolate(mount.source, env)).toBe('/srv/recordings');
    expect(mount.read_only).toBeUndefined();
    expect(readConfig(environmentOf(api, keys)).RECORDINGS_DIR).toBeUndefined();
  });

  it('has no folder made for a path that is mistyped: every recording in it would seem to be gone', () => {
    const mounts = lethe.flatMap((service) => service.volumes.filter((one) => typeof one === 'object'));
    expect(mounts).toHaveLength(4);
    for (const mount of mounts) expect(mount.bind).toEqual({ create_host_path: false });
  });

  it('leaves a process more time to stop than it takes', () => {
    const [seconds] = /^\d+(?=s$)/.exec(String(api.stop_grace_period)) ?? [];
    expect(Number(seconds) * 1000).toBeGreaterThan(readConfig(environmentOf(api, keys)).SHUTDOWN_TIMEOUT_MS);
  });

  it('checks health where the processes listen', () => {
    expect(api.healthcheck.test.join(' ')).toContain(`127.0.0.1:${api.environment?.PORT}/readyz`);
    expect(worker.healthcheck.test.join(' ')).toContain(`127.0.0.1:${worker.environment?.WORKER_PORT}/healthz`);
  });

  it.each(['LETHE_SEAL_KEYS', 'LETHE_TOKEN_KEYS', 'RECEIPT_KEYS'] as const)(
    'does not start without %s, and says how to make it',
    (name) => {
      const env = { ...keys, [name]: '' };
      expect(() => environmentOf(worker, env)).toThrow(new RegExp(`^${name} .*lethe keys generate`));
    },
  );

  it('mounts the data map that DATA_MAP names', () => {
    const env = { ...keys, DATA_MAP: './map.yaml' };
    const [mount] = api.volumes;
    if (typeof mount !== 'object') throw new Error('no mount');
    expect(readConfig(environmentOf(api, env)).DATA_MAP).toBe(mount.target);
    expect(interpolate(mount.source, env)).toBe('./map.yaml');
    expect(mount.read_only).toBe(true);
  });
});

/** A MongoDB as far as the health check talks to it. */
interface FakeMongo {
  initiated: boolean;
  primary: boolean;
  /** Passwords by user. */
  readonly users: Map<string, string>;
}

/** Runs the health check of MongoDB as mongosh does. @returns its exit code */
function checkHealth(mongo: FakeMongo): number {
  const { users } = mongo;
  let loggedIn = false;
  const mayWrite = () => {
    // The localhost exception: everything is allowed until there is a user.
    if (users.size > 0 && !loggedIn) throw new Error('Unauthorized');
  };
  const set = (name: string, pwd: string) => {
    mayWrite();
    users.set(name, pwd);
  };
  const admin = {
    hello: () => ({ ...(mongo.initiated && { setName: 'rs0' }), isWritablePrimary: mongo.primary }),
    auth(user: string, pwd: string) {
      if (users.get(user) !== pwd) throw new Error('AuthenticationFailed');
      loggedIn = true;
    },
    getUser: (name: string) => (users.has(name) ? {} : null),
    createUser: ({ user, pwd }: { user: string; pwd: string }) => set(user, pwd),
    updateUser: (name: string, { pwd }: { pwd: string }) => set(name, pwd),
  };
  let code: number | undefined;
  const end = new Error('quit');
  const quit = (status: number) => {
    code = status;
    throw end;
  };
  const rs = { initiate: () => void Object.assign(mongo, { initiated: true }) };
  const env = environmentOf(mongodb, keys);
  try {
    const context = createContext({ db: { getSiblingDB: () => admin }, rs, quit, process: { env } });
    runInContext(mongodb.healthcheck.test.at(-1) ?? '', context);
  } catch (error) {
    if (error !== end) return 1;
  }
  return code ?? 0;
}

describe('the health check of MongoDB', () => {
  it('makes a set and users of a new one, step by step, and then leaves it as it is', () => {
    const mongo: FakeMongo = { initiated: false, primary: false, users: new Map() };
    expect(checkHealth(mongo)).toBe(1);
    expect([mongo.initiated, mongo.users.size]).toEqual([true, 0]);
    mongo.primary = true;
    for (let round = 0; round < 2; round += 1) {
      expect(checkHealth(mongo)).toBe(0);
      expect(Object.fromEntries(mongo.users)).toEqual({ root: 'r00t', lethe: 'm0ng0' });
    }
  });

  it('gives a password that was changed to a set that is there', () => {
    const users = new Map([['root', 'r00t']]).set('lethe', 'old');
    expect(checkHealth({ initiated: true, primary: true, users })).toBe(0);
    expect(users.get('lethe')).toBe('m0ng0');
  });

  it('is not well when it cannot log in', () => {
    const users = new Map([['root', 'another']]).set('lethe', 'old');
    expect(checkHealth({ initiated: true, primary: true, users })).toBe(1);
    expect(users.get('lethe')).toBe('old');
  });
});

describe('Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));

  it('runs as somebody who is not root', () => {
    expect(last).toContain('USER node');
  });

  it('leaves out of the image what only an intruder needs', () => {
    const text = last.join('\n');
    expect(text).toMatch(/RUN rm -rf \/usr\/local\/lib\/node_modules .*npx/);
    expect(text).toContain('-perm /6000 -exec chmod a-s {} +');
    // Both are root's work.
    expect(text.indexOf('chmod a-s')).toBeLessThan(text.indexOf('USER node'));
  });

  it('starts the command line, and the API unless told otherwise', () => {
    expect(last).toContain('ENTRYPOINT ["node", "cli/lethe.mjs"]');
    expect(last).toContain('CMD ["api"]');
  });

  it('is built on a Node that the package allows', () => {
    const bases = lines.filter((line) => line.startsWith('FROM '));
    expect(new Set(bases.map((line) => line.split(' ')[1]))).toEqual(new Set(['node:24-slim']));
  });

  it('takes in nothing that is not named', () => {
    const ignored = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(ignored[0]).toBe('*');
    const copied = lines.flatMap((line) => (/^COPY (?!--from)/.test(line) ? line.split(' ').slice(1, -1) : []));
    for (const path of copied) expect(ignored).toContain(`!${path.split('/')[0]}`);
  });
});
