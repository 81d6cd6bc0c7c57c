/** Who works on a row, and until when nobody else may. */
export interface RowLease {
  /** New for each attempt: tells afterwards whose the lease is. */
  readonly owner: string;
  readonly until: Date;
}

/**
 * What a row needs so that its work is done whatever becomes of workers and queue: a job in Redis is only the call to
 * look at it.
 */
export interface WorkRow {
  readonly account_id: string;
  /** When the relay looks whether the work is still in the queue. */
  look_at: Date;
  /** Part of the queue's job id: a job that was lost is added under the next one. */
  generation: number;
  lease?: RowLease;
  /** No work before this moment. */
  not_before?: Date;
}

/** The fields of a row whose job is added for the first time; the relay leaves it to the queue for the grace. */
export function newWork(now: Date, graceMs: number): Pick<WorkRow, 'look_at' | 'generation'> {
  return { look_at: new Date(now.getTime() + graceMs), generation: 1 };
}

/** Filter for rows that nobody holds. */
export function freeAt(now: Date) {
  return { $or: [{ lease: { $exists: false } }, { 'lease.until': { $lte: now } }] };
}

/** The fields that a claim writes. */
export function leased(lease: RowLease) {
  return { lease, look_at: lease.until };
}
