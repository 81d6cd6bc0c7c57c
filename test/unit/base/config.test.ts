import { describe, expect, it } from '@jest/globals';
import { CONFIG_NAMES, ConfigError, readConfig, readConfigPart } from '../../../src/base/config.ts';
import { generateKey } from '../../../src/base/keys/key-ring.ts';

const good: NodeJS.ProcessEnv = {
  MONGODB_URI: 'mongodb://db.example/?replicaSet=rs0',
  REDIS_URL: 'redis://cache.example:6379',
  LETHE_SEAL_KEYS: generateKey(new Date()),
  LETHE_TOKEN_KEYS: generateKey(new Date()),
  RECEIPT_KEYS: generateKey(new Date()),
};

function faultsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    readConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message.split('\n');
  }
  return [];
}

describe('configuration', () => {
  it('needs services and keys only', () => {
    expect(readConfig(good)).toMatchObject({
      NODE_ENV: 'production',
      MONGODB_DATABASE: 'lethe',
      REDIS_CLUSTER: false,
      NUMBER_PREFIXES: ['44'],
      HOST: '127.0.0.1',
      PORT: 3000,
      DEADLINE_HOURS: 24,
      ALARM_HOURS: [4, 1],
      WEBHOOK_ALLOWED_NETWORKS: [],
    });
  });

  it('is frozen, and has nothing else of the environment in it', () => {
    const config = readConfig({ ...good, PATH: '/bin', AWS_SECRET: 'x' });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.keys(config).filter((name) => !(CONFIG_NAMES as readonly string[]).includes(name))).toEqual([]);
  });

  it('reads every kind of value', () => {
    const config = readConfig({
      ...good,
      REDIS_CLUSTER: 'true',
      NUMBER_PREFIXES: '44,353',
      COUNTRIES: 'GB,US',
      PORT: '0',
      LEASE_MS: '500',
    });
    expect(config).toMatchObject({
      REDIS_CLUSTER: true,
      NUMBER_PREFIXES: ['44', '353'],
      COUNTRIES: ['GB', 'US'],
      PORT: 0,
      LEASE_MS: 500,
    });
  });

  it('takes a blank variable for an absent one', () => {
    const blanks = Object.fromEntries(CONFIG_NAMES.map((name) => [name, '']));
    expect(readConfig({ ...blanks, ...good })).toEqual(readConfig(good));
    expect(faultsOf(blanks)).toEqual(faultsOf({}));
    expect(readConfig({ ...good, RATE_LIMIT_PER_SECOND: ' ' })).toEqual(readConfig(good));
  });

  it('names everything that is missing at once', () => {
    expect(faultsOf({})).toEqual([
      'MONGODB_URI is missing',
      'REDIS_URL is missing',
      'LETHE_SEAL_KEYS is missing. Make one with: lethe keys generate',
      'LETHE_TOKEN_KEYS is missing. Make one with: lethe keys generate',
      'RECEIPT_KEYS is missing. Make one with: lethe keys generate',
    ]);
  });

  it.each(['production', 'development', 'test'])('has no default keys in %s', (NODE_ENV) => {
    const { LETHE_SEAL_KEYS: _seal, LETHE_TOKEN_KEYS: _token, ...rest } = good;
    expect(faultsOf({ ...rest, NODE_ENV })).toHaveLength(2);
  });

  it.each([
    ['short', `k1:${Buffer.from('too short').toString('base64')}`],
    ['31 bytes', `k1:${Buffer.alloc(31, 'abcdefghijklmnop').toString('base64')}`],
    ['all zeros', `k1:${Buffer.alloc(32).toString('base64')}`],
    ['of few different bytes', `k1:${Buffer.alloc(32, 'abc').toString('base64')}`],
    ['without an id', Buffer.alloc(32, 'abcdefghijklmnop').toString('base64')],
    ['no base64', `k1:${'!'.repeat(44)}`],
    ['twice the same id', `${good.LETHE_SEAL_KEYS},${good.LETHE_SEAL_KEYS}`],
    ['with a comma too many', `${good.LETHE_SEAL_KEYS},`],
  ])('refuses a key that is %s, and says how to make one', (_what, LETHE_SEAL_KEYS) => {
    const faults = faultsOf({ ...good, LETHE_SEAL_KEYS });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^LETHE_SEAL_KEYS: .*\. Make a new one with: lethe keys generate$/);
    expect(faults[0]).not.toContain(LETHE_SEAL_KEYS);
  });

  it.each([
    ['MONGODB_URI', 'postgres://user:hunter2@db'],
    ['MONGODB_DATABASE', 'hunter2/../admin'],
    ['REDIS_URL', 'http://hunter2'],
    ['REDIS_URL', 'hunter2'],
    ['REDIS_URL', 'redis://:hunter2/@cache'],
    ['REDIS_URL', 'redis://:hunter2%@cache'],
    ['REDIS_CLUSTER', 'hunter2'],
    ['QUEUE_PREFIX', 'hunter2:x'],
    ['NUMBER_PREFIXES', '44;hunter2'],
    ['COUNTRIES', 'UK'],
    ['COUNTRIES', 'gb'],
    ['NUMBER_PREFIXES', '0044'],
    ['NUMBER_PREFIXES', '44,'],
    ['PORT', 'hunter2'],
    ['PORT', '65536'],
    ['PORT', '80.5'],
    ['PORT', '-1'],
    ['LEASE_MS', '1'],
    ['BATCH_SIZE', '0'],
    ['DEADLINE_HOURS', 'NaN'],
    ['LOG_LEVEL', 'hunter2'],
    ['NODE_ENV', 'hunter2'],
  ])('refuses %s=%s, and does not repeat the value', (name, value) => {
    const faults = faultsOf({ ...good, [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name}\\b`));
    expect(faults[0]).not.toContain('hunter2');
  });

  it.each([
    ['PORT', 'http', 'PORT must be a whole number from 0 to 65535'],
    ['PORT', '80.5', 'PORT must be a whole number from 0 to 65535'],
    ['LEASE_MS', '1', 'LEASE_MS must be a whole number from 200 to 2147483647'],
    ['MONGODB_DATABASE', 'a.b', 'MONGODB_DATABASE must be 1 to 63 letters, digits, _ or -'],
    ['QUEUE_PREFIX', 'a:b', 'QUEUE_PREFIX must be 1 to 40 letters, digits, _ or -'],
    ['REDIS_CLUSTER', 'yes', 'REDIS_CLUSTER must be true or false'],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL must be one of error, warn, info, debug'],
    ['RECORDINGS_S3_BUCKET', '.', 'RECORDINGS_S3_BUCKET must be the name of a bucket'],
  ])('says what %s=%s should be, in words', (name, value, message) => {
    expect(faultsOf({ ...good, [name]: value })).toEqual([message]);
  });

  it('reads a part without asking for the rest', () => {
    expect(readConfigPart({ PORT: '80' }, ['PORT', 'LOG_LEVEL'])).toEqual({ PORT: 80, LOG_LEVEL: 'info' });
    expect(() => readConfigPart({ PORT: 'x', REDIS_URL: 'x' }, ['PORT'])).toThrow(/^PORT\b[^\n]*$/);
  });
});
