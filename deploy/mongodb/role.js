// A role with the rights Lethe uses and no other, for the default data map, and a user with it:
//
//   DATABASE=lethe PASSWORD=... mongosh "mongodb://ADMIN@HOST/admin" deploy/mongodb/role.js
//
// Where LETHE_DATABASE is set, set it here, too. Safe to run again: it brings role and password up to what stands here. With a data map of your own put its
// collections in place of PLATFORM's, and its suppression list in place of BLACKLIST.
//
// On a sharded cluster `lethe check-map` also reads `config.collections`; the role lets it.

/** Every mapped collection but the suppression list. */
const PLATFORM = [
  'contact_lists',
  'contacts',
  'sent_sms',
  'received_sms',
  'scheduled_sms',
  'calls',
  'chats',
  'forms',
  'verifications',
  'insights',
  'legs',
  'media',
  'users',
  'events',
];

/** Mapped collections whose records are never deleted: numbers in them are masked or taken out of a list. */
const NEVER_DELETED_FROM = ['contact_lists', 'scheduled_sms'];

/** The suppression list: tombstones are written here, under an index of Lethe's own. */
const BLACKLIST = 'blacklist';

/** Lethe's own collections, each with what it needs beyond reading, adding and changing. */
const OWN = {
  // Finished ones are dropped after LEDGER_KEEP_MONTHS.
  lethe_requests: ['createIndex', 'remove'],
  lethe_subject_requests: ['createCollection'],
  lethe_webhooks: ['createIndex', 'remove'],
  lethe_deliveries: ['createIndex', 'remove'],
  // Lists are dropped after 30 days.
  lethe_batches: ['createIndex', 'remove'],
  lethe_accounts: ['createIndex'],
  lethe_keys: ['createIndex'],
  lethe_key_ids: [],
  lethe_people: ['createCollection'],
  lethe_sessions: ['createIndex', 'remove'],
  lethe_reports: ['createIndex'],
  // No `remove`: whoever may delete entries can cut off the end of the audit.
  lethe_audit: ['createIndex'],
  lethe_audit_heads: ['createCollection'],
  // No `remove`: a receipt that was given out stays one.
  lethe_receipts: ['createIndex'],
  lethe_receipt_heads: ['createCollection'],
  lethe_tombstones: ['createIndex'],
  lethe_guard: ['createIndex'],
  lethe_files: ['createIndex', 'remove'],
  lethe_scans: ['createIndex'],
  lethe_figures: [],
  lethe_workers: ['remove'],
  lethe_drills: ['remove'],
};

const database = process.env.DATABASE || 'lethe';
/** Where Lethe's own collections lie. */
const own = process.env.LETHE_DATABASE || database;
const password = process.env.PASSWORD;
if (!password) throw new Error('PASSWORD is missing');

const on = (collection, actions, db = database) => ({ resource: { db, collection }, actions });
const privileges = [
  on('', ['listCollections']),
  ...(own === database ? [] : [on('', ['listCollections'], own)]),
  ...Object.entries(OWN).map(([collection, more]) =>
    on(collection, ['find', 'insert', 'update', 'listIndexes', ...more], own),
  ),
  on(BLACKLIST, ['find', 'insert', 'update', 'remove', 'listIndexes', 'createIndex']),
  ...PLATFORM.map((collection) =>
    on(collection, ['find', 'update', 'listIndexes', ...(NEVER_DELETED_FROM.includes(collection) ? [] : ['remove'])]),
  ),
  on('collections', ['find'], 'config'),
];

const admin = db.getSiblingDB('admin');
const user = { pwd: password, roles: [{ role: 'lethe', db: 'admin' }] };
if (admin.getRole('lethe')) admin.updateRole('lethe', { privileges, roles: [] });
else admin.createRole({ role: 'lethe', privileges, roles: [] });
if (admin.getUser('lethe')) admin.updateUser('lethe', user);
else admin.createUser({ user: 'lethe', ...user });
