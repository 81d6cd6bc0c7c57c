import type mongoose from 'mongoose';
import { UNREADABLE_TYPES } from '../erasure/plan.ts';
import type { Profile } from '../erasure/profile.ts';
import type { AccountValue } from '../erasure/subject.ts';
import { bsonTypeOf } from './bson-type.ts';
import { createTally, type Finding, type Tally } from './findings.ts';
import { readPath, throughArray } from './paths.ts';
import type { CollectionMap } from './schema.ts';
import { sortStoredForm } from './stored-form.ts';
import { walk } from './walk.ts';

type Document = mongoose.mongo.Document;

export interface RecordCheckOptions {
  readonly prefixes: readonly string[];
  readonly profile: Profile;
  /** Records of this account only. */
  readonly account: AccountValue | undefined;
  /** The types of account values that Lethe's accounts know; empty without accounts. */
  readonly accountTypes: ReadonlySet<string>;
  /** Records to look at, half of them the oldest and half the newest. */
  readonly sampleSize: number;
}

/** Values are looked at up to this many a collection: one record may hold a list of any length. */
const MOST_VALUES = 5_000;
const MOST_TIME_MS = 10_000;
const BATCH = 20;
const ACCOUNT_TYPES = new Set(['string', 'number', 'objectId']);
const EXPECTED = { string: ['string'], list: ['array'], object: ['object'] } as const;

/**
 * Looks at a bounded sample of a collection's records and compares them with the map.
 * @returns what does not fit, and how many records were looked at
 */
export async function checkRecords(
  collection: mongoose.mongo.Collection,
  entry: CollectionMap,
  options: RecordCheckOptions,
): Promise<{ findings: Finding[]; sampled: number }> {
  const look = createLook(entry, options);
  let sampled = 0;
  for await (const record of sample(collection, entry, options)) {
    look.record(record);
    sampled += 1;
    if (look.values() > MOST_VALUES) break;
  }
  return { findings: look.findings(sampled), sampled };
}

/** The oldest and the newest records: formats change over the years. No random sample, which not every engine has. */
async function* sample(
  collection: mongoose.mongo.Collection,
  entry: CollectionMap,
  { account, sampleSize }: RecordCheckOptions,
): AsyncGenerator<Document> {
  const projection = projectionOf(entry);
  const read = (filter: Document, limit: number) =>
    collection.find(filter, { projection }).batchSize(BATCH).limit(limit).maxTimeMS(MOST_TIME_MS);
  if (account !== undefined) {
    // Unsorted: the index on the account finds them, in whatever order.
    yield* read({ [entry.account]: account }, sampleSize);
    return;
  }
  const half = Math.ceil(sampleSize / 2);
  const seen = new Set<string>();
  for await (const record of read({}, half).sort({ _id: 1 })) {
    seen.add(String(record._id));
    yield record;
  }
  if (seen.size < half) return;
  for await (const record of read({}, half).sort({ _id: -1 })) if (!seen.has(String(record._id))) yield record;
}

/** The outermost field of every path: of a dotted one MongoDB would leave out what is not an object on the way. */
function projectionOf(entry: CollectionMap): Record<string, 1> {
  const paths = [
    entry.account,
    ...entry.numbers,
    ...entry.fields.map((field) => field.path),
    ...(entry.pending ? [entry.pending.path, entry.pending.at] : []),
  ];
  return Object.fromEntries([['_id', 1], ...paths.map((path) => [readPath(path).dotted.split('.')[0], 1])]);
}

interface Look {
  record(record: Document): void;
  /** How many values were looked at so far. */
  values(): number;
  findings(sampled: number): Finding[];
}

function createLook(entry: CollectionMap, options: RecordCheckOptions): Look {
  const tally = createTally();
  const parts = [
    lookAtAccount(entry, options, tally),
    ...entry.numbers.map((text) => lookAtNumber(entry, text, options, tally)),
    ...entry.fields.map((field) => lookAtField(entry, field, options, tally)),
    ...(entry.pending ? [lookAtPending(entry, entry.pending, tally)] : []),
  ];
  return {
    record(record) {
      for (const part of parts) part.record(record);
    },
    values: () => Math.max(...parts.map((part) => part.values)),
    findings: (sampled) => [
      ...tally.findings(`of ${sampled} records`),
      ...(sampled > 0 ? parts.flatMap((part) => part.findings(sampled)) : []),
    ],
  };
}

/** One path's part of the look. */
interface Part {
  values: number;
  record(record: Document): void;
  findings(sampled: number): Finding[];
}

