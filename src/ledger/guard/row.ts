import type mongoose from 'mongoose';
import type { StoredPosition } from '../scan/position.ts';

export const GUARD = 'lethe_guard';

/** How far the records of one account have been read for what came late. */
export interface GuardRow {
  /** Lethe's account. */
  readonly _id: string;
  /** Of each place: everything with an ObjectId older than this has been read. */
  readonly tails: readonly { readonly place: string; readonly at: Date }[];
  /** The oldest of them; absent while the account's records are not read. */
  readonly watermark?: Date;
  /** When somebody last looked here: the next round begins with who has waited longest. */
  readonly looked_at: Date;
  /** Where the reading of everything stands; absent between two of them. */
  readonly round?: StoredPosition;
  /** Stands for the list of places of the round. */
  readonly places: string;
  /** When the last reading of everything ended. */
  readonly read_at?: Date;
}

export function guardOf(db: mongoose.mongo.Db): mongoose.mongo.Collection<GuardRow> {
  return db.collection<GuardRow>(GUARD);
}
