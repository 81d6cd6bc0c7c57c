import type mongoose from 'mongoose';
import { ErasureFailure } from '../../base/errors.ts';
import { findById } from '../../engine/by-id.ts';
import { notOppositeFilter } from '../../engine/direction.ts';
import { valueAt } from '../../engine/map/paths.ts';
import { profileFor } from '../../engine/map/profile.ts';
import { type CollectionMap, type DataMap, type Direction, nameOf, type Product } from '../../engine/map/schema.ts';
import { momentOf } from '../../engine/moment.ts';
import { productFilter } from '../../engine/products.ts';
import { compileRecordRules, narrowRule, type RecordRule } from '../../engine/record-plan.ts';
import type { Account } from '../../ledger/accounts/accounts.ts';
import type { EraseNow } from '../../ledger/at-once/erase-now.ts';
import { AUDIT_WORDS } from '../../ledger/audit/words.ts';

export interface TransactionDependencies {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  readonly eraseNow: EraseNow;
  /** Records younger than this are not redacted yet, in milliseconds. */
  readonly waitMs: number;
}

export interface TransactionInput {
  readonly account: Account;
  /** The key or the person that asks, as the audit names them. */
  readonly actor: string;
  readonly id: string;
  readonly product: Product;
  readonly direction: Direction;
}

/**
 * - `redacted`: every record of the transaction is masked, now or before
 * - `unprovisioned`: the account may not redact this product
 * - `not_found`: the account has no such transaction in this direction
 * - `premature`: a record is so young that parts of it may still arrive
 */
export type TransactionOutcome = 'redacted' | 'unprovisioned' | 'not_found' | 'premature';

/** May the account redact transactions of the product? Without a setting, of every product. */
function isProvisioned({ products }: Pick<Account, 'products'>, product: Product): boolean {
  return products?.includes(product) ?? true;
}

/** @returns the function that redacts the records of one transaction, for one data map */
export function createTransactionRedaction(
  deps: TransactionDependencies,
): (input: TransactionInput, now: Date) => Promise<TransactionOutcome> {
  const { db, dataMap, eraseNow, waitMs } = deps;
  const profile = profileFor('transaction', dataMap);
  const rules = compileRecordRules(dataMap, profile, (entry) => entry.products !== undefined);

  return async ({ account, actor, id, product, direction }, now) => {
    if (!isProvisioned(account, product)) return 'unprovisioned';
    const meant = rules.flatMap((rule) => narrowTo(rule, product, direction));
    const found = await findById(db, meant, account.records_id, id);
    if (found.length === 0) return 'not_found';
    // A redacted record stays redacted, however young it is.
    const open = found.filter(({ rule: { entry }, record }) => !isMarked(entry, record));
    if (open.length === 0) return 'redacted';
    const young = now.getTime() - waitMs;
    const isYoung = open.some(({ rule: { entry }, record }) => {
      const moment = momentOf(entry.at, record);
      // Nobody could say that it is old enough.
      if (moment === null) throw new ErasureFailure('unsupported_type', `${nameOf(entry)}.${entry.at?.path}`);
      return moment.getTime() > young;
    });
    if (isYoung) return 'premature';
    await eraseNow({ account, actor, ...AUDIT_WORDS.transaction, id, found: open, follow: profile });
    return 'redacted';
  };
}

function isMarked({ redacted }: CollectionMap, record: unknown): boolean {
  return redacted !== undefined && (valueAt(record, redacted) ?? null) !== null;
}

/** Records that do not tell their direction are found in both: they must not be out of reach. */
function narrowTo(rule: RecordRule, product: Product, direction: Direction): RecordRule[] {
  const filters = [productFilter(rule.entry, product), notOppositeFilter(rule.entry, direction)];
  if (filters.includes(null)) return [];
  return [filters.reduce<RecordRule>((narrowed, filter) => narrowRule(narrowed, filter ?? {}), rule)];
}
