import type mongoose from 'mongoose';
import { collectionOf } from '../../engine/collection.ts';
import { allOf } from '../../engine/filter.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import { ownerFilter } from '../../engine/owner.ts';
import type { Account } from '../../ledger/accounts/accounts.ts';
import { AUDIT, type AuditEntry } from '../../ledger/audit/entry.ts';
import { requestsOf } from '../../ledger/requests/ledger.ts';
import { suppressionEntry } from '../../ledger/suppression/list.ts';

/** The kinds of Lethe's own rows on a number. They stand under its token; the number is in none of them. */
export const KEPT_KINDS = ['suppressions', 'requests', 'audit'] as const;
export type KeptKind = (typeof KEPT_KINDS)[number];

export interface KeptDependencies {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
}

/** Audit entries given out at once: each look at a number adds one. */
const MOST_ENTRIES = 100;

/**
 * Reads what is kept under a number's tokens, also after an erasure: its suppression, the requests about it with their
 * counts, and the audit entries on it.
 * @param tokens the number's tokens under every key
 * @param before of the audit the newest entries with a lower `seq`, in their order; without it, the newest of all
 * @throws TypeError without tokens, which would read everything
 */
export async function* findKept(
  { db, dataMap }: KeptDependencies,
  account: Account,
  tokens: readonly string[],
  before: number = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<{ kind: KeptKind; item: Record<string, unknown> }> {
  if (tokens.length === 0) throw new TypeError('a token is needed for every filter');
  const token = { $in: [...tokens] };
  const entry = suppressionEntry(dataMap);
  const rows = collectionOf(db, entry, account.records_id).find(
    allOf(ownerFilter(entry, account.records_id), { token }),
    { projection: { _id: 0, token: 1, masked: 1, reason: 1, created_at: 1 } },
  );
  for await (const { token, masked, reason, created_at } of rows)
    yield { kind: 'suppressions', item: { token, masked, reason, created_at } };

  const requests = requestsOf(db)
    .find({ account_id: account._id, token }, { projection: { sealed: 0, sealed_writings: 0, announced: 0, lease: 0 } })
    .sort({ created_at: 1 });
  for await (const request of requests) {
    const { reference, profile, state, created_at, due_at, completed_at = null, erased } = request;
    yield { kind: 'requests', item: { reference, profile, state, created_at, due_at, completed_at, erased } };
  }

  const entries = await db
    .collection<AuditEntry>(AUDIT)
    .find({ account_id: account._id, token, seq: { $lt: before } })
    .sort({ seq: -1 })
    .limit(MOST_ENTRIES)
    .toArray();
  for (const { seq, at, actor, action, reason, counts, reference = null } of entries.reverse())
    yield { kind: 'audit', item: { seq, at, actor, action, reason, counts, reference } };
}
