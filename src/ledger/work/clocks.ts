import type mongoose from 'mongoose';

/** No lease is longer: two of this process's own leave room for a clock that is somewhat ahead. */
const LONGEST_LEASES = 2;

/**
 * Ends what clocks far ahead have put into the future: a lease of a worker that died there, and the first look at a request
 * that an API has written there. Without it both would lie untouched for as long as that clock was ahead.
 * @param rows ledgers of work
 * @param leaseMs this process's own
 * @returns how many rows were put right
 */
export async function boundClocks(
  rows: readonly mongoose.mongo.Collection[],
  leaseMs: number,
  now: Date,
): Promise<number> {
  const latest = new Date(now.getTime() + LONGEST_LEASES * leaseMs);
  let bounded = 0;
  for (const collection of rows) {
    const leased = await collection.updateMany(
      { 'lease.until': { $gt: latest }, look_at: EVER },
      { $set: { 'lease.until': latest }, $min: { look_at: latest } },
    );
    const first = await collection.updateMany(
      {
        ...{ unfinished: true, state: 'accepted', lease: { $exists: false }, look_at: { $gt: latest } },
        // One that can still be cancelled waits for the end of that.
        grace_until: { $exists: false },
      },
      { $set: { look_at: latest } },
    );
    bounded += leased.modifiedCount + first.modifiedCount;
  }
  return bounded;
}

/** A condition on the key of the partial indexes. */
const EVER = { $gt: new Date(0) } as const;
