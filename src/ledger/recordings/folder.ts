import { lstat, open, realpath, unlink } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { createFileIndex } from './file-index.ts';
import { checkNames, FileRefused, type RecordingStorage, readUrl } from './storage.ts';

/**
 * Recordings in a local folder. A plain name is read from the folder on. Of a URL (`file:` too, unless it lies inside
 * the folder) the last part of the path is the name. Where no file has it, one in a sub-folder, of another case, or with
 * an extension the reference lacks, is meant if there is exactly one. Nothing outside the folder is ever touched, by symbolic links neither.
 * @param folder its path
 */
export function folderStorage(folder: string): RecordingStorage {
  const root = resolve(folder);
  const index = createFileIndex(root);
  return {
    check(reference) {
      locate(root, reference);
    },
    async find(reference, since) {
      const name = locate(root, reference);
      // Asked first, as below.
      await realpath(`${root}/.`);
      if (await isFile(join(root, name))) return [name];
      const listed = await Promise.all(
        listOf(reference).map(async (one) => ((await isFile(join(root, one))) ? one : null)),
      );
      if (listed.some((one) => one !== null)) return listed.filter((one) => one !== null);
      return index.find(name, since);
    },
    async remove(reference) {
      const path = join(root, locate(root, reference));
      // Asked first: in a folder that is not mounted, or is none, every file would seem to be gone.
      const realRoot = await realpath(`${root}/.`);
      const parent = await unlessGone(realpath(dirname(path)));
      if (parent === undefined) return;
      if (!isInside(realRoot, parent)) throw new FileRefused();
      try {
        await unlessGone(unlink(join(parent, basename(path))));
      } catch (error) {
        if (codeOf(error) === 'EISDIR') throw new FileRefused();
        throw error;
      }
      await flush(parent);
    },
  };
}

/** The file's path from the folder on. */
function locate(root: string, reference: string): string {
  const url = readUrl(reference);
  if (url) {
    const names = checkNames(url.names);
    const path = `/${names.join('/')}`;
    return url.scheme === 'file' && isInside(root, path) ? relative(root, path) : (names.at(-1) ?? '');
  }
  if (!isAbsolute(reference)) return join(...checkNames(reference.split('/')));
  if (!isInside(root, reference)) throw new FileRefused();
  return join(...checkNames(relative(root, reference).split('/')));
}

/** What a plain name consists of that lists several files, such as `a.mp3,b.mp3`; none for any other. */
function listOf(reference: string): string[] {
  const parts = reference.split(/[,;|]|[?&](?:[\w-]+=)?/);
  if (parts.length < 2 || readUrl(reference) || isAbsolute(reference)) return [];
  const names = parts.map((part) => part.trim()).filter((part) => part !== '');
  return names.every((name) => name.split('/').every((piece) => piece !== '' && piece !== '.' && piece !== '..'))
    ? names
    : [];
}

/** Is there anything that is no folder? A folder is left to `remove`, which refuses it. */
async function isFile(path: string): Promise<boolean> {
  return (await unlessGone(lstat(path))) !== undefined;
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith('../') && !isAbsolute(way));
}

/** A file removed from a folder that was not flushed may be back after the power failed. */
async function flush(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function unlessGone<Value>(work: Promise<Value>): Promise<Value | undefined> {
  try {
    return await work;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
