import mongoose from 'mongoose';
import type { Account } from '../src/ledger/accounts/accounts.ts';

const { Binary, Long } = mongoose.mongo;

/** An account as commands show it. */
export function viewAccount(account: Account) {
  return {
    id: account._id,
    name: account.name,
    records_id: String(account.records_id),
    records_id_type: typeOf(account.records_id),
    time_zone: account.time_zone,
    created_at: account.created_at,
    agency: account.agency_id ?? null,
    products: account.products ?? 'all',
    retention_months: account.retention_months ?? 'off',
    scan: account.scan ?? 'on',
    disabled_at: account.disabled_at ?? null,
  };
}

function typeOf(value: unknown): string {
  if (value instanceof Long) return 'long';
  if (value instanceof Binary) return 'uuid';
  return typeof value === 'string' ? 'string' : typeof value === 'number' ? 'int' : 'objectid';
}
