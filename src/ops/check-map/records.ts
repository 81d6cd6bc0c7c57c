import type mongoose from 'mongoose';
import type { Filter } from '../../engine/filter.ts';
import { ownerFilter, scopeOf, whereFilter } from '../../engine/owner.ts';
import type { AccountValue } from '../../engine/subject.ts';
import { recordKey } from '../../lib/record-key.ts';
import { redactDigitRuns } from '../../phone/scan.ts';
import type { OnProgress } from '../collections/progress.ts';
import { estimateSize, readBytes, readDocument } from '../collections/read.ts';
import { sampleDocuments } from '../collections/sample.ts';
import type { EntryView } from '../map-view.ts';

type Document = mongoose.mongo.Document;

export interface RecordOptions {
  /** Value of the account field: only records of this account are checked. */
  readonly account?: AccountValue;
  /** Records to look at a collection, 1000 unless given; all: every one. */
  readonly sampleSize?: number | 'all';
  readonly onProgress?: OnProgress;
}

const SAMPLE_SIZE = 1_000;
/** Values are looked at up to this many a collection in a sample: one record may hold a list of any length. */
const MOST_VALUES = 5_000;

/**
 * The records of a collection that a check looks at: all, or a sample. Where entries are about some of the records only,
 * each has a sample of its own. No record comes twice.
 * @param entries about this collection; none: nobody knows which field of it holds the account
 * @param values how many values were looked at so far
 */
export async function* readRecords(
  collection: mongoose.mongo.Collection,
  entries: readonly EntryView[],
  options: RecordOptions,
  values: () => number,
): AsyncGenerator<Document> {
  const { account, sampleSize: size = SAMPLE_SIZE, onProgress } = options;
  const filter = account === undefined ? undefined : filterOf(entries, account);
  if (size === 'all') {
    const total = await estimateSize(collection);
    let read = 0;
    for await (const batch of readBytes(collection, { ...(filter && { filter }) })) {
      for (const bytes of batch) yield readDocument(bytes);
      read += batch.length;
      onProgress?.({ place: redactDigitRuns(collection.collectionName), read, total });
    }
    return;
  }
  const seen = new Set<string>();
  const isNew = ({ _id }: Document) => {
    const key = recordKey(_id);
    return !seen.has(key) && seen.add(key) !== undefined;
  };
  const enough = () => {
    const before = values();
    return (part: number) => values() - before > MOST_VALUES * part;
  };
  for await (const record of sampleDocuments(collection, { size, isEnough: enough(), ...(filter && { filter }) }))
    if (isNew(record)) yield record;
  for (const { entry } of entries) {
    if (Object.keys(entry.where).length === 0) continue;
    const isOwned = account !== undefined && entry.owner.kind === 'field';
    const some = isOwned ? { filter: scopeOf(entry, account) } : { where: whereFilter(entry) };
    for await (const record of sampleDocuments(collection, { size, isEnough: enough(), ...some }))
      if (isNew(record)) yield record;
  }
}

/** Records of the account by any of the entries; undefined where one of them has no field that says whose they are. */
function filterOf(entries: readonly EntryView[], account: AccountValue): Filter | undefined {
  if (entries.length === 0 || entries.some(({ entry }) => entry.owner.kind !== 'field')) return undefined;
  const filters = entries.map(({ entry }) => ownerFilter(entry, account));
  const different = [...new Map(filters.map((one) => [JSON.stringify(one), one])).values()];
  return different.length === 1 ? different[0] : { $or: different };
}
