import type mongoose from 'mongoose';
import type { IndexedCollection } from './base/db/ensure-indexes.ts';
import { REPORTS } from './contracts/access/reports/ledger.ts';
import { BATCHES } from './contracts/forget/batch-rows.ts';
import type { CollectionMap } from './engine/map/schema.ts';
import { accountPathOf } from './engine/owner.ts';
import { ACCOUNTS } from './ledger/accounts/accounts.ts';
import { KEYS } from './ledger/accounts/keys.ts';
import { AUDIT, AUDIT_HEADS } from './ledger/audit/entry.ts';
import { GUARD } from './ledger/guard/row.ts';
import { SUBJECT_REQUESTS } from './ledger/opendsr/subject-requests.ts';
import { PEOPLE, SESSIONS } from './ledger/people/rows.ts';
import { RECEIPT_HEADS, RECEIPTS } from './ledger/receipts/receipt.ts';
import { FILES } from './ledger/recordings/outbox.ts';
import { REQUESTS } from './ledger/requests/ledger.ts';
import { SCANS } from './ledger/scan/ledger.ts';
import { TOMBSTONES } from './ledger/tombstones/tombstones.ts';
import { DELIVERIES } from './ledger/webhooks/deliveries.ts';
import { WEBHOOKS } from './ledger/webhooks/webhooks.ts';

/** The indexes of Lethe's own collections. Every unique one begins with the account, so that it can be sharded by it. */
const OWN_INDEXES: readonly IndexedCollection[] = [
  {
    collection: REQUESTS,
    // Replaced by `by_moment`.
    former: ['by_day'],
    indexes: [
      {
        name: 'one_unfinished',
        key: { account_id: 1, token: 1, profile: 1 },
        unique: true,
        partialFilterExpression: { unfinished: true },
      },
      { name: 'by_reference', key: { account_id: 1, reference: 1 }, unique: true },
      { name: 'by_moment', key: { account_id: 1, profile: 1, created_at: -1, _id: -1 } },
      { name: 'by_token', key: { account_id: 1, token: 1 } },
      { name: 'unfinished_look_at', key: { look_at: 1 }, partialFilterExpression: { unfinished: true } },
      // The orders of lists: over all accounts, and of one.
      { name: 'unfinished_due', key: { due_at: 1, _id: 1 }, partialFilterExpression: { unfinished: true } },
      {
        name: 'unfinished_account_due',
        key: { account_id: 1, due_at: 1, _id: 1 },
        partialFilterExpression: { unfinished: true },
      },
      { name: 'newest', key: { created_at: -1, _id: -1 } },
      {
        name: 'by_age',
        key: { account_id: 1, token: 1, 'selector.before': -1 },
        partialFilterExpression: { 'selector.by': 'age' },
      },
      {
        name: 'unfinished_state',
        key: { account_id: 1, state: 1 },
        partialFilterExpression: { unfinished: true },
      },
      { name: 'news', key: { 'news.at': 1 }, partialFilterExpression: { news: { $exists: true } } },
      // For sums of an earlier version, once.
      { name: 'late', key: { overdue: 1, completed_at: 1 }, partialFilterExpression: { overdue: true } },
      { name: 'completed_at', key: { completed_at: 1 }, partialFilterExpression: { completed_at: { $exists: true } } },
    ],
  },
  {
    collection: ACCOUNTS,
    indexes: [
      { name: 'by_records', key: { records_id: 1 } },
      { name: 'automatic', key: { 'redaction.automatic': 1 } },
      { name: 'by_agency', key: { agency_id: 1 }, partialFilterExpression: { agency_id: { $exists: true } } },
    ],
  },
  {
    collection: AUDIT,
    indexes: [
      { name: 'chain', key: { account_id: 1, seq: 1 }, unique: true },
      { name: 'by_time', key: { account_id: 1, at: -1, _id: -1 } },
      { name: 'by_token', key: { account_id: 1, token: 1 }, partialFilterExpression: { token: { $exists: true } } },
      {
        name: 'once',
        key: { account_id: 1, once: 1 },
        unique: true,
        partialFilterExpression: { once: { $exists: true } },
      },
    ],
  },
  {
    collection: REPORTS,
    indexes: [
      { name: 'by_request', key: { account_id: 1, request_id: 1 }, unique: true },
      { name: 'unfinished_look_at', key: { look_at: 1 }, partialFilterExpression: { unfinished: true } },
      { name: 'unfinished', key: { account_id: 1, _id: 1 }, partialFilterExpression: { unfinished: true } },
      { name: 'on_disk', key: { account_id: 1 }, partialFilterExpression: { on_disk: true } },
      { name: 'file', key: { file: 1 }, partialFilterExpression: { file: { $exists: true } } },
      { name: 'expires_at', key: { expires_at: 1 }, partialFilterExpression: { file: { $exists: true } } },
      { name: 'drafts', key: { drafts: 1 }, partialFilterExpression: { drafts: { $exists: true } } },
    ],
  },
  {
    collection: FILES,
    indexes: [
      { name: 'by_owner', key: { account_id: 1, reference: 1, look_at: 1 } },
      { name: 'look_at', key: { look_at: 1 } },
    ],
  },
  {
    collection: SCANS,
    indexes: [
      { name: 'by_account', key: { account_id: 1 }, unique: true },
      { name: 'unfinished_look_at', key: { look_at: 1 }, partialFilterExpression: { unfinished: true } },
    ],
  },
  { collection: PEOPLE, indexes: [] },
  {
    collection: SESSIONS,
    indexes: [
      { name: 'by_person', key: { person_id: 1 } },
      { name: 'ended', key: { ends_at: 1 }, expireAfterSeconds: 0 },
    ],
  },
  {
    collection: RECEIPTS,
    indexes: [
      { name: 'by_reference', key: { account_id: 1, reference: 1 }, unique: true },
      { name: 'chain', key: { account_id: 1, seq: 1 }, unique: true },
    ],
  },
  // Without an index of its own.
  { collection: SUBJECT_REQUESTS, indexes: [] },
  { collection: WEBHOOKS, indexes: [{ name: 'by_account', key: { account_id: 1, created_at: 1 } }] },
  {
    collection: DELIVERIES,
    indexes: [
      { name: 'once', key: { account_id: 1, message: 1, webhook: 1 }, unique: true },
      { name: 'log', key: { account_id: 1, _id: -1 } },
      { name: 'unfinished_look_at', key: { look_at: 1 }, partialFilterExpression: { unfinished: true } },
      { name: 'finished_at', key: { finished_at: 1 }, partialFilterExpression: { finished_at: { $exists: true } } },
    ],
  },
  {
    collection: BATCHES,
    indexes: [
      {
        name: 'by_digest',
        key: { account_id: 1, digest: 1 },
        unique: true,
        partialFilterExpression: { digest: { $exists: true } },
      },
      { name: 'created_at', key: { created_at: 1 } },
    ],
  },
  {
    collection: TOMBSTONES,
    indexes: [
      { name: 'by_reference', key: { account_id: 1, reference: 1 }, unique: true },
      { name: 'by_token', key: { account_id: 1, token: 1, cut_off: -1 } },
      { name: 'unexported', key: { unexported: 1 }, partialFilterExpression: { unexported: true } },
    ],
  },
  { collection: GUARD, indexes: [{ name: 'watermark', key: { watermark: 1 } }] },
  { collection: KEYS, indexes: [{ name: 'by_account', key: { account_id: 1 } }] },
];

