import { readFileSync, writeFileSync } from 'node:fs';

/**
 * `npm ci` refuses a lock file that lacks an optional package, and `npm install` leaves out those for other systems that
 * the registry it asked does not hold. `tsx test/support/lock-file.ts` puts them in: what is not for this system is
 * never fetched.
 */
interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: string[];
  readonly cpu?: string[];
  readonly libc?: string[];
  readonly optionalDependencies?: Record<string, string>;
}

interface LockFile {
  packages: Record<string, LockedPackage>;
}

const FILE = new URL('../../package-lock.json', import.meta.url);
const SYSTEMS = ['android', 'darwin', 'linux', 'win32', 'freebsd', 'openharmony', 'openbsd', 'netbsd', 'sunos', 'aix'];
const PROCESSORS = ['arm64', 'x64', 'ia32', 'arm', 'ppc64', 'riscv64', 's390x', 'loong64', 'wasm32'];

export function readLockFile(): LockFile {
  return JSON.parse(readFileSync(FILE, 'utf8')) as LockFile;
}

/** Optional packages that another package names and the lock file does not hold: who asks, name and version. */
export function missingPackages({ packages }: LockFile): { asking: LockedPackage; name: string; version: string }[] {
  return Object.entries(packages).flatMap(([place, asking]) =>
    Object.entries(asking.optionalDependencies ?? {})
      .filter(([name]) => !isFound(packages, place, name))
      .map(([name, version]) => ({ asking, name, version })),
  );
}

/** As Node looks for it: beside the one that asks, then further and further up. */
function isFound(packages: LockFile['packages'], place: string, name: string): boolean {
  for (let folder = place; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
}

function complete(lock: LockFile): LockFile {
  const packages = { ...lock.packages };
  for (const { asking, name, version } of missingPackages(lock)) {
    const words = name.replace(/^.*\//, '').split('-');
    const os = words.filter((word) => SYSTEMS.includes(word)).slice(0, 1);
    const cpu = words.filter((word) => PROCESSORS.includes(word)).slice(0, 1);
    // Without a system of its own it would be fetched here, where it is not to be had.
    if (os.length === 0) throw new Error(`${name} does not say for which system it is`);
    const libc = name.includes('musl') ? ['musl'] : name.includes('gnu') ? ['glibc'] : [];
    packages[`node_modules/${name}`] = {
      version,
      ...(cpu.length > 0 && { cpu }),
      ...(asking.dev && { dev: true }),
      ...(libc.length > 0 && { libc }),
      optional: true,
      os,
    };
  }
  const { '': root = {}, ...rest } = packages;
  const sorted = Object.entries(rest).sort(([one], [other]) => one.localeCompare(other, 'en'));
  return { ...lock, packages: { '': root, ...Object.fromEntries(sorted) } };
}

if (process.argv[1]?.endsWith('lock-file.ts'))
  writeFileSync(FILE, `${JSON.stringify(complete(readLockFile()), null, 2)}\n`);
