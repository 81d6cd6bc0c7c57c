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
   * @throws ErasureFailure `no_storage` when files are left and this process has no storage
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
  /** Told of references that led to no file, once each. */
  readonly onMissing?: (owner: FileOwner, where: readonly string[]) => Promise<void>;
}

const SIDE_BY_SIDE = 8;
const BATCH = 100;

/** What the functions of `createFiles` share. */
interface Context {
  readonly outbox: ReturnType<typeof createOutbox>;
  readonly storage: RecordingStorage;
  readonly times: FilesOptions['times'];
  readonly now: () => Date;
  readonly onMissing: NonNullable<FilesOptions['onMissing']>;
}

export function createFiles({
  db,
  seal,
  storage,
  times,
  now = () => new Date(),
  onMissing = async () => {},
}: FilesOptions): Files {
  const outbox = createOutbox(db, seal);
  return {
    stored: storage !== null,
    async add(owner, found, session) {
      if (!storage) return;
      for (const { where, reference } of found) checkUsable(storage, where, reference);
      await outbox.add(owner, found, now(), session);
    },
    async removeNow(owner, signal) {
      if (!(await outbox.holds(owner))) return null;
      // Written down by a process that has one: to go on would call removed what is still there.
      if (!storage) throw new ErasureFailure('no_storage', (await outbox.first(owner))?.where);
      const hold = newHold({ times, now });
      await removeDue({ outbox, storage, times, now, onMissing }, owner, hold, signal);
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
      const found = await findNames(context, some, signal);
      const gone = await Promise.all(some.map((row) => removeOne(context, row, found.get(row), signal)));
      const away = some.filter((_, index) => gone[index]);
      const isMissing = (row: FileRow) => found.get(row)?.length === 0;
      await outbox.drop(
        owner,
        away.filter((row) => !isMissing(row)),
      );
      // Two may remove the same files side by side: a reference without one is counted by who takes its row away.
      const missing: string[] = [];
      for (const row of away.filter(isMissing)) if ((await outbox.drop(owner, [row])) > 0) missing.push(row.where);
      if (missing.length > 0) await context.onMissing(owner, missing);
    }
  } while (rows.length === BATCH && !signal.aborted);
}

/** What each row's reference leads to, written down before anything is removed. A row whose look failed is left out. */
async function findNames(
  context: Context,
  rows: readonly FileRow[],
  signal: AbortSignal,
): Promise<Map<FileRow, readonly string[]>> {
  const { outbox, storage, times } = context;
  const find = storage.find?.bind(storage);
  const names = new Map<FileRow, readonly string[]>();
  const fresh = new Map<FileRow, readonly string[]>();
  await Promise.all(
    rows.map((row) =>
      orPostpone(context, row, signal, async () => {
        const known = outbox.namesOf(row);
        const reference = outbox.nameOf(row);
        if (known) names.set(row, known);
        else if (!find) names.set(row, [reference]);
        else fresh.set(row, await withinTime(() => find(reference, row.created_at), signal, times.fileAttemptMs));
      }),
    ),
  );
  await outbox.keepNames(fresh);
  return new Map([...names, ...fresh]);
}

/** @returns whether the file is gone */
async function removeOne(
  context: Context,
  row: FileRow,
  names: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (!names) return false;
  const { storage, times } = context;
  return orPostpone(context, row, signal, async () => {
    for (const name of names) await withinTime((limit) => storage.remove(name, limit), signal, times.fileAttemptMs);
  });
}

/** @returns whether the work was done; otherwise the row is due again later, unless it was told to stop */
async function orPostpone(
  { outbox, times, now }: Context,
  row: FileRow,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work();
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
async function withinTime<Result>(
  attempt: (signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
  longestMs: number,
): Promise<Result> {
  signal.throwIfAborted();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(longestMs)]);
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(limit.reason);
    limit.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([attempt(limit), stopped]);
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
