import { lstat, opendir, realpath } from 'node:fs/promises';
import { basename, extname, join, relative } from 'node:path';
import { AmbiguousFile } from './storage.ts';

/** Finds files of a folder whose names are not quite what was asked for. */
export interface FileIndex {
  /**
   * Files in any sub-folder whose name is the same but for its case, and but for an extension that the wanted name lacks.
   * @param name a path from the folder on
   * @param since files that were there at this moment are seen: when the reference was taken out of its record
   * @returns the file's own path from the folder on; none when there is none
   * @throws AmbiguousFile when there are several; what the file system throws
   */
  find(name: string, since: Date): Promise<readonly string[]>;
}

/** How long a list of the folder is used again: a request with many references to nothing asks for each of them. */
const FRESH_MS = 30_000;

interface Listing {
  /** Milliseconds since 1970. */
  readonly begun: number;
  /** Paths from the folder on, by their last part in lower case, with and without its extension. */
  readonly byName: Promise<ReadonlyMap<string, readonly string[]>>;
}

/** @param root the folder; symbolic links in it are not followed */
export function createFileIndex(root: string): FileIndex {
  let listing: Listing | undefined;
  const list = (since: Date): Listing['byName'] => {
    const now = Date.now();
    if (!listing || listing.begun < Math.max(now - FRESH_MS, since.getTime())) {
      const byName = listFiles(root);
      listing = { begun: now, byName };
      // A list that could not be made is made anew.
      byName.catch(() => {
        listing = undefined;
      });
    }
    return listing.byName;
  };
  return {
    async find(name, since) {
      const wanted = basename(name).toLowerCase();
      const listed = [...new Set((await list(since)).get(wanted) ?? [])];
      const there = await Promise.all(listed.map((path) => isThere(join(root, path))));
      const found = listed.filter((_, at) => there[at]);
      // In the wanted folder, but for its case: closer than any other.
      const close = found.filter((path) => path.toLowerCase() === name.toLowerCase());
      const meant = close.length > 0 ? close : found;
      if (meant.length > 1) throw new AmbiguousFile();
      return meant;
    },
  };
}

/** The list may be older than the last removal. */
function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function listFiles(root: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const byName = new Map<string, string[]>();
  const real = await realpath(root);
  for await (const entry of await opendir(real, { recursive: true })) {
    if (entry.isDirectory()) continue;
    const path = relative(real, join(entry.parentPath, entry.name));
    const name = entry.name.toLowerCase();
    for (const key of new Set([name, name.slice(0, name.length - extname(name).length)]))
      byName.set(key, [...(byName.get(key) ?? []), path]);
  }
  return byName;
}
