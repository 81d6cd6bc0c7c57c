import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';

const README = new URL('../../../README.md', import.meta.url);

describe('the README', () => {
  it('names only scripts that exist', async () => {
    const text = await readFile(README, 'utf8');
    const manifest = JSON.parse(await readFile(new URL('package.json', README), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...text.matchAll(/npm run ([a-z]+)/g)].map(([, name]) => name ?? '');
    expect(named.length).toBeGreaterThan(3);
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(named));
  });

  it('speaks of no more than it holds: every file it names is there', async () => {
    const text = await readFile(README, 'utf8');
    const files = [...text.matchAll(/`((?:src|api|workers|cli|local|test)\/[a-z-/.]*)`/g)].map(
      ([, name]) => name ?? '',
    );
    expect(files.length).toBeGreaterThan(5);
    for (const file of files)
      await readFile(new URL(file, README)).catch((error: NodeJS.ErrnoException) =>
        expect({ file, code: error.code }).toEqual({ file, code: 'EISDIR' }),
      );
  });
});
