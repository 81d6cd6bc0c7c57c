import type mongoose from 'mongoose';
import type { Logger } from '../../base/log.ts';
import type { JobName } from '../../base/queue/catalogue.ts';
import type { Producer } from '../../base/queue/producer.ts';
import type { Times } from '../../base/times.ts';
import { addJob, type Call, jobIdOf } from './call.ts';
import type { WorkRow } from './row.ts';

export interface RelayDependencies {
  readonly producer: Pick<Producer, 'add' | 'isAlive'>;
  readonly logger: Logger;
  readonly times: Pick<Times, 'graceMs' | 'abandonedMs'>;
  readonly now: () => Date;
}

/** What the relay reads of a row. */
export interface RelayedRow extends Pick<WorkRow, 'generation' | 'not_before'> {
  readonly lease?: { readonly until: Date };
}

/** Rows of one kind, as the relay sees them. */
export interface RelayedRows<Row extends RelayedRow> {
  /** Rows whose `look_at` has come by then, the earliest first. */
  due(reach: Date, limit: number): Promise<Row[]>;
  /** Looks at a row again later, since its job is alive. */
  keep(row: Row, lookAt: Date): Promise<unknown>;
  /**
   * Moves a row to its next generation.
   * @param abandoned take the lease away, too, so that whatever its owner still has in its hands is dropped
   * @returns false: somebody else has changed the row since it was read
   */
  moveOn(row: Row, lookAt: Date, abandoned: boolean): Promise<boolean>;
}

/** Rows read in one round. */
const AT_ONCE = 500;

/**
 * The ledger is the outbox: gives every row that is due for a look a live job again, whatever became of its last one.
 * Works from MongoDB alone, so that a Redis that came back empty loses nothing. Any number of relays may run.
 * @param reach look at what is due by this moment; later than now: look at rows before their time has come
 * @returns how many jobs were added
 * @throws what the database or Redis throws
 */
export async function relayWork<Row extends RelayedRow, Name extends JobName>(
  deps: RelayDependencies,
  call: Call<Row, Name>,
  rows: RelayedRows<Row>,
  reach: Date,
): Promise<number> {
  let added = 0;
  for (const row of await rows.due(reach, AT_ONCE)) {
    if (await relayOne(deps, call, rows, row)) added += 1;
  }
  return added;
}

async function relayOne<Row extends RelayedRow, Name extends JobName>(
  { producer, logger, times, now }: RelayDependencies,
  call: Call<Row, Name>,
  rows: RelayedRows<Row>,
  row: Row,
): Promise<boolean> {
  const at = now().getTime();
  const begins = Math.max(at, row.not_before?.getTime() ?? 0);
  const lookAt = new Date(begins + times.graceMs);
  // BullMQ renews the lock of a live process even when its job hangs. If the lease is long expired, take it away.
  const abandoned = row.lease !== undefined && row.lease.until.getTime() + times.abandonedMs < at;
  if (!abandoned && (await producer.isAlive(call.job, jobIdOf(call, row)))) {
    await rows.keep(row, lookAt);
    return false;
  }
  if (!(await rows.moveOn(row, lookAt, abandoned))) return false;
  const next = { ...row, generation: row.generation + 1 };
  await addJob(producer, call, next, begins - at);
  logger.info(`${call.what} queued again`, { ...call.factsOf(row), generation: next.generation });
  return true;
}

interface LedgerRow extends WorkRow {
  readonly _id: mongoose.mongo.ObjectId;
  unfinished?: true;
}

/**
 * The unfinished rows of a ledger.
 * @param read the fields, beside those of every kind of work, that a call is made from
 */
export function unfinishedRows<Row extends LedgerRow>(
  collection: mongoose.mongo.Collection<Row>,
  read: readonly (keyof Row & string)[],
): RelayedRows<Row> {
  // The driver's types resolve neither filters nor updates over a type parameter.
  const rows = collection as unknown as mongoose.mongo.Collection<LedgerRow>;
  const fields = ['account_id', 'look_at', 'generation', 'lease', 'not_before', ...read];
  const projection = Object.fromEntries(fields.map((field) => [field, 1]));
  // Optimistic lock: the update applies only if nobody changed the row since we read it.
  const unchanged = ({ _id, account_id, generation, look_at }: Row) =>
    ({ _id, account_id, unfinished: true, generation, look_at }) as const;
  return {
    async due(reach, limit) {
      // The one query over all accounts: a partial index holds the unfinished rows only.
      const due = rows.find({ unfinished: true, look_at: { $lte: reach } }, { projection });
      return (await due.sort({ look_at: 1 }).limit(limit).toArray()) as unknown as Row[];
    },
    keep: (row, lookAt) => rows.updateOne(unchanged(row), { $set: { look_at: lookAt } }),
    async moveOn(row, lookAt, abandoned) {
      const moved = await rows.updateOne(
        { ...unchanged(row), ...(abandoned && row.lease && { 'lease.until': row.lease.until }) },
        {
          $set: { look_at: lookAt, generation: row.generation + 1 },
          ...(abandoned && { $unset: { lease: '' } }),
        },
      );
      return moved.modifiedCount === 1;
    },
  };
}
