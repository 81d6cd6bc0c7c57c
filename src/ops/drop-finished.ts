import { randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DateTime } from 'luxon';
import mongoose from 'mongoose';
import type { Audit } from '../ledger/audit/audit.ts';
import { type ErasureRequest, requestsOf } from '../ledger/requests/ledger.ts';
import { createCompletedSums, summedUpTo } from './completed-sums.ts';

const { EJSON } = mongoose.mongo.BSON;

export interface DropDependencies {
  readonly db: mongoose.mongo.Db;
  readonly audit: Audit;
  /** Months that a finished request is kept; 0: for ever. */
  readonly keepMonths: number;
  /** Where dropped requests are written to, one a line; without it they are gone. */
  readonly archiveDir: string | undefined;
  readonly now: () => Date;
}

const AT_ONCE = 5_000;
const ACTOR = 'schedule';

/**
 * Drops finished requests that are older than the ledger keeps them, in batches. The suppression of their numbers, the audit and
 * the sums of what was ever erased do not depend on them; days and months so old are counted without them.
 * @returns how many
 * @throws what the database or the file system throws: what was dropped until then is in audit and archive
 */
export async function dropFinished(deps: DropDependencies, signal: AbortSignal): Promise<number> {
  const { db, keepMonths, now } = deps;
  if (keepMonths === 0) return 0;
  const before = DateTime.fromJSDate(now(), { zone: 'utc' }).minus({ months: keepMonths }).toJSDate();
  // Sums first: what is dropped uncounted would be missing from them for ever.
  await createCompletedSums(db)(now());
  if ((await summedUpTo(db)) < before) return 0;
  let dropped = 0;
  for (const field of ['completed_at', 'cancelled_at'] as const) {
    for (;;) {
      if (signal.aborted) return dropped;
      const rows = await requestsOf(db)
        // A bound from below has the partial index taken.
        .find({ [field]: { $gt: new Date(0), $lt: before }, unfinished: { $exists: false } })
        .sort({ [field]: 1 })
        .limit(AT_ONCE)
        .toArray();
      if (rows.length === 0) break;
      await dropAll(deps, rows);
      dropped += rows.length;
    }
  }
  return dropped;
}

async function dropAll(deps: DropDependencies, rows: readonly ErasureRequest[]): Promise<void> {
  const accounts = new Map<string, ErasureRequest[]>();
  for (const row of rows) accounts.set(row.account_id, [...(accounts.get(row.account_id) ?? []), row]);
  if (deps.archiveDir !== undefined) await archive(deps.archiveDir, rows, deps.now());
  for (const [account, some] of accounts) {
    // Before they go: of a batch that was interrupted the same rows are found again, and make the same entry.
    await deps.audit.append({
      ...{ account, actor: ACTOR, action: 'ledger.drop', reason: 'ledger_keep_months', at: deps.now() },
      counts: { requests: some.length },
      once: `dropped:${some[0]?.reference}:${some.at(-1)?.reference}`,
    });
    await requestsOf(deps.db).deleteMany({
      _id: { $in: some.map(({ _id }) => _id) },
      account_id: account,
      unfinished: { $exists: false },
    });
  }
}

/** Writes rows into a file of their own, and waits until it is on the disk. A line may stand in two files: its reference tells. */
async function archive(folder: string, rows: readonly ErasureRequest[], now: Date): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `requests-${now.toISOString().slice(0, 10)}-${randomUUID()}.jsonl`);
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(`${rows.map((row) => EJSON.stringify(row, { relaxed: true })).join('\n')}\n`);
    await handle.sync();
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}
