import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Folders of tests that say what is tested: below them, a path is one of the code's. */
const NAMED_LIKE_CODE: readonly string[] = ['test/unit', 'test/integration', 'test/e2e'];
/** Where such a path may lead: `test/e2e/forget` to `api/forget`, `test/unit/base` to `src/base`, `test/unit/local` to `local`. */
const CODE: readonly string[] = ['.', 'src', 'api', 'workers', 'cli', 'local'];
/** Tests of the repository itself: its documents, its imports, these tests. */
const OF_THE_PROJECT = 'test/unit/project';

const below = (folder: string) =>
  readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true }).map((entry) => ({
    path: relative(ROOT, join(entry.parentPath, entry.name)).replaceAll(sep, '/'),
    isFolder: entry.isDirectory(),
  }));
const folders = (folder: string) => below(folder).flatMap(({ path, isFolder }) => (isFolder ? [path] : []));
const files = (folder: string) => below(folder).flatMap(({ path }) => (path.endsWith('.test.ts') ? [path] : []));

/** The names that a file gives its worlds: each is the beginning of a database's name and of a queue's prefix. */
function worldsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const opened = [...text.matchAll(/\b(?:openPlatform|scene|stage)\(\s*['`]([^'`$]+)/g)];
  // A database without a platform around it.
  const bare = [...text.matchAll(/`t-([^`$]+?)-?\$\{process\.pid\}/g)];
  return [...opened, ...bare].map(([, name]) => name ?? '');
}

describe('tests', () => {
  it.each(NAMED_LIKE_CODE)('every folder of %s is named like one of the code', (top) => {
    const strays = folders(top).filter((folder) => {
      if (folder === OF_THE_PROJECT) return false;
      const path = folder.slice(top.length + 1);
      return !CODE.some((code) => existsSync(join(ROOT, code, path)));
    });
    expect(strays).toEqual([]);
  });

  it('every test file stands where it is looked for', () => {
    const known = [...NAMED_LIKE_CODE, 'test/chaos', 'test/console', 'test/local'];
    expect(files('test').filter((file) => !known.some((folder) => file.startsWith(`${folder}/`)))).toEqual([]);
  });

  it('no two files share the name of a database and of a queue', () => {
    const users = new Map<string, Set<string>>();
    for (const file of files('test'))
      for (const world of worldsOf(file)) users.set(world, (users.get(world) ?? new Set()).add(file));
    expect(users.size).toBeGreaterThan(50);
    const shared = [...users].filter(([, by]) => by.size > 1).map(([world, by]) => `${world}: ${[...by].join(', ')}`);
    expect(shared).toEqual([]);
  });
});