function lookAtAccount(entry: CollectionMap, options: RecordCheckOptions, tally: Tally): Part {
  const where = `${entry.collection}.${entry.account}`;
  const path = readPath(entry.account);
  const { accountTypes } = options;
  const known = [...accountTypes].join(' or ');
  let present = 0;
  let matching = 0;
  return {
    values: 0,
    record(record) {
      walk(record, path, {
        value(value) {
          const type = bsonTypeOf(value);
          if (type === 'missing' || type === 'null')
            return tally.note('warning', where, 'no account: no erasure finds such a record');
          present += 1;
          if (!ACCOUNT_TYPES.has(type)) return tally.note('error', where, `holds ${type}, which no account can have`);
          if (accountTypes.has(type)) matching += 1;
          else if (accountTypes.size > 0)
            tally.note('warning', where, `holds ${type}, and Lethe's accounts know ${known} only (--records-id-type)`);
        },
        closed: (place, value, wanted) =>
          tally.note('error', where, `${place} holds ${bsonTypeOf(value)}, where the map wants an ${wanted}`),
      });
    },
    findings() {
      if (present === 0) return [{ severity: 'error', where, message: 'no record looked at has this field' }];
      if (accountTypes.size > 0 && matching === 0)
        return [
          { severity: 'error', where, message: `no record looked at has an account of a type Lethe knows: ${known}` },
        ];
      return [];
    },
  };
}

function lookAtNumber(entry: CollectionMap, text: string, options: RecordCheckOptions, tally: Tally): Part {
  const where = `${entry.collection}.${text}`;
  const path = readPath(text);
  const unreadable = new Set<string>(UNREADABLE_TYPES);
  const kinds = { found: 0, blank: 0, likely: 0, unlike: 0 };
  let empty = 0;
  const part: Part = {
    values: 0,
    record(record) {
      const before = part.values;
      walk(record, path, {
        value(value) {
          const type = bsonTypeOf(value);
          if (type === 'missing') return;
          part.values += 1;
          if (type === 'null') kinds.blank += 1;
          else if (type === 'array') tally.note('error', where, `holds an array: the map must say ${text}[]`);
          else if (type === 'string' || type === 'number') kinds[sortStoredForm(value, options.prefixes)] += 1;
          else
            tally.note(
              'error',
              where,
              `holds ${type}, in which no number can be erased${unreadable.has(type) ? ': requests of its account fail' : ''}`,
            );
        },
        closed(place, value, wanted) {
          const type = bsonTypeOf(value);
          if (wanted === 'object' && type === 'array')
            tally.note('error', where, `${place} is an array: the map must say ${place}[]`);
          else if (wanted === 'array' && type !== 'null')
            tally.note('error', where, `${place} holds ${type}, where the map wants an array`);
        },
      });
      if (part.values === before) empty += 1;
    },
    findings(sampled) {
      const findings: Finding[] = [];
      const odd = kinds.likely + kinds.unlike;
      if (empty === sampled)
        findings.push({
          severity: 'warning',
          where,
          message: `none of ${sampled} records has this field: is the path right?`,
        });
      if (odd > 0)
        findings.push({
          severity: 'warning',
          where,
          message: `${odd} of ${part.values} values are in no form that is searched for, ${kinds.likely} of them with seven digits or more: an erasure does not find them`,
        });
      return findings;
    },
  };
  return part;
}

function lookAtField(
  entry: CollectionMap,
  field: CollectionMap['fields'][number],
  { profile }: RecordCheckOptions,
  tally: Tally,
): Part {
  const where = `${entry.collection}.${field.path}`;
  const path = readPath(field.path);
  const expected: readonly string[] | undefined = field.type === 'any' ? undefined : EXPECTED[field.type];
  const deleted = profile.records[entry.record] === 'delete';
  let present = 0;
  return {
    values: 0,
    record(record) {
      walk(record, path, {
        value(value) {
          const type = bsonTypeOf(value);
          if (type === 'missing') return;
          present += 1;
          if (type !== 'null' && expected !== undefined && !expected.includes(type))
            tally.note('warning', where, `holds ${type}, where the map says type: ${field.type}`);
        },
        closed(place, value, wanted) {
          // A record that is deleted is not written into.
          if (throughArray(path) && wanted === 'array') return;
          const found = `${place} holds ${bsonTypeOf(value)}, where the map wants an ${wanted}`;
          tally.note(deleted ? 'warning' : 'error', where, deleted ? found : `${found}: the record cannot be changed`);
        },
      });
    },
    findings: (sampled) =>
      present === 0
        ? [{ severity: 'warning', where, message: `none of ${sampled} records has this field: is the path right?` }]
        : [],
  };
}

function lookAtPending(entry: CollectionMap, pending: NonNullable<CollectionMap['pending']>, tally: Tally): Part {
  const where = `${entry.collection}.${pending.path}`;
  const at = `${entry.collection}.${pending.at}`;
  const [path, time] = [readPath(pending.path), readPath(pending.at)];
  let present = 0;
  return {
    values: 0,
    record(record) {
      let isPending = false;
      walk(record, path, {
        value(value) {
          if (value !== undefined) present += 1;
          isPending = pending.values.some((one) => one === value);
        },
        closed: (place, value) => tally.note('error', where, `${place} holds ${bsonTypeOf(value)}, no object`),
      });
      if (!isPending) return;
      walk(record, time, {
        value(value) {
          const type = bsonTypeOf(value);
          if (type !== 'date')
            tally.note('warning', at, `${type === 'missing' ? 'nothing' : type} in a pending record, no date`);
        },
        closed: (place, value) => tally.note('warning', at, `${place} holds ${bsonTypeOf(value)}, no object`),
      });
    },
    findings: () =>
      present === 0
        ? [
            {
              severity: 'error',
              where,
              message: 'no record looked at has this field: pending records would be erased before they are acted on',
            },
          ]
        : [],
  };
}
