import type mongoose from 'mongoose';
import { LetheError } from '../../base/errors.ts';
import { isNamedByAccount } from '../../engine/collection.ts';
import { type DataMap, nameOf } from '../../engine/map/schema.ts';

/**
 * The entries of a map without an account field: every record in them is the one account's. Where each account has a
 * collection or a database of its own, the name tells them apart.
 */
export function entriesOfOneTenant(map: DataMap): string[] {
  return map.collections.filter((entry) => entry.owner.kind === 'none' && !isNamedByAccount(entry)).map(nameOf);
}

/**
 * With records that name no account, two accounts would each erase the other's.
 * @throws LetheError `unavailable` when the map has such entries and there is more than one account
 */
export async function assertOneTenant(db: mongoose.mongo.Db, map: DataMap): Promise<void> {
  const names = entriesOfOneTenant(map);
  if (names.length === 0) return;
  const accounts = await countAccounts(db);
  if (accounts > 1) throw new LetheError('unavailable', tenantFault(names));
}

/** Two are as good as all. */
export function countAccounts(db: mongoose.mongo.Db): Promise<number> {
  return db.collection('lethe_accounts').countDocuments({}, { limit: 2 });
}

/** What an operator is told. */
export function tenantFault(names: readonly string[]): string {
  return `The data map says account: none (${names.join(', ')}), which is for one account, and there are more: see lethe account list`;
}
