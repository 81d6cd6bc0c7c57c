import { randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DateTime } from 'luxon';
import mongoose from 'mongoose';
import { PROFILE_NAMES } from '../engine/map/categories.ts';
import { eachAccountId } from '../ledger/accounts/account-rows.ts';
import type { Audit } from '../ledger/audit/audit.ts';
import { type ErasureRequest, requestsOf } from '../ledger/requests/ledger.ts';
import { settleMonths } from '../ledger/requests/month-figures.ts';
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
 * the sums of what was ever erased do not depend on them, and the figures of their months are kept.
 * @returns how many
 * @throws what the database or the file system throws: what was dropped until then is in audit and archive
 */
export async function dropFinished(deps: DropDependencies, signal: AbortSignal): Promise<number> {
  const { db, keepMonths, now } = deps;
  if (keepMonths === 0) return 0;
  const at = now();
  const before = DateTime.fromJSDate(at, { zone: 'utc' }).minus({ months: keepMonths }).toJSDate();
  // Sums first: what is dropped uncounted would be missing from them for ever.
  await createCompletedSums(db)(at);
  if ((await summedUpTo(db)) < before) return 0;
  let dropped = 0;
  for await (const account of eachAccountId(db)) {
    // Only of months whose figures are kept: as long as a request of a month is open, all of it stay.
    const border = await settleMonths(db, account, before, at);
    for (;;) {
      if (signal.aborted) return dropped;
      const rows = await findFinished(db, account, before, border);
      if (rows.length === 0) break;
      await dropAll(deps, account, rows);
      dropped += rows.length;
    }
  }
  return dropped;
}

/** By the index on account, profile and moment of acceptance, which is before that of the end. */
function findFinished(db: mongoose.mongo.Db, account: string, before: Date, border: Date): Promise<ErasureRequest[]> {
  return requestsOf(db)
    .find({
      ...{ account_id: account, profile: { $in: [...PROFILE_NAMES] }, created_at: { $lt: border } },
      unfinished: { $exists: false },
      $or: [{ completed_at: { $lt: before } }, { cancelled_at: { $lt: before } }],
    })
    .limit(AT_ONCE)
    .toArray();
}

async function dropAll(deps: DropDependencies, account: string, rows: readonly ErasureRequest[]): Promise<void> {
  if (deps.archiveDir !== undefined) await archive(deps.archiveDir, rows, deps.now());
  // Before they go: of a batch that was interrupted the same rows are found again, and make the same entry.
  await deps.audit.append({
    ...{ account, actor: ACTOR, action: 'ledger.drop', reason: 'ledger_keep_months', at: deps.now() },
    counts: { requests: rows.length },
    once: `dropped:${rows[0]?.reference}:${rows.at(-1)?.reference}`,
  });
  await requestsOf(deps.db).deleteMany({
    _id: { $in: rows.map(({ _id }) => _id) },
    account_id: account,
    unfinished: { $exists: false },
  });
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
