import type { FieldCategory, RecordCategory } from '../engine/map/categories.ts';
import { concerns, type Profile, profileFor } from '../engine/map/profile.ts';
import { type CollectionMap, type DataMap, nameOf } from '../engine/map/schema.ts';
import type { Strategy } from '../engine/map/strategies.ts';

/** What nobody can tell from a data map. An operator writes it in. */
const LEFT = null;

/** One purpose of processing, as far as the data map tells it (GDPR article 30(1)(b) to (f)). */
interface ProcessingActivity {
  readonly activity: RecordCategory;
  readonly purpose: string;
  readonly data_subjects: string;
  readonly categories_of_data: readonly string[];
  readonly collections: readonly ProcessedCollection[];
  readonly recipients: typeof LEFT;
  readonly third_countries: typeof LEFT;
  readonly legal_basis: typeof LEFT;
}

interface ProcessedCollection {
  readonly name: string;
  readonly collection: string;
  /** Paths of numbers, and of other personal data with their category. */
  readonly numbers: readonly string[];
  readonly fields: readonly { readonly path: string; readonly category: string }[];
  readonly period: { readonly months: number | null; readonly set_by: 'data map' | 'account' | 'nobody' };
  /** What a request to forget makes of a record, and of each category in it. */
  readonly on_request: string;
}

/** What Lethe itself keeps, and for how long. */
interface OwnProcessing {
  readonly activity: string;
  readonly purpose: string;
  readonly categories_of_data: readonly string[];
  readonly period: string;
}

/** A record of processing activities (GDPR article 30), made from the data map. What is null is the operator's to fill in. */
export interface ProcessingRecord {
  readonly made_at: string;
  readonly account: string | null;
  readonly controller: {
    readonly name: typeof LEFT;
    readonly contact: typeof LEFT;
    readonly representative: typeof LEFT;
    readonly data_protection_officer: typeof LEFT;
  };
  readonly activities: readonly ProcessingActivity[];
  readonly lethe: readonly OwnProcessing[];
  /** Article 30(1)(g): those that Lethe sees to. */
  readonly security_measures: readonly string[];
}

/** Proposals: a data map says what records are, not what they are for. */
const PURPOSES: Readonly<Record<RecordCategory, string>> = {
  contact: 'Keeping the contacts whom customers of the platform write to',
  message: 'Sending and receiving messages',
  scheduled: 'Sending messages at a later time',
  call: 'Making and receiving calls',
  chat: 'Holding chats',
  form: 'Receiving forms',
  lookup: 'Verifying numbers and looking them up',
  resource: 'Providing resources of calls and conversations',
  suppression: 'Keeping people from being written to who do not want it',
  other: 'Running the platform',
};

const SUBJECTS = 'People whose telephone numbers the platform holds';

export interface ProcessingSources {
  readonly dataMap: DataMap;
  /** The account whose record it is; without one, periods that accounts set are left open. */
  readonly account?: { readonly _id: string; readonly retention_months?: number };
  readonly deadlineHours: number;
  readonly reportKeepHours: number;
}

/** Makes the record. Reads no data. */
export function makeProcessingRecord(sources: ProcessingSources, now: Date): ProcessingRecord {
  const { dataMap, account } = sources;
  const forget = profileFor('forget', dataMap);
  const retention = profileFor('retention', dataMap);
  const kinds = [...new Set(dataMap.collections.map(({ record }) => record))];
  return {
    made_at: now.toISOString(),
    account: account?._id ?? null,
    controller: { name: LEFT, contact: LEFT, representative: LEFT, data_protection_officer: LEFT },
    activities: kinds.map((kind) => {
      const entries = dataMap.collections.filter(({ record }) => record === kind);
      return {
        activity: kind,
        purpose: PURPOSES[kind],
        data_subjects: SUBJECTS,
        categories_of_data: [...new Set(entries.flatMap(categoriesOf))],
        collections: entries.map((entry) => describe(entry, { forget, retention }, account?.retention_months)),
        ...{ recipients: LEFT, third_countries: LEFT, legal_basis: LEFT },
      };
    }),
    lethe: ownProcessing(sources),
    security_measures: [
      'Numbers of open requests are sealed with AES-256-GCM, and dropped when the request is completed',
      'Completed requests and suppressions hold a keyed hash in place of the number, another for each account',
      'Every act is an entry of an audit whose entries are chained by keyed hashes',
      'Accounts see and change their own records only; API keys are kept as digests',
      'Logs, queues, metrics and error messages hold no numbers',
    ],
  };
}

function describe(
  entry: CollectionMap,
  { forget, retention }: { forget: Profile; retention: Profile },
  months: number | undefined,
): ProcessedCollection {
  return {
    name: nameOf(entry),
    collection: entry.database === undefined ? entry.collection : `${entry.database}.${entry.collection}`,
    numbers: [...entry.numbers.map(({ path }) => path), ...entry.joined.map(({ parts }) => parts.join(' + '))],
    fields: fieldsOf(entry).map(({ path, category }) => ({ path, category })),
    period: periodOf(entry, retention, months),
    on_request: fateOf(entry, forget),
  };
}

