import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

interface LockedPackage {
  readonly integrity?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const TEXT = readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8');
const { packages } = JSON.parse(TEXT) as { packages: Readonly<Record<string, LockedPackage>> };
/** All but the project itself, which stands under the empty place. */
const INSTALLED = Object.entries(packages).filter(([place]) => place !== '');

/** Looks for a package as Node does: beside the one that asks, then further and further up. */
function isFound(place: string, name: string): boolean {
  for (let folder = place; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
}

/**
 * A lock file made where a registry holds only part of the packages for other systems lacks them, and `npm ci` then
 * refuses it. One that lists them without a hash installs whatever is served under the name. npm keeps such an entry as
 * it is: take it out of the file, and `npm install --package-lock-only` asks for it again. When the registry does not
 * hold it, lock a version of the asking package whose parts it holds.
 */
describe('package-lock.json', () => {
  it('holds every optional package, for other systems too', () => {
    const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !isFound(place, name)),
    );
    expect(missing).toEqual([]);
  });

  it('has a hash for every package', () => {
    expect(INSTALLED.length).toBeGreaterThan(500);
    expect(INSTALLED.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([place]) => place)).toEqual(
      [],
    );
  });

  it('names no registry', () => {
    expect(TEXT).not.toContain('"resolved"');
  });
});
