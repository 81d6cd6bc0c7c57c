import { setTimeout as pause } from 'node:timers/promises';
import mongoose from 'mongoose';

type Session = mongoose.mongo.ClientSession;

const OPTIONS: mongoose.mongo.TransactionOptions = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
  maxCommitTimeMS: 5_000,
};
const LONGEST_PAUSE_MS = 500;
const OUT_OF_TIME = 50;

/**
 * Runs work as one transaction: all of it is there, by a majority and journalled, or nothing is. The work may run more
 * than once, after a write conflict or a lost connection, so it must do nothing outside of its session.
 * @param timeoutMs for all of it, repetitions included. The driver (7.8) ignores such a limit, and would try for two
 * minutes while somebody waits for an answer
 * @throws what the work throws, after rolling back; what the database throws when it could not commit in time: then the
 * transaction may have happened all the same
 */
export async function inTransaction(
  db: mongoose.mongo.Db,
  work: (session: Session) => Promise<void>,
  timeoutMs = 8_000,
): Promise<void> {
  const session = db.client.startSession();
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late.abort();
      reject(new mongoose.mongo.MongoOperationTimeoutError('the transaction was not committed in time'));
    }, timeoutMs);
  });
  // A command that hangs is left behind: when it comes back, what it belongs to is rolled back.
  const running = tryUntil(session, work, late.signal).finally(() => session.endSession());
  running.catch(() => {});
  try {
    await Promise.race([running, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** As the driver's `withTransaction` does it, and no longer than until it is late. */
async function tryUntil(session: Session, work: (session: Session) => Promise<void>, late: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    session.startTransaction(OPTIONS);
    try {
      await work(session);
      late.throwIfAborted();
    } catch (error) {
      await session.abortTransaction();
      if (late.aborted || !hasLabel(error, 'TransientTransactionError')) throw error;
      await pause(Math.random() * Math.min(5 * 1.5 ** attempt, LONGEST_PAUSE_MS));
      continue;
    }
    if (await commitUntil(session, late)) return;
  }
}

/** @returns false: nothing was committed, the work must be done again */
async function commitUntil(session: Session, late: AbortSignal): Promise<boolean> {
  for (;;) {
    try {
      await session.commitTransaction();
      return true;
    } catch (error) {
      if (late.aborted) throw error;
      const outOfTime = (error as { code?: unknown }).code === OUT_OF_TIME;
      if (hasLabel(error, 'UnknownTransactionCommitResult') && !outOfTime) continue;
      if (hasLabel(error, 'TransientTransactionError')) return false;
      throw error;
    }
  }
}

function hasLabel(error: unknown, label: string): boolean {
  return error instanceof mongoose.mongo.MongoError && error.hasErrorLabel(label);
}
