import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** From top to bottom: a file may import from its own floor and from those below it. */
const FLOORS: readonly (readonly string[])[] = [
  ['test'],
  ['local'],
  ['cli'],
  ['api', 'workers'],
  ['src/core.ts', 'src/indexes.ts', 'src/key-places.ts', 'src/sealed-places.ts'],
  ['src/contracts', 'src/ops'],
  ['src/ledger'],
  ['src/engine'],
  ['src/base'],
  ['src/phone'],
  ['src/lib'],
];

/** Folders whose rooms know nothing of each other: an import from one to its neighbour is a cut in the wrong place. */
const APART: readonly string[] = ['src/contracts', 'api'];
/** What the rooms of `api` share. */
const SHARED: readonly string[] = ['api/http', 'api/openapi'];
/** A folder that only the named file may enter. */
const WALLED: Readonly<Record<string, readonly string[]>> = {
  'local/documentdb/gateway': ['local/documentdb/server.ts', 'local/documentdb/cluster.ts'],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

const within = (file: string, place: string) => file === place || file.startsWith(`${place}/`);
const floorOf = (file: string) => FLOORS.findIndex((floor) => floor.some((place) => within(file, place)));
/** `api/contact/routes.ts` stands in the room `api/contact`; a file beside the rooms stands in none. */
const roomOf = (file: string, folder: string) => {
  const [room = '', inner] = file.slice(folder.length + 1).split('/');
  return inner === undefined ? undefined : `${folder}/${room}`;
};

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

const FILES = ['src', 'api', 'workers', 'cli', 'local', 'test'].flatMap(sources);
const IMPORTS: readonly Import[] = FILES.flatMap((from) =>
  [...readFileSync(join(ROOT, from), 'utf8').matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g)].map(
    ([, text = '']) => ({
      from,
      to: relative(ROOT, resolve(ROOT, dirname(from), text)),
    }),
  ),
).filter(({ to }) => FILES.includes(to));

const list = (some: readonly Import[]) => some.map(({ from, to }) => `${from} -> ${to}`);

describe('imports', () => {
  it('every file stands on a floor, and what is imported was found', () => {
    expect(FILES.filter((file) => floorOf(file) < 0)).toEqual([]);
    expect(IMPORTS.length).toBeGreaterThan(FILES.length);
  });

  it('run downward', () => {
    expect(list(IMPORTS.filter(({ from, to }) => floorOf(to) < floorOf(from)))).toEqual([]);
  });

  it('the API and the workers know nothing of each other', () => {
    const across = ({ from, to }: Import) =>
      (within(from, 'api') && within(to, 'workers')) || (within(from, 'workers') && within(to, 'api'));
    expect(list(IMPORTS.filter(across))).toEqual([]);
  });

  it.each(APART)('no room of %s enters another', (folder) => {
    const sideways = ({ from, to }: Import) => {
      if (!within(from, folder) || !within(to, folder)) return false;
      const [room, other] = [roomOf(from, folder), roomOf(to, folder)];
      return room !== undefined && other !== undefined && room !== other && !SHARED.includes(other);
    };
    expect(list(IMPORTS.filter(sideways))).toEqual([]);
  });

  it.each(Object.entries(WALLED))('%s is entered by its door only', (folder, doors) => {
    const past = ({ from, to }: Import) =>
      !within(from, folder) && within(to, folder) && !doors.includes(from) && !within(from, 'test');
    expect(list(IMPORTS.filter(past))).toEqual([]);
  });
});
