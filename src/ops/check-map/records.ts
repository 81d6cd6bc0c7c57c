import type mongoose from 'mongoose';
import { KEY, readPath } from '../../engine/map/paths.ts';
import { isLookedUp } from '../../engine/map/places.ts';
import type { CollectionMap } from '../../engine/map/schema.ts';
import { accountPathOf, scopeOf, whereFilter } from '../../engine/owner.ts';
import type { AccountValue } from '../../engine/subject.ts';
import { recordKey } from '../../lib/record-key.ts';
import { createTally, type Finding } from './findings.ts';
import {
  lookAtAccount,
  lookAtDirection,
  lookAtField,
  lookAtId,
  lookAtMark,
  lookAtNumber,
  lookAtScheduled,
  lookAtTime,
  type PartOptions,
} from './parts.ts';

type Document = mongoose.mongo.Document;

export interface RecordCheckOptions extends PartOptions {
  /** Records of this account only. */
  readonly account: AccountValue | undefined;
  /** Records to look at, half of them the oldest and half the newest. */
  readonly sampleSize: number;
}

/** Values are looked at up to this many a collection: one record may hold a list of any length. */
const MOST_VALUES = 5_000;
const MOST_TIME_MS = 10_000;
const BATCH = 20;

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
  for await (const record of sample(collection, entry, options, look.values)) {
    look.record(record);
    sampled += 1;
  }
  return { findings: look.findings(sampled), sampled };
}

/**
 * The oldest and the newest records, as formats change over the years. Not a random sample: not every engine has `$sample`.
 * @param values how many values were looked at so far; each half may take half of what is allowed
 */
async function* sample(
  collection: mongoose.mongo.Collection,
  entry: CollectionMap,
  { account, sampleSize }: RecordCheckOptions,
  values: () => number,
): AsyncGenerator<Document> {
  const projection = projectionOf(entry);
  const read = (filter: Document, limit: number) =>
    collection.find(filter, { projection }).batchSize(BATCH).limit(limit).maxTimeMS(MOST_TIME_MS);
  if (account !== undefined) {
    // Unsorted, so that the index on the account serves it.
    const scope = entry.owner.kind === 'via' ? whereFilter(entry) : scopeOf(entry, account);
    for await (const record of read(scope, sampleSize)) {
      yield record;
      if (values() > MOST_VALUES) return;
    }
    return;
  }
  const half = Math.ceil(sampleSize / 2);
  const seen = new Set<string>();
  let more = false;
  for await (const record of read(whereFilter(entry), half).sort({ _id: 1 })) {
    seen.add(recordKey(record._id));
    yield record;
    more = seen.size >= half || values() > MOST_VALUES / 2;
    if (more) break;
  }
  if (!more) return;
  for await (const record of read(whereFilter(entry), half).sort({ _id: -1 })) {
    if (seen.has(recordKey(record._id))) return;
    yield record;
    if (values() > MOST_VALUES) return;
  }
}

/** The outermost field of every path: a projection on a dotted path would hide values of the wrong type on the way. */
function projectionOf(entry: CollectionMap): Record<string, 1> {
  const paths = [
    accountPathOf(entry),
    ...entry.numbers.map((place) => place.path),
    ...entry.fields.map((field) => field.path),
    ...(entry.pending ? [entry.pending.path, entry.pending.at] : []),
    ...[entry.id, entry.at?.path, entry.redacted],
    ...(typeof entry.direction === 'object' ? [entry.direction.path] : []),
  ].filter((path) => path !== undefined);
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
    ...(entry.owner.kind === 'field' ? [lookAtAccount(entry, entry.owner, options, tally)] : []),
    ...entry.numbers.filter(isLookedUp).map((place) => lookAtNumber(entry, place, options, tally)),
    ...entry.fields.filter(({ path }) => !path.includes(KEY)).map((field) => lookAtField(entry, field, options, tally)),
    ...(entry.pending ? [lookAtScheduled(entry, entry.pending, tally)] : []),
    ...(entry.id ? [lookAtId(entry, entry.id, tally)] : []),
    ...(entry.at ? [lookAtTime(entry, entry.at, tally)] : []),
    ...(entry.redacted ? [lookAtMark(entry, entry.redacted, tally)] : []),
    ...(typeof entry.direction === 'object' ? [lookAtDirection(entry, entry.direction, tally)] : []),
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
