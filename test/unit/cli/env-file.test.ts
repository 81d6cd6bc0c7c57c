import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadEnvFile } from '../../../cli/env-file.ts';

describe('a file of variables', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lethe-env-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const load = (text: string, env: NodeJS.ProcessEnv = {}) => {
    const path = join(folder, '.env');
    writeFileSync(path, text);
    return { fault: loadEnvFile(path, env), env };
  };

  it('fills in what the environment does not set itself', () => {
    expect(load('PORT=1\nHOST="a b"\n# PORT=2\n', { PORT: '3' })).toEqual({
      fault: undefined,
      env: { PORT: '3', HOST: 'a b' },
    });
  });

  it('is no fault when it is not there', () => {
    expect(loadEnvFile(join(folder, 'nothing'), {})).toBeUndefined();
  });

  it.each([
    'LETHE_TOKEN_KEYS=k1:secret\nPORT=1\nLETHE_TOKEN_KEYS=k2:secret\n',
    'LETHE_TOKEN_KEYS=\nexport LETHE_TOKEN_KEYS = k2:secret\r\n',
  ])('that sets a variable twice is refused, by name and without a value', (text) => {
    const { fault, env } = load(text);
    expect(fault).toMatch(/ sets a variable twice: LETHE_TOKEN_KEYS\. /);
    expect(fault).not.toMatch(/secret|PORT/);
    expect(env).toEqual({});
  });

  it('may set what is not ours twice', () => {
    expect(load('OTHER=1\nOTHER=2\n').env).toEqual({ OTHER: '2' });
  });
});
