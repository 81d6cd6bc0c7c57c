import { randomUUID } from 'node:crypto';
import type mongoose from 'mongoose';

type Db = mongoose.mongo.Db;

const WORKERS = 'lethe_workers';
/** How often a worker says that it is there. */
export const SEEN_EVERY_MS = 15_000;
/** One that has said nothing for so long is not there. */
const GONE_AFTER_MS = 60_000;
/** Rows of workers that died are left for so long. */
const KEPT_MS = 86_400_000;

interface WorkerRow {
  readonly _id: string;
  readonly version: string;
  readonly host: string;
  readonly started_at: Date;
  readonly seen_at: Date;
}

/** A worker process that is there. */
export interface SeenWorker {
  readonly id: string;
  readonly version: string;
  readonly host: string;
  readonly started_at: Date;
  readonly seen_at: Date;
}

/** What one worker says of itself. */
export interface Presence {
  /** Says that it is there. @throws what the database throws */
  tell(): Promise<void>;
  /** Says that it goes. @throws what the database throws */
  leave(): Promise<void>;
}

/** @param input.host the machine's name, as an operator knows it */
export function createPresence(db: Db, input: { host: string; version: string; now: () => Date }): Presence {
  const workers = db.collection<WorkerRow>(WORKERS);
  const _id = randomUUID();
  const started_at = input.now();
  const { host, version } = input;
  return {
    async tell() {
      const seen_at = input.now();
      await workers.updateOne({ _id }, { $set: { host, version, started_at, seen_at } }, { upsert: true });
      await workers.deleteMany({ seen_at: { $lt: new Date(seen_at.getTime() - KEPT_MS) } });
    },
    async leave() {
      await workers.deleteOne({ _id });
    },
  };
}

/** The workers that are there, the oldest first. One that died is told for another minute. */
export async function readWorkers(db: Db, now: Date): Promise<SeenWorker[]> {
  const rows = await db
    .collection<WorkerRow>(WORKERS)
    .find({ seen_at: { $gte: new Date(now.getTime() - GONE_AFTER_MS) } })
    .sort({ started_at: 1 })
    .toArray();
  return rows.map(({ _id, ...row }) => ({ id: _id, ...row }));
}
