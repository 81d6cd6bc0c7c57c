import {
  FIELD_CATEGORIES,
  type FieldCategory,
  type ProfileName,
  RECORD_CATEGORIES,
  type RecordCategory,
} from './categories.ts';
import { REDACTED_TEXT, REDACTED_WORD, type Replacements, type Strategy } from './strategies.ts';

/** What becomes of records: `keep` changes their fields, `delete` takes them out, `skip` leaves them as they are. */
type RecordFate = 'keep' | 'delete' | 'skip';

/** What becomes of each category under one contract. */
export interface Profile {
  readonly name: ProfileName;
  readonly records: Readonly<Record<RecordCategory, RecordFate>>;
  readonly fields: Readonly<Record<FieldCategory, Strategy>>;
  /** Note in the record when it was redacted, where the map names a field for it. */
  readonly marks: boolean;
  /** The contract is only about entries of the map with this key; about all entries unless given. */
  readonly needs?: 'products' | 'resource' | 'interaction';
  /** A whole record that is redacted keeps the account's own number, where the map tells which it is. */
  readonly keepsOwnNumber?: boolean;
  /** The profile also changes records chosen by id or by age, where no number is known and so no mask or token. */
  readonly isWordOnly?: boolean;
  /** Also remove the number from report files. */
  readonly clearsReports?: boolean;
}

/** One answer for every category, but for some: a new category of the list is in every profile by itself. */
function everyOf<Key extends string, Value>(keys: readonly Key[], value: Value, but: Partial<Record<Key, Value>>) {
  return Object.fromEntries(keys.map((key) => [key, but[key] ?? value])) as Record<Key, Value>;
}
const everyRecord = (fate: RecordFate, but: Partial<Profile['records']> = {}) => everyOf(RECORD_CATEGORIES, fate, but);
const everyField = (strategy: Strategy, but: Partial<Profile['fields']> = {}) =>
  everyOf(FIELD_CATEGORIES, strategy, but);

const BUILT_IN: Readonly<Record<ProfileName, Profile>> = {
  /** GDPR forget: contacts go, messages and calls stay as rows without the person. */
  forget: {
    name: 'forget',
    records: everyRecord('keep', { contact: 'delete', suppression: 'delete' }),
    fields: everyField('clear', {
      number: 'mask',
      body: { replace: REDACTED_TEXT },
      transcript: { replace: REDACTED_TEXT },
      tag: 'empty',
    }),
    marks: false,
    clearsReports: true,
  },
  /** Redact a transaction: what can identify the person becomes the contract's word. */
  transaction: {
    name: 'transaction',
    records: everyRecord('keep', { contact: 'skip', suppression: 'skip' }),
    fields: everyField(
      { replace: REDACTED_WORD },
      { recording: 'clear', custom: 'clear', visitor: 'clear', form: 'clear' },
    ),
    marks: true,
    needs: 'products',
    isWordOnly: true,
  },
  /** Delete a resource: legs, media, users and events are data of the platform's customers, who say when they go. */
  resource: {
    name: 'resource',
    records: everyRecord('delete', { suppression: 'skip' }),
    fields: everyField('clear'),
    marks: false,
    needs: 'resource',
    isWordOnly: true,
  },
  /** Erase a contact: the person's words go, numbers and suppressions stay (NDPR article 3.1(9) as its document reads it). */
  contact: {
    name: 'contact',
    records: everyRecord('skip', { message: 'keep', call: 'keep' }),
    fields: everyField('keep', {
      body: { replace: REDACTED_TEXT },
      transcript: { replace: REDACTED_TEXT },
      recording: 'clear',
    }),
    marks: false,
  },
  /** Redact an interaction: tracking number, source, time, status and call flow stay, the rest goes. */
  interaction: {
    name: 'interaction',
    records: everyRecord('skip', {
      message: 'keep',
      call: 'keep',
      chat: 'keep',
      form: 'keep',
    }),
    fields: everyField('clear', { transcript: 'empty', tag: 'empty' }),
    marks: true,
    needs: 'interaction',
    isWordOnly: true,
    keepsOwnNumber: true,
  },
  /** Retention: communications records that hold numbers are deleted when their time is over. */
  retention: {
    name: 'retention',
    records: everyRecord('delete', {
      contact: 'skip',
      scheduled: 'skip',
      suppression: 'skip',
    }),
    fields: everyField('keep'),
    marks: false,
    isWordOnly: true,
  },
};

/** The keys of an entry that decide which profiles are about it. */
export interface EntryKind {
  readonly record: RecordCategory;
  readonly products?: unknown;
  readonly resource?: unknown;
  readonly interaction?: unknown;
}

/** Is the profile about the records of this entry at all? */
export function concerns(profile: Profile, entry: EntryKind): boolean {
  return (
    profile.records[entry.record] !== 'skip' && (profile.needs === undefined || entry[profile.needs] !== undefined)
  );
}

/** What is written where no number is known, so that there is nothing to mask or to make a token from. */
export function wordsWithoutNumber({ name }: Profile): Replacements {
  const word = name === 'transaction' ? REDACTED_WORD : REDACTED_TEXT;
  return { masked: word, token: word };
}

/** What a data map may change of the built-in profiles. */
export type ProfileChanges = Readonly<
  Partial<
    Record<
      ProfileName,
      | {
          readonly records?: Partial<Record<RecordCategory, 'keep' | 'delete'>> | undefined;
          readonly fields?: Partial<Record<FieldCategory, Strategy>> | undefined;
        }
      | undefined
    >
  >
>;

/** A built-in profile with the data map's own changes laid over it. Retention changes no record that it keeps. */
export function profileFor(name: ProfileName, map: { readonly profiles: ProfileChanges }): Profile {
  const base = BUILT_IN[name];
  const own = map.profiles[name];
  const changed = { ...base.records, ...own?.records };
  const records = name === 'retention' ? everyOf(RECORD_CATEGORIES, 'skip', without(changed, 'keep')) : changed;
  return { ...base, records, fields: { ...base.fields, ...own?.fields } };
}

function without(records: Profile['records'], fate: RecordFate): Partial<Profile['records']> {
  return Object.fromEntries(Object.entries(records).filter(([, one]) => one !== fate));
}
