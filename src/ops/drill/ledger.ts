import type mongoose from 'mongoose';
import { MARK } from './plant.ts';

type Db = mongoose.mongo.Db;

/** A collection; without a database it is in the platform's. */
export interface DrillPlace {
  readonly database?: string;
  readonly collection: string;
}

/** What a drill has put where, written before the first record is: whoever comes after a killed drill can clean up. */
export interface DrillRow {
  /** The drill's name, which its records carry. */
  readonly _id: string;
  readonly account_id: string;
  readonly created_at: Date;
  /** Alive until then, if nothing more is heard. */
  until: Date;
  readonly places: readonly DrillPlace[];
}

const DRILLS = 'lethe_drills';
const RUN = /^[a-z]{12}$/;

const drillsOf = (db: Db) => db.collection<DrillRow>(DRILLS);

export async function openDrill(db: Db, row: DrillRow): Promise<void> {
  await drillsOf(db).insertOne(row);
}

export async function keepDrill(db: Db, run: string, until: Date): Promise<void> {
  await drillsOf(db).updateOne({ _id: run }, { $set: { until } });
}

/** Removes every record of a drill, and then the drill. @returns how many records there were */
export async function closeDrill(db: Db, run: string, places: readonly DrillPlace[]): Promise<number> {
  // A filter made from anything else would match other people's records.
  if (!RUN.test(run)) throw new TypeError('a drill is needed for every filter');
  let removed = 0;
  for (const { database, collection } of places) {
    const within = database === undefined ? db : db.client.db(database);
    removed += (await within.collection(collection).deleteMany({ [MARK]: run })).deletedCount;
  }
  await drillsOf(db).deleteOne({ _id: run });
  return removed;
}

/** Cleans up after drills that were killed. @returns how many records they had left */
export async function closeDeadDrills(db: Db, now: Date): Promise<number> {
  let removed = 0;
  for (const { _id, places } of await drillsOf(db)
    .find({ until: { $lt: now } })
    .toArray())
    removed += await closeDrill(db, _id, places);
  return removed;
}