/**
 * Index that keeps one suppression a number and account, in the platform's own suppression collection. A field of the
 * platform's with that name may be null in every row: the index leaves out whatever is no text.
 */
function suppressionIndex(accountPath: string | undefined): mongoose.mongo.IndexDescription {
  return {
    name: 'lethe_tokens',
    key: { ...(accountPath !== undefined && { [accountPath]: 1 }), token: 1 },
    unique: true,
    partialFilterExpression: { token: { $gt: '' } },
  };
}

/** Those of the audit alone, for a command that appends to it before any process has started. */
export const auditIndexes: readonly IndexedCollection[] = OWN_INDEXES.filter(({ collection }) => collection === AUDIT);

/**
 * All indexes Lethe needs. Of the platform's own collections that is the suppression list alone; `lethe check-map` names what
 * the others lack.
 * @param suppression where the suppression list lies, and the path of the account in its rows
 */
export function neededIndexes(
  suppression: Pick<CollectionMap, 'collection' | 'database' | 'owner'>,
): IndexedCollection[] {
  return [
    // Without an index of its own. A transaction over several shards cannot make a collection.
    { collection: AUDIT_HEADS, indexes: [] },
    { collection: RECEIPT_HEADS, indexes: [] },
    ...OWN_INDEXES,
    {
      collection: suppression.collection,
      ...(suppression.database !== undefined && { database: suppression.database }),
      indexes: [suppressionIndex(accountPathOf(suppression))],
    },
  ];
}
