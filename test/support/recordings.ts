import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder of recordings, as a platform keeps them. Remove it in the end. */
export interface RecordingFolder {
  readonly path: string;
  /** Writes a file there. @returns the name */
  put(name: string): Promise<string>;
  has(name: string): Promise<boolean>;
  remove(): Promise<void>;
}

export async function openRecordings(): Promise<RecordingFolder> {
  const path = await mkdtemp(join(tmpdir(), 'lethe-recordings-'));
  return {
    path,
    async put(name) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), 'sound');
      return name;
    },
    has: (name) =>
      access(join(path, name)).then(
        () => true,
        () => false,
      ),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
