import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { ownerIsAlive, takeLock } from './lock.ts';
import { becomesTrue } from './process.ts';

/** The size of a folder's contents, kept in it so that damage shows. */
interface Manifest {
  readonly files: number;
  readonly bytes: number;
}

const MANIFEST = '.complete.json';

/**
 * The folder for things fetched once per user: `$XDG_CACHE_HOME/lethe`, else `~/.cache/lethe`
 * (XDG Base Directory Specification 0.8), else, where the home folder cannot be written, one in the temporary folder
 * that only this user can enter.
 *
 * @throws Error when that last folder exists and belongs to somebody else.
 */
export async function openCacheFolder(
  env: NodeJS.ProcessEnv = process.env,
  temporary: string = tmpdir(),
): Promise<string> {
  const base = env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME) ? env.XDG_CACHE_HOME : join(homedir(), '.cache');
  const usual = join(base, 'lethe');
  try {
    await mkdir(usual, { recursive: true });
    const probe = join(usual, `.probe-${randomBytes(4).toString('hex')}`);
    await writeFile(probe, '');
    await rm(probe);
    return usual;
  } catch {
    // falls through: a read-only or missing home folder is common in containers
  }
  const { uid } = userInfo();
  const fallback = join(temporary, `lethe-cache-${uid}`);
  await mkdir(fallback, { recursive: true, mode: 0o700 });
  const found = await lstat(fallback);
  if (!found.isDirectory() || (uid >= 0 && found.uid !== uid)) {
    throw new Error(`${fallback} belongs to another user; set XDG_CACHE_HOME to a folder of your own`);
  }
  await chmod(fallback, 0o700);
  return fallback;
}

/**
 * The cached folder of that name, fetched if it is not there or not whole.
 *
 * `fetch` fills an empty folder beside it, which is moved into place only after `fetch` returned: a killed or failed
 * fetch leaves nothing that looks fetched, and its remains are swept by the next one. A second process that wants the
 * same folder waits for the first instead of fetching again.
 *
 * @returns the folder's absolute path.
 * @throws what `fetch` throws.
 */
export async function useCached(
  cache: string,
  name: string,
  fetch: (folder: string) => Promise<void>,
): Promise<string> {
  const target = join(cache, name);
  if (await isWhole(target)) return target;
  const lock = await waitForLock(join(cache, `${name}.lock`));
  try {
    if (await isWhole(target)) return target;
    await sweep(cache, name);
    const building = join(cache, `${name}.part-${randomBytes(6).toString('hex')}`);
    try {
      await mkdir(building, { recursive: true });
      await fetch(building);
      await writeFile(join(building, MANIFEST), JSON.stringify(await measure(building)));
      await rename(building, target);
    } catch (error) {
      await rm(building, { recursive: true, force: true });
      throw error;
    }
    return target;
  } finally {
    await lock.release();
  }
}

async function waitForLock(path: string) {
  let taken: Awaited<ReturnType<typeof takeLock<null>>> | undefined;
  // A fetch is bounded by its own time-outs, and a dead holder frees the lock, so this ends.
  while (!taken || 'held' in taken) {
    await becomesTrue(async () => {
      taken = await takeLock<null>(path, null, ownerIsAlive);
      return 'lock' in taken;
    }, 60_000);
  }
  return taken.lock;
}

/** Removes what killed fetches left, and a damaged folder. Only ever called by the holder of the lock. */
async function sweep(cache: string, name: string): Promise<void> {
  for (const entry of await readdir(cache)) {
    if (entry === name || entry.startsWith(`${name}.part-`))
      await rm(join(cache, entry), { recursive: true, force: true });
  }
}

async function isWhole(folder: string): Promise<boolean> {
  try {
    const kept = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as Manifest;
    const found = await measure(folder);
    return kept.files === found.files && kept.bytes === found.bytes;
  } catch {
    return false;
  }
}

async function measure(folder: string): Promise<Manifest> {
  let files = 0;
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name === MANIFEST) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const inner = await measure(path);
      files += inner.files;
      bytes += inner.bytes;
    } else {
      files += 1;
      if (entry.isFile()) bytes += (await stat(path)).size;
    }
  }
  return { files, bytes };
}
