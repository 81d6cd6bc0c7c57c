import type mongoose from 'mongoose';
import { targetsByAge } from '../../engine/by-age.ts';
import { profileFor } from '../../engine/map/profile.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import { compileRecordRules } from '../../engine/record-plan.ts';
import type { Account } from '../../ledger/accounts/accounts.ts';
import { retentionRun } from './periods.ts';

/** What a run of today would delete of one collection. */
export interface RetentionCount {
  /** By the name of the data map. */
  readonly name: string;
  readonly records: number;
  /** Records that happened before this moment. */
  readonly before: Date;
}

/**
 * Counts what retention would delete of an account today, without deleting anything. Collections of which nothing is old
 * are left out.
 * @param account with the months that are asked about
 */
export async function previewRetention(
  { db, dataMap }: { readonly db: mongoose.mongo.Db; readonly dataMap: DataMap },
  account: Account & { readonly retention_months: number },
  now: Date,
): Promise<RetentionCount[]> {
  const { selector } = retentionRun(dataMap, account, now);
  const rules = compileRecordRules(dataMap, profileFor('retention', dataMap), (entry) => entry.at !== undefined);
  const counts: RetentionCount[] = [];
  for (const rule of rules) {
    const apart = selector.apart?.[rule.name];
    const before = apart === undefined ? selector.before : apart;
    if (before === null || rule.change(now).kind !== 'delete') continue;
    for (const target of targetsByAge(db, [rule], account.records_id, before, now)) {
      const { collection, filter } = target.describe();
      const records = await collection.countDocuments(filter);
      if (records > 0) counts.push({ name: rule.name, records, before });
    }
  }
  return counts;
}
