import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findCommand, runCommand } from './process.ts';

/** How long one apt step may take before it counts as a dead network, in milliseconds. */
const STEP = 180_000;

/** Where packages come from. */
export type Source =
  /** The machine's own package sources and its own list of installed packages. */
  | { readonly kind: 'machine' }
  /** One Debian suite from the mirror the machine uses, with the named packages taken for installed. */
  | { readonly kind: 'suite'; readonly suite: string; readonly assumed: readonly string[] };

/** Debian's name of this machine's processor architecture, such as `amd64`; null where dpkg or apt is missing. */
export async function findDebian(): Promise<string | null> {
  for (const tool of ['apt-get', 'dpkg', 'dpkg-deb']) if (!(await findCommand(tool))) return null;
  return (await runCommand('dpkg', ['--print-architecture'])).trim();
}

/**
 * Downloads packages with everything they need that is not installed, and unpacks them into a folder. Nothing is
 * installed, no maintainer script runs, root is not needed: apt works on private copies of its state. Packages are
 * checked as always, by the archive's signature.
 *
 * @param wanted given the names of every package that can be had, the ones to fetch.
 * @throws Error when apt cannot reach the archive or does not know a package.
 */
export async function unpackPackages(
  source: Source,
  wanted: (available: string[]) => string[],
  folder: string,
): Promise<void> {
  const work = join(folder, '.apt');
  try {
    await mkdir(join(work, 'lists', 'partial'), { recursive: true });
    await mkdir(join(work, 'cache', 'archives', 'partial'), { recursive: true });
    const options = await describeState(source, work);
    const download = async (state: readonly string[]) => {
      const names = (await runCommand('apt-cache', [...state, 'pkgnames'], { timeout: STEP })).split('\n');
      const packages = wanted(names);
      if (packages.length === 0) throw new Error('apt knows no such package');
      await runCommand('apt-get', [...state, '--download-only', '-y', 'install', ...packages], { timeout: STEP });
    };
    const privateLists = [...options, '-o', `Dir::State::lists=${work}/lists`];
    // The machine's lists may be missing (a fresh container) or older than the mirror: then they are fetched privately.
    const downloaded =
      source.kind === 'machine' &&
      (await download(options).then(
        () => true,
        () => false,
      ));
    if (!downloaded) {
      await runCommand('apt-get', [...privateLists, 'update'], { timeout: STEP });
      await download(privateLists);
    }
    const archives = join(work, 'cache', 'archives');
    for (const file of await readdir(archives)) {
      if (file.endsWith('.deb')) await runCommand('dpkg-deb', ['-x', join(archives, file), folder]);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** apt's options for a private state: what it may not touch of the machine's own is replaced or turned off. */
async function describeState(source: Source, work: string): Promise<string[]> {
  const settings = [
    `Dir::Cache=${work}/cache`,
    'Dir::Log=/nonexistent',
    'Debug::NoLocking=1',
    'APT::Install-Recommends=false',
    'APT::Sandbox::User=',
    'Acquire::Languages=none',
    // A frozen mirror (a snapshot) serves old lists; they are still signed.
    'Acquire::Check-Valid-Until=false',
    'Acquire::Retries=2',
    'Acquire::http::Timeout=20',
    'Acquire::https::Timeout=20',
  ];
  if (source.kind === 'suite') {
    await writeFile(join(work, 'sources.list'), await describeSuite(source.suite));
    await writeFile(join(work, 'status'), await describeInstalled(source.assumed));
    settings.push(
      `Dir::Etc::sourcelist=${work}/sources.list`,
      'Dir::Etc::sourceparts=-',
      `Dir::State::status=${work}/status`,
    );
  }
  return ['-qq', ...settings.flatMap((setting) => ['-o', setting])];
}

/**
 * The mirror this machine's apt uses for Debian, so that a company's own mirror is respected.
 * @throws Error when its apt knows none
 */
async function describeSuite(suite: string): Promise<string> {
  // --print-uris lists what an update would fetch, whether or not lists were ever fetched.
  const uris = await runCommand('apt-get', ['--print-uris', '-o', 'Debug::NoLocking=1', 'update']).catch(() => '');
  const mirror = /'([^']+\/debian)\/dists\//.exec(uris)?.[1] ?? null;
  if (mirror === null) throw new Error("this machine's apt knows no mirror of Debian");
  const keyring = '/usr/share/keyrings';
  const keys = (await readdir(keyring).catch(() => [])).find((name) =>
    /^debian-archive-keyring\.(gpg|pgp)$/.test(name),
  );
  return `deb ${keys ? `[signed-by=${keyring}/${keys}] ` : ''}${mirror} ${suite} main\n`;
}

/**
 * A dpkg status file in which the named packages are installed in a version newer than any, so that apt leaves them,
 * and what only they need, out.
 */
async function describeInstalled(names: readonly string[]): Promise<string> {
  const architecture = (await runCommand('dpkg', ['--print-architecture'])).trim();
  return names
    .map((name) =>
      [
        `Package: ${name}`,
        'Status: install ok installed',
        'Maintainer: nobody',
        `Architecture: ${architecture}`,
        // Perl is asked for as perl:any.
        `Multi-Arch: ${name === 'perl' ? 'allowed' : 'foreign'}`,
        'Version: 999:9',
        'Description: taken for installed',
        '',
        '',
      ].join('\n'),
    )
    .join('');
}
