import type mongoose from 'mongoose';
import { ErasureFailure } from '../../base/errors.ts';
import type { Seal } from '../../base/keys/seal.ts';
import type { FoundFile } from '../../engine/file-fields.ts';
import { createOutbox, type FileAct, type FileRow } from './outbox.ts';
import { FileRefused, type RecordingStorage } from './storage.ts';

export type { FileAct } from './outbox.ts';

/** The files behind the records: written down by the change that takes their references out, removed afterwards. */
export interface Files {
  /** Is there a storage? Without one references are cleared, and nothing is written down here. */
  readonly stored: boolean;
  /**
   * Writes down files whose references a change takes out of records, in the transaction of that change: they are
   * removed once it is committed, and not before.
   * @throws ErasureFailure `unusable_file` for a reference that names no file of the storage
   */
  add(act: FileAct, found: readonly FoundFile[], session: mongoose.mongo.ClientSession): Promise<void>;
  /**
   * Removes the files of an act that are due now; one that cannot be removed is due again later. Safe to run twice.
   * @param signal told to stop: no further file is begun, and an attempt under way is given up
   * @returns what is left of the act, or null for nothing
   */
  removeNow(act: FileAct, signal: AbortSignal): Promise<FilesLeft | null>;
  /** The acts with files that are due. */
  dueActs(limit: number): Promise<FileAct[]>;
}

/** What is left of an act: of its files, the one that is due first. */
export interface FilesLeft {
  readonly where: string;
  readonly again: Date;
  /** Attempts at it that failed. */
  readonly tries: number;
  /** What went wrong last, in a word: `AccessDenied`, `ECONNREFUSED`. */
  readonly fault?: string;
}

export interface FilesOptions {
  readonly db: mongoose.mongo.Db;
  readonly seal: Seal;
  readonly storage: RecordingStorage | null;
  /** Pause after a failed attempt, doubled for each further one. */
  readonly retryBaseMs: number;
  readonly now?: () => Date;
}

const SIDE_BY_SIDE = 8;
const BATCH = 100;
const LONGEST_PAUSE_MS = 3_600_000;

export function createFiles({ db, seal, storage, retryBaseMs, now = () => new Date() }: FilesOptions): Files {
  const outbox = createOutbox(db, seal);

  /** @returns whether the file is gone */
  const removeOne = async (row: FileRow, from: RecordingStorage, signal: AbortSignal): Promise<boolean> => {
    try {
      await from.remove(outbox.referenceOf(row), signal);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      const pause = Math.min(retryBaseMs * 2 ** Math.min(row.tries, 12), LONGEST_PAUSE_MS);
      await outbox.postpone(row, new Date(now().getTime() + pause), faultOf(error));
      return false;
    }
  };

  return {
    stored: storage !== null,
    async add(act, found, session) {
      if (!storage) return;
      for (const { where, reference } of found) checkUsable(storage, where, reference);
      await outbox.add(act, found, now(), session);
    },
    async removeNow(act, signal) {
      if (!storage || !(await outbox.holds(act))) return null;
      let rows: FileRow[];
      do {
        rows = await outbox.due(act, now(), BATCH);
        for (let from = 0; from < rows.length && !signal.aborted; from += SIDE_BY_SIDE) {
          const some = rows.slice(from, from + SIDE_BY_SIDE);
          const gone = await Promise.all(some.map((row) => removeOne(row, storage, signal)));
          await outbox.drop(
            act,
            some.filter((_, index) => gone[index]),
          );
        }
      } while (rows.length === BATCH && !signal.aborted);
      const left = await outbox.first(act);
      if (!left) return null;
      const { where, not_before: again, tries, fault } = left;
      return { where, again, tries, ...(fault !== undefined && { fault }) };
    },
    dueActs: (limit) => (storage ? outbox.dueActs(now(), limit) : Promise.resolve([])),
  };
}

function checkUsable(storage: RecordingStorage, where: string, reference: string): void {
  try {
    storage.check(reference);
  } catch (error) {
    if (error instanceof FileRefused) throw new ErasureFailure('unusable_file', where);
    throw error;
  }
}

/** A word for what went wrong. The message is left out: it holds the file's name. */
function faultOf(error: unknown): string {
  const { code, cause, name } = error as { code?: unknown; cause?: { code?: unknown }; name?: unknown };
  return String([code, cause?.code, name].find((word) => typeof word === 'string') ?? 'unknown');
}
