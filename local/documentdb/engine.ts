import { chmod, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useCached } from '../cache.ts';
import { findDebian, unpackPackages } from '../debian.ts';
import { runCommand } from '../process.ts';

/** PostgreSQL with the DocumentDB extension, unpacked somewhere. */
export interface Engine {
  /** For people: `DocumentDB on PostgreSQL 18.6 (Debian packages, private copy)`. */
  readonly detail: string;
  /** PostgreSQL's major version, such as `18`. */
  readonly major: string;
  readonly initdb: string;
  readonly postgres: string;
  /** The folder all of it is in. */
  readonly folder: string;
}

/**
 * Where the extension is: first the release that brought it, testing at first and stable one day; then unstable, for the
 * days when testing goes without.
 */
const SUITES = ['forky', 'sid'] as const;

/** Raised whenever what is done to the packages changes, so that an older copy is not taken for a new one. */
const RECIPE = 1;

/** What a server behind a socket never uses, and what the packages' set-up scripts would have needed. */
const ASSUMED = [
  ...['postgresql-common', 'postgresql-client-common', 'ssl-cert', 'locales', 'debconf', 'tzdata', 'perl', 'perl-base'],
  ...['adduser', 'sysvinit-utils', 'media-types', 'libsfcgal2', 'libgdal39', 'proj-data', 'proj-bin', 'netbase'],
  ...['libpam-runtime', 'libpam-modules', 'libpam-modules-bin', 'readline-common', 'ca-certificates', 'krb5-locales'],
  ...['libldap-common', 'openssl-provider-legacy', 'sensible-utils'],
] as const;

/**
 * The engine from Debian, in the user's cache: about 60 MB to fetch, 170 MB on disk. It brings its own C library and
 * loader, so the machine's own release does not matter.
 *
 * @throws Error when the packages cannot be had or do not run here.
 */
export async function fetchEngine(cache: string, print: (line: string) => void): Promise<Engine> {
  const architecture = await findDebian();
  if (architecture === null) throw new Error('no apt here to fetch packages with');
  const folder = await useCached(cache, `documentdb-${architecture}-${RECIPE}`, async (target) => {
    print('mongodb: fetching DocumentDB (Debian packages, about 60 MB)');
    await unpackFirst(SUITES, target);
    await prepareEngine(target);
    await describeEngine(target);
  });
  return describeEngine(folder);
}

async function unpackFirst([suite, ...others]: readonly string[], target: string): Promise<void> {
  if (suite === undefined) throw new Error('no Debian suite has the packages');
  try {
    await unpackPackages({ kind: 'suite', suite, assumed: ASSUMED }, pickPackage, target);
  } catch (error) {
    if (others.length === 0) throw error;
    await unpackFirst(others, target).catch(() => {
      throw error;
    });
  }
}

/** `postgresql-NN-documentdb` for the newest PostgreSQL there is one for. */
function pickPackage(available: string[]): string[] {
  const versions = available.flatMap((name) => /^postgresql-(\d+)-documentdb$/.exec(name)?.[1] ?? []).map(Number);
  return versions.length === 0 ? [] : [`postgresql-${Math.max(...versions)}-documentdb`];
}

async function describeEngine(folder: string): Promise<Engine> {
  const major = await findMajor(folder);
  const programs = join(folder, 'usr', 'lib', 'postgresql', major, 'bin');
  const postgres = join(programs, 'postgres');
  const version = /PostgreSQL\) (\S+)/.exec(await runCommand(postgres, ['--version']))?.[1] ?? major;
  return {
    detail: `DocumentDB on PostgreSQL ${version} (Debian packages, private copy)`,
    major,
    initdb: join(programs, 'initdb'),
    postgres,
    folder,
  };
}

async function findMajor(folder: string): Promise<string> {
  const majors = await readdir(join(folder, 'usr', 'lib', 'postgresql'));
  const newest = majors.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new Error('the packages hold no PostgreSQL');
  return newest;
}

/**
 * Makes the unpacked packages run from where they lie: the programs get wrappers that use the unpacked loader and
 * libraries, found from the wrapper's own place, so that the whole folder can be moved.
 */
async function prepareEngine(folder: string): Promise<void> {
  const major = await findMajor(folder);
  const share = join(folder, 'usr', 'share', 'postgresql', major);
  const libraries = join(folder, 'usr', 'lib', 'postgresql', major, 'lib');
  const programs = join(folder, 'usr', 'lib', 'postgresql', major, 'bin');
  const extensions = join(share, 'extension');
  const { triplet, loader } = await findLoader(folder);

  // The package's set-up script would have chosen between PostGIS versions by this link.
  if (!(await readdir(extensions)).includes('postgis.control')) {
    const control = (await readdir(extensions)).find((name) => /^postgis-\d+\.control$/.test(name));
    if (control) await symlink(control, join(extensions, 'postgis.control'));
  }
  for (const path of ['doc', 'man', 'locale', 'gir-1.0', 'lintian', 'bug']) {
    await rm(join(folder, 'usr', 'share', path), { recursive: true, force: true });
  }
  await rm(join(libraries, 'bitcode'), { recursive: true, force: true });
  await rm(join(share, 'man'), { recursive: true, force: true });
  for (const name of await readdir(extensions)) {
    if (/^(address_standardizer|postgis_|postgis--.*--ANY\.sql)/.test(name)) await rm(join(extensions, name));
  }
  for (const name of await readdir(programs)) {
    const path = join(programs, name);
    if (name !== 'postgres' && name !== 'initdb') {
      await rm(path);
      continue;
    }
    await rename(path, `${path}.real`);
    await writeFile(path, describeWrapper(major, triplet, loader));
    await chmod(path, 0o755);
  }
  await mkdir(join(folder, 'etc'), { recursive: true });
}

async function findLoader(folder: string): Promise<{ triplet: string; loader: string }> {
  const base = join(folder, 'usr', 'lib');
  for (const triplet of await readdir(base)) {
    if (!triplet.includes('-linux-gnu')) continue;
    const loader = (await readdir(join(base, triplet))).find((name) => /^ld-linux.*\.so\.\d+$/.test(name));
    if (loader) return { triplet, loader };
  }
  throw new Error('the packages hold no loader');
}

function describeWrapper(major: string, triplet: string, loader: string): string {
  return `#!/bin/sh
d=\${0%/*}
r=$(cd "$d/../../../../.." && pwd)
l=$r/usr/lib/${triplet}
exec "$l/${loader}" --argv0 "$d/\${0##*/}" --library-path "$l:$r/usr/lib/postgresql/${major}/lib" "$d/\${0##*/}.real" "$@"
`;
}
