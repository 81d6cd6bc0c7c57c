import type { KeyPlace } from './base/keys/in-use.ts';
import { REPORTS } from './contracts/access/reports/ledger.ts';
import { type DataMap, nameOf } from './engine/map/schema.ts';
import { AUDIT, AUDIT_HEADS } from './ledger/audit/entry.ts';
import { PEOPLE } from './ledger/people/rows.ts';
import { RECEIPTS } from './ledger/receipts/receipt.ts';
import { FILES } from './ledger/recordings/outbox.ts';
import { REQUESTS } from './ledger/requests/ledger.ts';
import { suppressionEntry } from './ledger/suppression/list.ts';
import { TOMBSTONES } from './ledger/tombstones/tombstones.ts';
import { WEBHOOKS } from './ledger/webhooks/webhooks.ts';

/** A condition on the key of a partial index: without it MongoDB does not take the index. */
const EVER = { $gt: new Date(0) } as const;

/**
 * Everything of Lethe's that is of no use without the key that made it.
 * @param map where the suppression list lies, and which records are known by others
 */
export function keyPlaces(map: DataMap): KeyPlace[] {
  const suppression = suppressionEntry(map);
  const open = { unfinished: true, due_at: EVER };
  const children = map.collections.filter(({ via }) => via !== undefined).map(nameOf);
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
    // Without an index: all are read only when a key is missing that was ever written with, and an early entry says so.
    { ring: 'token', collection: AUDIT, field: 'mac' },
    { ring: 'seal', collection: REQUESTS, field: 'sealed', filter: open },
    { ring: 'seal', collection: REQUESTS, field: 'announced', element: { field: 'sealed' }, filter: open },
    { ring: 'seal', collection: REQUESTS, field: 'refused', element: { field: 'sealed' }, filter: open },
    ...children.map(
      (child): KeyPlace => ({
        ...{ ring: 'seal', collection: REQUESTS, field: `references.${child}`, element: 'itself', filter: open },
      }),
    ),
    { ring: 'seal', collection: WEBHOOKS, field: 'secret' },
    { ring: 'seal', collection: FILES, field: 'file' },
    { ring: 'seal', collection: PEOPLE, field: 'totp', filter: { totp: { $exists: true } } },
    { ring: 'seal', collection: REPORTS, field: 'from.sealed', filter: { unfinished: true, look_at: EVER } },
    { ring: 'seal', collection: REPORTS, field: 'to.sealed', filter: { unfinished: true, look_at: EVER } },
  ];
}
