import type mongoose from 'mongoose';
import { REPORTS } from './contracts/access/reports/ledger.ts';
import type { CollectionMap } from './engine/map/schema.ts';
import { accountPathOf } from './engine/owner.ts';
import { ACCOUNTS } from './ledger/accounts/accounts.ts';
import { KEYS } from './ledger/accounts/keys.ts';
import { AUDIT, AUDIT_HEADS } from './ledger/audit/entry.ts';
import { FILES } from './ledger/recordings/outbox.ts';
import { REQUESTS } from './ledger/requests/ledger.ts';
import { SCANS } from './ledger/scan/ledger.ts';

interface IndexedCollection {
  readonly collection: string;
  readonly indexes: mongoose.mongo.IndexDescription[];
}

/** The indexes of Lethe's own collections. Every unique one begins with the account, so that it can be sharded by it. */
const OWN_INDEXES: readonly IndexedCollection[] = [
  {
    collection: REQUESTS,
    indexes: [
      {
        name: 'one_unfinished',
        key: { account_id: 1, token: 1, profile: 1 },
        unique: true,
        partialFilterExpression: { unfinished: true },
      },
      { name: 'by_reference', key: { account_id: 1, reference: 1 }, unique: true },
      { name: 'by_day', key: { account_id: 1, created_at: -1 } },
      { name: 'by_token', key: { account_id: 1, token: 1 } },
      { name: 'unfinished_look_at', key: { look_at: 1 }, partialFilterExpression: { unfinished: true } },
      { name: 'unfinished_due_at', key: { due_at: 1 }, partialFilterExpression: { unfinished: true } },
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
      { name: 'completed_at', key: { completed_at: 1 }, partialFilterExpression: { completed_at: { $exists: true } } },
    ],
  },
  {
    collection: ACCOUNTS,
    indexes: [
      { name: 'by_records', key: { records_id: 1 } },
      { name: 'automatic', key: { 'redaction.automatic': 1 } },
    ],
  },
  {
    collection: AUDIT,
    indexes: [
      { name: 'chain', key: { account_id: 1, seq: 1 }, unique: true },
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

/**
 * Builds what Lethe needs and does not find: safe to run from any number of processes at once, and at every start.
 * Of the platform's own collections it touches the suppression list alone; `lethe check-map` names what the others lack.
 */
export async function ensureIndexes(
  db: mongoose.mongo.Db,
  suppression: Pick<CollectionMap, 'collection' | 'database' | 'owner'>,
): Promise<void> {
  await ensureCollection(db, AUDIT_HEADS);
  for (const { collection, indexes } of OWN_INDEXES) await db.collection(collection).createIndexes(indexes);
  const { collection, database } = suppression;
  const list = (database === undefined ? db : db.client.db(database)).collection(collection);
  await list.createIndexes([suppressionIndex(accountPathOf(suppression))]);
}

const NAMESPACE_EXISTS = 48;

/** Makes a collection that has no index of its own: a transaction over several shards cannot make it. */
async function ensureCollection(db: mongoose.mongo.Db, name: string): Promise<void> {
  if ((await db.listCollections({ name }, { nameOnly: true }).toArray()).length > 0) return;
  await db.createCollection(name).catch((error: { code?: unknown }) => {
    if (error.code !== NAMESPACE_EXISTS) throw error;
  });
}
