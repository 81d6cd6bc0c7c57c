import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { CONFIG_NAMES, readConfig } from '../../../src/base/config.ts';
import { generateKey } from '../../../src/base/keys/key-ring.ts';

const text = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
const example = parseEnv(text);

const secrets = {
  LETHE_SEAL_KEYS: generateKey(new Date()),
  LETHE_TOKEN_KEYS: generateKey(new Date()),
  RECEIPT_KEYS: generateKey(new Date()),
};

describe('.env.example', () => {
  it('names every variable once, in the order of the configuration, and no other', () => {
    const names = text.split('\n').flatMap((line) => /^([A-Z0-9_]+)=/.exec(line)?.[1] ?? []);
    expect(names).toEqual([...CONFIG_NAMES]);
  });

  it('says something about each variable', () => {
    const lines = text.split('\n');
    for (const name of CONFIG_NAMES) {
      const before = lines[lines.findIndex((line) => line.startsWith(`${name}=`)) - 1];
      expect([name, before]).toEqual([name, expect.stringMatching(/^# .{10,}\.$/)]);
    }
  });

  it('shows the defaults', () => {
    const { MONGODB_URI, REDIS_URL } = example;
    expect(readConfig({ ...example, ...secrets })).toEqual(readConfig({ MONGODB_URI, REDIS_URL, ...secrets }));
  });

  it('holds no secret', () => {
    expect([example.LETHE_SEAL_KEYS, example.LETHE_TOKEN_KEYS, example.RECEIPT_KEYS]).toEqual(['', '', '']);
  });
});
