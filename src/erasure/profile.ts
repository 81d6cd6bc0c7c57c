import type { AuditAction } from '../audit/entry.ts';
import type { CollectionMap, DataMap, FieldCategory, RecordCategory, Strategy } from '../data-map/schema.ts';

/** What becomes of records: `keep` changes their fields, `delete` takes them out, `skip` leaves them as they are. */
type RecordFate = 'keep' | 'delete' | 'skip';

/** What one contract makes of each category: the third part of an erasure plan. */
export interface Profile {
  readonly name: ProfileName;
  readonly records: Readonly<Record<RecordCategory, RecordFate>>;
  readonly fields: Readonly<Record<FieldCategory, Strategy>>;
  /** Note in the record when it was redacted, where the map names a field for it. */
  readonly marks: boolean;
  /** Which entries of the map the contract is about; all of them unless given. */
  readonly concerns?: (entry: CollectionMap) => boolean;
  /** A whole record that is redacted keeps the account's own number, where the map tells which it is. */
  readonly keepsOwnNumber?: boolean;
  /** It says that the number is gone: then it must be gone from the files of reports, too. */
  readonly clearsReports?: boolean;
  /** What the audit calls it. */
  readonly act: { readonly action: AuditAction; readonly reason: string };
}

export const PROFILE_NAMES = ['forget', 'transaction', 'resource', 'contact', 'interaction', 'retention'] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

export const REDACTED_TEXT = '[REDACTED]';
/** What the redact contract writes. */
export const REDACTED_WORD = 'REDACTED';

const every = <Key extends string, Value>(keys: readonly Key[], value: Value, but: Partial<Record<Key, Value>> = {}) =>
  Object.fromEntries(keys.map((key) => [key, but[key] ?? value])) as Record<Key, Value>;

const RECORDS: readonly RecordCategory[] = [
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
];
const FIELDS: readonly FieldCategory[] = [
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
];

const BUILT_IN: Readonly<Record<ProfileName, Profile>> = {
  /** GDPR forget: contacts go, messages and calls stay as rows without the person. */
  forget: {
    name: 'forget',
    records: every<RecordCategory, RecordFate>(RECORDS, 'keep', { contact: 'delete', suppression: 'delete' }),
    fields: every<FieldCategory, Strategy>(FIELDS, 'clear', {
      number: 'mask',
      body: { replace: REDACTED_TEXT },
      transcript: { replace: REDACTED_TEXT },
      tag: 'empty',
    }),
    marks: false,
    clearsReports: true,
    act: { action: 'data.erasure', reason: 'gdpr_forget' },
  },
  /** Redact a transaction: what can identify the person becomes the contract's word. */
  transaction: {
    name: 'transaction',
    records: every<RecordCategory, RecordFate>(RECORDS, 'keep', { contact: 'skip', suppression: 'skip' }),
    fields: every<FieldCategory, Strategy>(
      FIELDS,
      { replace: REDACTED_WORD },
      { recording: 'clear', custom: 'clear', visitor: 'clear', form: 'clear' },
    ),
    marks: true,
    act: { action: 'data.redaction', reason: 'redact_transaction' },
  },
  /** Delete a resource: legs, media, users and events are data of the platform's customers, who say when they go. */
  resource: {
    name: 'resource',
    records: every<RecordCategory, RecordFate>(RECORDS, 'delete', { suppression: 'skip' }),
    fields: every<FieldCategory, Strategy>(FIELDS, 'clear'),
    marks: false,
    concerns: (entry) => entry.resource !== undefined,
    act: { action: 'data.deletion', reason: 'resource_deletion' },
  },
  /** Erase a contact: the person's words go, numbers and suppressions stay (NDPR article 3.1(9) as its document reads it). */
  contact: {
    name: 'contact',
    records: every<RecordCategory, RecordFate>(RECORDS, 'skip', { message: 'keep', call: 'keep' }),
    fields: every<FieldCategory, Strategy>(FIELDS, 'keep', {
      body: { replace: REDACTED_TEXT },
      transcript: { replace: REDACTED_TEXT },
      recording: 'clear',
    }),
    marks: false,
    act: { action: 'data.erasure', reason: 'ndpr_right_to_erasure' },
  },
  /** Redact an interaction: tracking number, source, time, status and call flow stay, the rest goes. */
  interaction: {
    name: 'interaction',
    records: every<RecordCategory, RecordFate>(RECORDS, 'skip', {
      message: 'keep',
      call: 'keep',
      chat: 'keep',
      form: 'keep',
    }),
    fields: every<FieldCategory, Strategy>(FIELDS, 'clear', { transcript: 'empty', tag: 'empty' }),
    marks: true,
    concerns: (entry) => entry.interaction !== undefined,
    keepsOwnNumber: true,
    act: { action: 'data.redaction', reason: 'interaction_redaction' },
  },
  /** Retention: communications records that hold numbers are deleted when their time is over. */
  retention: {
    name: 'retention',
    records: every<RecordCategory, RecordFate>(RECORDS, 'delete', {
      contact: 'skip',
      scheduled: 'skip',
      suppression: 'skip',
    }),
    fields: every<FieldCategory, Strategy>(FIELDS, 'keep'),
    marks: false,
    act: { action: 'data.retention', reason: 'retention_period' },
  },
};

/** Is the profile about the records of this entry at all? */
export function concerns(profile: Profile, entry: CollectionMap): boolean {
  return profile.records[entry.record] !== 'skip' && (profile.concerns?.(entry) ?? true);
}

/** A built-in profile with the data map's own changes laid over it. */
export function profileFor(name: ProfileName, map: Pick<DataMap, 'profiles'>): Profile {
  const base = BUILT_IN[name];
  const own = map.profiles[name];
  return { ...base, records: { ...base.records, ...own?.records }, fields: { ...base.fields, ...own?.fields } };
}
