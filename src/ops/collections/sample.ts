import type mongoose from 'mongoose';
import { recordKey } from '../../lib/record-key.ts';
import { estimateSize, readDocuments } from './read.ts';

type Collection = mongoose.mongo.Collection;
type Document = mongoose.mongo.Document;

export interface SampleOptions {
  /** How many documents. */
  readonly size: number;
  /** Of these documents only; read unsorted, so that an index on the filter serves it. */
  readonly filter?: Document;
  /** Of these documents only; in the same order as without. */
  readonly where?: Document;
  /** Asked after each document: is that enough? One document may hold a list of any length. */
  readonly isEnough?: (part: number) => boolean;
}

/** Documents may have 16 MiB. */
const BATCH = 20;
const MOST_TIME_MS = 10_000;

/**
 * A bounded sample of a collection: its oldest, its newest and some from between, as formats change over the years.
 * No document comes twice.
 */
export async function* sampleDocuments(
  collection: Collection,
  { size, filter, where, isEnough = () => false }: SampleOptions,
): AsyncGenerator<Document> {
  const common = { batchSize: BATCH, maxTimeMS: MOST_TIME_MS };
  if (filter !== undefined) {
    for await (const document of readDocuments(collection, { ...common, filter, limit: size })) {
      yield document;
      if (isEnough(1)) return;
    }
    return;
  }
  const third = Math.max(1, Math.floor(size / 3));
  const seen = new Set<string>();
  const isNew = ({ _id }: Document) => {
    const key = recordKey(_id);
    return !seen.has(key) && seen.add(key) !== undefined;
  };
  const total = where === undefined ? await estimateSize(collection) : Number.POSITIVE_INFINITY;
  const among = where === undefined ? common : { ...common, filter: where };
  // What fits into the sample is read once.
  let isCut = false;
  const beginning = total <= size ? size : third;
  for await (const document of readDocuments(collection, { ...among, sort: { _id: 1 }, limit: beginning })) {
    if (isNew(document)) yield document;
    isCut = isEnough(1 / 3);
    if (isCut) break;
  }
  if (!isCut && seen.size < beginning) return;
  for await (const document of readDocuments(collection, { ...among, sort: { _id: -1 }, limit: third })) {
    if (isNew(document)) yield document;
    if (isEnough(2 / 3)) break;
  }
  for (const document of await readMiddle(collection, Math.max(1, size - 2 * third), where)) {
    if (isNew(document)) yield document;
    if (isEnough(1)) return;
  }
}

/** Documents at random; none where the server has no `$sample`, or takes too long. */
async function readMiddle(collection: Collection, size: number, where: Document | undefined): Promise<Document[]> {
  try {
    return await collection
      .aggregate([...(where === undefined ? [] : [{ $match: where }]), { $sample: { size } }], {
        maxTimeMS: MOST_TIME_MS,
        readConcern: { level: 'local' },
      })
      .toArray();
  } catch {
    return [];
  }
}
