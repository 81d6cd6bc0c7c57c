import type mongoose from 'mongoose';
import { ErasureFailure } from '../../base/errors.ts';
import type { Seal } from '../../base/keys/seal.ts';
import type { Times } from '../../base/times.ts';
import type { FoundFile } from '../../engine/file-fields.ts';
import { backOff } from '../../lib/back-off.ts';
import { type Hold, type LeaseOptions, newHold } from '../work/lease.ts';
import type { RelayedRows } from '../work/relay.ts';
import { createOutbox, type DueFiles, type FileOwner, type FileRow } from './outbox.ts';
import { FileRefused, type RecordingStorage } from './storage.ts';

export type { FileOwner } from './outbox.ts';

/** The files behind the records: written down by the change that takes their references out, removed afterwards. */
export interface Files {
  /** Is there a storage? Without one references are cleared, and nothing is written down here. */
  readonly stored: boolean;
  /**
   * Writes down files whose references a change takes out of records, in the transaction of that change: they are
   * removed once it is committed, and not before.
   * @throws ErasureFailure `unusable_file` for a reference that names no file of the storage
   */
  add(owner: FileOwner, found: readonly FoundFile[], session: mongoose.mongo.ClientSession): Promise<void>;
  /**
   * Removes the files of an owner that are due now; one that cannot be removed is due again later. Safe to run twice.
   * @param signal told to stop: no further file is begun, and an attempt under way is given up
   * @returns what is left, or null for nothing
   */
  removeNow(owner: FileOwner, signal: AbortSignal): Promise<FilesLeft | null>;
  /** The files that are due and that nobody is at, by owner. */
  readonly due: RelayedRows<DueFiles>;
  /** Is a file due, or being removed? */
  isAnyDue(): Promise<boolean>;
}

/** What is left of an owner's files: the one that is due first. */
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
  readonly times: LeaseOptions['times'] & Pick<Times, 'fileAttemptMs' | 'retryBaseMs' | 'longestPauseMs'>;
  readonly now?: () => Date;
}

const SIDE_BY_SIDE = 8;
const BATCH = 100;

/** What the functions of `createFiles` share. */
interface Context {
  readonly outbox: ReturnType<typeof createOutbox>;
  readonly storage: RecordingStorage;
  readonly times: FilesOptions['times'];
  readonly now: () => Date;
}

export function createFiles({ db, seal, storage, times, now = () => new Date() }: FilesOptions): Files {
  const outbox = createOutbox(db, seal);
  return {
    stored: storage !== null,
    async add(owner, found, session) {
      if (!storage) return;
      for (const { where, reference } of found) checkUsable(storage, where, reference);
      await outbox.add(owner, found, now(), session);
    },
    async removeNow(owner, signal) {
      if (!storage || !(await outbox.holds(owner))) return null;
      const hold = newHold({ times, now });
      await removeDue({ outbox, storage, times, now }, owner, hold, signal);
      const left = await outbox.first(owner);
      if (!left) return null;
      await outbox.release(owner, hold);
      const { where, look_at: again, tries, fault } = left;
      return { where, again, tries, ...(fault !== undefined && { fault }) };
    },
    due: {
      due: async (reach, limit) => (storage ? outbox.due(reach, limit) : []),
      // Due files stay due: whoever is told to remove them now must find them.
      keep: async () => {},
      moveOn: (due, _lookAt, abandoned) => outbox.moveOn(due, abandoned),
    },
    isAnyDue: async () => storage !== null && outbox.isAnyDue(now()),
  };
}

async function removeDue(context: Context, owner: FileOwner, hold: Hold, signal: AbortSignal): Promise<void> {
  const { outbox, now } = context;
  let rows: FileRow[];
  do {
    rows = await outbox.take(owner, now(), hold, BATCH);
    for (let from = 0; from < rows.length && !signal.aborted; from += SIDE_BY_SIDE) {
      if (hold.isEnding()) await outbox.renew(owner, hold);
      const some = rows.slice(from, from + SIDE_BY_SIDE);
      const gone = await Promise.all(some.map((row) => removeOne(context, row, signal)));
      await outbox.drop(
        owner,
        some.filter((_, index) => gone[index]),
      );
    }
  } while (rows.length === BATCH && !signal.aborted);
}

/** @returns whether the file is gone */
async function removeOne(
  { outbox, storage, times, now }: Context,
  row: FileRow,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const name = outbox.nameOf(row);
    await withinTime((limit) => storage.remove(name, limit), signal, times.fileAttemptMs);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    const pause = backOff(row.tries, times.retryBaseMs, times.longestPauseMs);
    await outbox.postpone(row, new Date(now().getTime() + pause), faultOf(error));
    return false;
  }
}

/**
 * Waits for an attempt until it ends, is told to stop or takes too long, whether or not it heeds its signal.
 * @throws what the attempt throws; the signal's reason; a DOMException `TimeoutError`
 */
async function withinTime(
  attempt: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  longestMs: number,
): Promise<void> {
  signal.throwIfAborted();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(longestMs)]);
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(limit.reason);
    limit.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([attempt(limit), stopped]);
  } finally {
    limit.removeEventListener('abort', stop);
  }
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
