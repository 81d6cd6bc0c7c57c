import type { KeyPlace } from './base/keys/in-use.ts';
import { REPORTS } from './contracts/access/reports/ledger.ts';
import { AUDIT_HEADS } from './ledger/audit/entry.ts';
import { RECEIPTS } from './ledger/receipts/receipt.ts';
import { FILES } from './ledger/recordings/outbox.ts';
import { REQUESTS } from './ledger/requests/ledger.ts';
import { TOMBSTONES } from './ledger/tombstones/tombstones.ts';

/** A condition on the key of a partial index: without it MongoDB does not take the index. */
const EVER = { $gt: new Date(0) } as const;

/**
 * Everything of Lethe's that is of no use without the key that made it. Of the audit the heads: one a chain, made by the
 * key that wrote last.
 * @param suppression where the suppression list lies
 */
export function keyPlaces(suppression: {
  readonly collection: string;
  readonly database?: string | undefined;
}): KeyPlace[] {
  const open = { unfinished: true, due_at: EVER };
  return [
    // Rows of Lethe's have a masked form; a platform may have texts of its own in a field of that name.
    {
      ring: 'token',
      collection: suppression.collection,
      database: suppression.database,
      field: 'token',
      filter: { token: { $gt: '' }, masked: { $exists: true } },
    },
    { ring: 'token', collection: REQUESTS, field: 'token', filter: open },
    { ring: 'token', collection: TOMBSTONES, field: 'token' },
    { ring: 'token', collection: AUDIT_HEADS, field: 'mac' },
    // Without the public half of its key nobody can check a receipt that was given out.
    { ring: 'receipt', collection: RECEIPTS, field: 'mark' },
    { ring: 'seal', collection: REQUESTS, field: 'sealed', filter: open },
    { ring: 'seal', collection: FILES, field: 'file' },
    { ring: 'seal', collection: REPORTS, field: 'from.sealed', filter: { unfinished: true, look_at: EVER } },
    { ring: 'seal', collection: REPORTS, field: 'to.sealed', filter: { unfinished: true, look_at: EVER } },
  ];
}
