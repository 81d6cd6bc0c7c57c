import type { DataMapInput } from './schema.ts';

/** The collections of the demo data; a platform with other names brings a map of its own (DATA_MAP). */
export const DEFAULT_DATA_MAP = {
  version: 1,
  collections: [
    {
      collection: 'contact_lists',
      account: 'account_id',
      record: 'contact',
      elements: 'contacts[]',
      numbers: ['contacts[].number'],
      fields: [
        { path: 'contacts[].name', category: 'name' },
        { path: 'contacts[].email', category: 'email' },
        { path: 'contacts[].custom', category: 'custom', type: 'object' },
      ],
    },
    {
      collection: 'contacts',
      account: 'account_id',
      record: 'contact',
      numbers: ['number'],
      fields: [
        { path: 'name', category: 'name' },
        { path: 'email', category: 'email' },
        { path: 'custom', category: 'custom', type: 'object' },
      ],
    },
    {
      collection: 'sent_sms',
      account: 'account_id',
      record: 'message',
      numbers: ['to'],
      fields: [{ path: 'body', category: 'body' }],
    },
    {
      collection: 'received_sms',
      account: 'account_id',
      record: 'message',
      numbers: ['from'],
      fields: [{ path: 'body', category: 'body' }],
    },
    {
      collection: 'scheduled_sms',
      account: 'account_id',
      record: 'scheduled',
      numbers: ['to'],
      fields: [{ path: 'body', category: 'body' }],
      pending: { path: 'status', values: ['pending'], at: 'send_at' },
    },
    {
      collection: 'calls',
      account: 'account_id',
      record: 'call',
      numbers: ['from', 'to'],
      fields: [
        { path: 'caller_name', category: 'name' },
        { path: 'caller_id', category: 'caller_id', type: 'any' },
        { path: 'transcript', category: 'transcript', type: 'list' },
        { path: 'recording_url', category: 'recording' },
        { path: 'notes', category: 'note' },
      ],
    },
    { collection: 'blacklist', account: 'account_id', record: 'suppression', numbers: ['number'] },
  ],
} as const satisfies DataMapInput;
