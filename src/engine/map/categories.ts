/** Kinds of fields and of records. A profile says what becomes of each. */
export const FIELD_CATEGORIES = [
  'number',
  'body',
  'name',
  'email',
  'custom',
  'caller_id',
  'transcript',
  'recording',
  'note',
  'tag',
  'visitor',
  'form',
  'other',
] as const;
export const RECORD_CATEGORIES = [
  'contact',
  'message',
  'scheduled',
  'call',
  'chat',
  'form',
  'lookup',
  'resource',
  'suppression',
  'other',
] as const;
export const PROFILE_NAMES = ['forget', 'transaction', 'resource', 'contact', 'interaction', 'retention'] as const;

export type FieldCategory = (typeof FIELD_CATEGORIES)[number];
export type RecordCategory = (typeof RECORD_CATEGORIES)[number];
export type ProfileName = (typeof PROFILE_NAMES)[number];
