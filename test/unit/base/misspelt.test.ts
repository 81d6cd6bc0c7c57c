import { describe, expect, it } from '@jest/globals';
import { CONFIG_NAMES } from '../../../src/base/config.ts';
import { findMisspelt } from '../../../src/base/misspelt.ts';
import { editDistance } from '../../../src/lib/edit-distance.ts';

describe('a misspelt variable', () => {
  it.each([
    ['RETENTION_MONTH', 'RETENTION_MONTHS'],
    ['RETENTION_MOTNHS', 'RETENTION_MONTHS'],
    ['LETHE_TOKEN_KEY', 'LETHE_TOKEN_KEYS'],
    ['TOKEN_KEYS', 'LETHE_TOKEN_KEYS'],
    ['LETHE_PORT', 'PORT'],
    ['MONGODB_URL', 'MONGODB_URI'],
    ['MONGODBURI', 'MONGODB_URI'],
    ['mongodb_uri', 'MONGODB_URI'],
    ['RECORDING_DIR', 'RECORDINGS_DIR'],
    ['DEADLINE_HOUR', 'DEADLINE_HOURS'],
    ['LOG_LEVL', 'LOG_LEVEL'],
    ['BATCHSIZE', 'BATCH_SIZE'],
  ])('%s is told: %s was meant', (variable, meant) => {
    expect(findMisspelt({ [variable]: 'x' })).toEqual([{ variable, meant }]);
  });

  it('is none that is right, nor one of somebody else', () => {
    const names = [
      'HOME',
      'HOSTNAME',
      'HOSTS',
      'PATH',
      'POST',
      'SHELL',
      'NODE_PATH',
      'NODE_OPTIONS',
      'LANG',
      'DATA_DIR',
    ];
    const kubernetes = ['LETHE_API_SERVICE_HOST', 'LETHE_API_PORT', 'LETHE_API_PORT_3000_TCP', 'REDIS_SERVICE_PORT'];
    const env = Object.fromEntries([...CONFIG_NAMES, ...names, ...kubernetes].map((name) => [name, 'x']));
    expect(findMisspelt(env)).toEqual([]);
  });

  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['abc', 'abc', 0],
    ['abc', 'acb', 1],
    ['kitten', 'sitting', 3],
  ])('%s and %s are %d apart', (one, other, distance) => {
    expect(editDistance(one, other)).toBe(distance);
    expect(editDistance(other, one)).toBe(distance);
  });
});
