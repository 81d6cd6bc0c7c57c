import type mongoose from 'mongoose';
import type { Account } from '../../ledger/accounts/accounts.ts';
import { requestsOf } from '../../ledger/requests/ledger.ts';
import type { Suppressed, SuppressedRows } from '../../ledger/suppression/suppressed.ts';

type Db = mongoose.mongo.Db;

/** Who had a number suppressed, and by which request. */
interface Asked {
  readonly by: string;
  readonly reference: string;
}

/** A row of the list, with the newest request for its number. */
export interface SuppressedBy extends Suppressed {
  readonly asked: Asked | null;
}

/** @returns an account's suppressions, newest first */
export async function listSuppressed(
  { db, rows }: { readonly db: Db; readonly rows: SuppressedRows },
  account: Account,
  page: { limit: number; after?: unknown },
): Promise<SuppressedBy[]> {
  const found = await rows.list(account.records_id, page);
  const asked = await findAsked(
    db,
    account,
    found.flatMap(({ token }) => token ?? []),
  );
  return found.map((row) => ({ ...row, asked: (row.token !== null && asked.get(row.token)) || null }));
}

/** The newest forget request for each of these tokens. */
export async function findAsked(db: Db, account: Account, tokens: readonly string[]): Promise<Map<string, Asked>> {
  if (tokens.length === 0) return new Map();
  const requests = await requestsOf(db)
    .find(
      { account_id: account._id, token: { $in: [...tokens] }, profile: 'forget' },
      { projection: { token: 1, requested_by: 1, reference: 1, created_at: 1 } },
    )
    .sort({ created_at: 1 })
    .toArray();
  return new Map(requests.map(({ token, requested_by: by, reference }) => [token, { by, reference }]));
}