const fieldsOf = (entry: CollectionMap) => [...entry.fields, ...entry.json.flatMap(({ fields }) => fields)];

function categoriesOf(entry: CollectionMap): FieldCategory[] {
  return ['number', ...fieldsOf(entry).map(({ category }) => category)];
}

/** Retention reaches records that have a time, and only those. */
function periodOf(entry: CollectionMap, retention: Profile, months: number | undefined): ProcessedCollection['period'] {
  const isReached = entry.at !== undefined && retention.records[entry.record] === 'delete' && months !== undefined;
  if (!isReached) return { months: null, set_by: 'nobody' };
  if (entry.retention_months !== undefined) return { months: orNone(entry.retention_months), set_by: 'data map' };
  return { months: orNone(months), set_by: 'account' };
}

/** 0 months are for ever. */
const orNone = (months: number) => (months === 0 ? null : months);

function fateOf(entry: CollectionMap, forget: Profile): string {
  if (!concerns(forget, entry)) return 'left as it is';
  if (forget.records[entry.record] === 'delete') return 'deleted';
  const own = new Map<string, Strategy>([['number', forget.fields.number]]);
  for (const field of fieldsOf(entry)) own.set(field.category, field.strategy ?? forget.fields[field.category]);
  const told = [...own].map(([category, strategy]) => `${category}: ${tell(strategy)}`);
  return `kept, ${told.join(', ')}`;
}

const tell = (strategy: Strategy) => (typeof strategy === 'object' ? `replaced by ${strategy.replace}` : strategy);

function ownProcessing({ deadlineHours, reportKeepHours, dataMap }: ProcessingSources): OwnProcessing[] {
  const keepsNumber = dataMap.collections.some(({ suppression }) => suppression?.keep_number === true);
  return [
    {
      activity: 'Requests',
      purpose: 'Answering requests to be forgotten (article 17), and proving it (article 5(2))',
      categories_of_data: ['number, sealed while the request is open', 'keyed hash of the number', 'counts of records'],
      period: `the sealed number until the request is completed, due after ${deadlineHours} hours; the rest for as long as the ledger is kept`,
    },
    {
      activity: 'Suppression list',
      purpose: PURPOSES.suppression,
      categories_of_data: [
        keepsNumber ? 'number' : 'number while the request is open',
        'keyed hash of the number',
        'masked number',
        'reason',
      ],
      period: 'until the suppression is lifted',
    },
    {
      activity: 'Audit',
      purpose: 'Proving who did what (article 5(2))',
      categories_of_data: ['id of the key that asked', 'keyed hash of the number', 'counts of records'],
      period: 'for as long as the audit is kept',
    },
    {
      activity: 'Reports',
      purpose: 'Answering requests for access (article 15)',
      categories_of_data: ['what was asked for, in a file'],
      period: `${reportKeepHours} hours, or until the number is forgotten`,
    },
  ];
}

/** The record as a page of Markdown. */
export function recordAsMarkdown(record: ProcessingRecord): string[] {
  const left = '(to be filled in)';
  const { controller, activities, lethe, security_measures } = record;
  return [
    '# Record of processing activities (GDPR article 30)',
    '',
    `Made from the data map at ${record.made_at}${record.account === null ? '' : `, for ${record.account}`}.`,
    '',
    ...Object.keys(controller).map((name) => `- ${name.replaceAll('_', ' ')}: ${left}`),
    ...activities.flatMap((one) => [
      '',
      `## ${one.purpose}`,
      '',
      `- data subjects: ${one.data_subjects}`,
      `- categories of data: ${one.categories_of_data.join(', ')}`,
      ...['legal basis', 'recipients', 'third countries'].map((name) => `- ${name}: ${left}`),
      '',
      '| collection | numbers | other personal data | kept for | on a request to forget |',
      '| --- | --- | --- | --- | --- |',
      ...one.collections.map(
        ({ collection, numbers, fields, period, on_request }) =>
          `| ${[
            collection,
            numbers.join(', ') || '-',
            fields.map(({ path, category }) => `${path} (${category})`).join(', ') || '-',
            period.months === null ? 'no limit set' : `${period.months} months (${period.set_by})`,
            on_request,
          ].join(' | ')} |`,
      ),
    ]),
    '',
    '## What Lethe keeps',
    '',
    '| | purpose | data | kept for |',
    '| --- | --- | --- | --- |',
    ...lethe.map(
      (one) => `| ${[one.activity, one.purpose, one.categories_of_data.join('; '), one.period].join(' | ')} |`,
    ),
    '',
    '## Security measures',
    '',
    ...security_measures.map((measure) => `- ${measure}`),
  ];
}
