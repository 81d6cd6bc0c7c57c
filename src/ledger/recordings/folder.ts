import { open, realpath, unlink } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { checkNames, FileRefused, type RecordingStorage, readUrl } from './storage.ts';

/**
 * Recordings in a local folder. A plain name is read from the folder on. Of a URL (`file:` too, unless it lies inside
 * the folder) the last part of the path is the name. Nothing outside the folder is ever touched, by symbolic links neither.
 * @param folder its path
 */
export function folderStorage(folder: string): RecordingStorage {
  const root = resolve(folder);
  return {
    check(reference) {
      locate(root, reference);
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
