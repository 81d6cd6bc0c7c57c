import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder of report files, finished or being written. Processes on several hosts must share it. */
export interface ReportFolder {
  /** Opens a file under the name's temporary form, for its owner alone. */
  create(name: string): Promise<ReportDraft>;
  /** Opens a finished file for reading. @returns null when it is not there */
  read(name: string): Promise<FileHandle | null>;
  /** Removes a file, finished or not. A file that is gone already is no error. */
  remove(name: string): Promise<void>;
  /** The names of all files, finished or not. */
  list(): Promise<string[]>;
}

interface ReportDraft {
  write(text: string): Promise<void>;
  /** Syncs the file to disk and gives it its final name: whole or not at all. */
  finish(): Promise<void>;
  /** Closes the file, finished or not. */
  close(): Promise<void>;
}

const PART = '.part';
const NAME = /^[A-Za-z0-9_-]{43}$/;

/** A name that nobody can guess: 256 random bits. */
export function newFileName(): string {
  return randomBytes(32).toString('base64url');
}

/** @param folder made when it is missing, for its owner alone */
export function createReportFolder(folder: string): ReportFolder {
  const place = (name: string) => {
    // Names come from the ledger: a forged one must not lead out of the folder.
    if (!NAME.test(name)) throw new TypeError('not the name of a report file');
    return join(folder, name);
  };
  return {
    async create(name) {
      const path = place(name);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = await open(path + PART, 'wx', 0o600);
      return {
        async write(text) {
          await file.writeFile(text);
        },
        async finish() {
          await file.sync();
          await rename(path + PART, path);
          const directory = await open(folder, 'r');
          await directory.sync().finally(() => directory.close());
        },
        close: () => file.close(),
      };
    },
    async read(name) {
      try {
        return await open(place(name), 'r');
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    async remove(name) {
      const path = place(name);
      // The unfinished form first: otherwise its writer could finish it in between.
      await rm(path + PART, { force: true });
      await rm(path, { force: true });
    },
    async list() {
      try {
        const files = await readdir(folder);
        return [...new Set(files.map((file) => file.replace(PART, '')))].filter((name) => NAME.test(name));
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    },
  };
}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT';
