import type mongoose from 'mongoose';

/**
 * Runs work as one transaction: all of it is there, by a majority and journalled, or nothing is. The work may run more
 * than once, after a write conflict or a lost connection, so it must do nothing outside of its session.
 * @param timeoutMs for all of it, repetitions included
 * @throws what the work throws, after rolling back; what the database throws when it could not commit in time: then the
 * transaction may have happened all the same
 */
export async function inTransaction(
  db: mongoose.mongo.Db,
  work: (session: mongoose.mongo.ClientSession) => Promise<void>,
  timeoutMs = 8_000,
): Promise<void> {
  const session = db.client.startSession();
  try {
    await session.withTransaction(() => work(session), {
      readConcern: { level: 'snapshot' },
      writeConcern: { w: 'majority', journal: true },
      maxCommitTimeMS: 5_000,
      timeoutMS: timeoutMs,
    });
  } finally {
    await session.endSession();
  }
}
