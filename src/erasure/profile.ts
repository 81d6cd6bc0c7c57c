import type { DataMap, FieldCategory, RecordCategory, Strategy } from '../data-map/schema.ts';

/** What one contract makes of each category: the third part of an erasure plan. */
export interface Profile {
  readonly name: string;
  /** Records of these categories are deleted whole (the document, or the element of an array). Others are kept. */
  readonly records: Readonly<Record<RecordCategory, 'keep' | 'delete'>>;
  readonly fields: Readonly<Record<FieldCategory, Strategy>>;
}

export const REDACTED_TEXT = '[REDACTED]';

/** GDPR forget: contacts go, messages and calls stay as rows without the person (the source document of the contract). */
const FORGET: Profile = {
  name: 'forget',
  records: {
    contact: 'delete',
    message: 'keep',
    scheduled: 'keep',
    call: 'keep',
    suppression: 'delete',
    other: 'keep',
  },
  fields: {
    number: 'mask',
    body: { replace: REDACTED_TEXT },
    transcript: { replace: REDACTED_TEXT },
    name: 'clear',
    email: 'clear',
    custom: 'clear',
    caller_id: 'clear',
    recording: 'clear',
    note: 'clear',
    tag: 'empty',
    visitor: 'clear',
    form: 'clear',
    other: 'clear',
  },
};

const BUILT_IN = { forget: FORGET } as const;
export type ProfileName = keyof typeof BUILT_IN;

/** A built-in profile with the data map's own changes laid over it. */
export function profileFor(name: ProfileName, map: DataMap): Profile {
  const base = BUILT_IN[name];
  const own = map.profiles[name];
  return { name, records: { ...base.records, ...own?.records }, fields: { ...base.fields, ...own?.fields } };
}
