import type mongoose from 'mongoose';

/** The indexes a platform has on the collections of the default data map. */
const INDEXES: readonly (readonly [string, string])[] = [
  ['contact_lists', 'contacts.number'],
  ['contacts', 'number'],
  ['sent_sms', 'to'],
  ['received_sms', 'from'],
  ['scheduled_sms', 'to'],
  ['calls', 'from'],
  ['calls', 'to'],
  ['chats', 'number'],
  ['forms', 'number'],
  ['verifications', 'number'],
  ['insights', 'number'],
  ['legs', 'from'],
  ['legs', 'to'],
  ['users', 'name'],
  ['blacklist', 'number'],
  ['sent_sms', 'message_id'],
  ['received_sms', 'message_id'],
  ['calls', 'call_id'],
  ['chats', 'chat_id'],
  ['forms', 'form_id'],
  ['verifications', 'request_id'],
  ['insights', 'request_id'],
  ['legs', 'leg_id'],
  ['legs', 'conversation_uuid'],
  ['media', 'media_id'],
  ['users', 'user_id'],
  ['events', 'event_id'],
  ['sent_sms', 'sent_at'],
  ['received_sms', 'received_at'],
  ['calls', 'started_at'],
  ['chats', 'started_at'],
  ['forms', 'submitted_at'],
  ['verifications', 'created_at'],
  ['insights', 'created_at'],
  ['legs', 'started_at'],
  ['media', 'created_at'],
  ['events', 'created_at'],
];

/** Where the daily redaction looks for what is due. */
const DUE_INDEXES: readonly (readonly [string, string])[] = [
  ['sent_sms', 'sent_at'],
  ['received_sms', 'received_at'],
  ['calls', 'started_at'],
  ['chats', 'started_at'],
  ['forms', 'submitted_at'],
];

/** Makes them. Safe to repeat. */
export async function createDemoIndexes(db: mongoose.mongo.Db): Promise<void> {
  for (const [collection, path] of INDEXES) await db.collection(collection).createIndex({ account_id: 1, [path]: 1 });
  for (const [collection, at] of DUE_INDEXES)
    await db.collection(collection).createIndex({ account_id: 1, redacted_at: 1, [at]: 1 });
}
