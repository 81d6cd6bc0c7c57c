import mongoose from 'mongoose';

type Collection = mongoose.mongo.Collection;
type Document = mongoose.mongo.Document;

export interface ReadOptions {
  readonly filter?: Document;
  readonly projection?: Document;
  readonly sort?: Record<string, 1 | -1>;
  readonly skip?: number;
  readonly limit?: number;
  /** Gives up when the server has worked on one batch for so long. */
  readonly maxTimeMS?: number;
  /** Documents a batch; the server's usual first batch holds 101, and later ones 16 MiB. */
  readonly batchSize?: number;
  /** Ends the reading between two batches. @throws its reason */
  readonly signal?: AbortSignal;
  /** Is told how many documents each batch had. */
  readonly onRead?: (documents: number) => void;
}

/** Large enough to keep the server busy, small enough to stay in memory: 16 MiB at most, which MongoDB sees to. */
const BATCH = 1_000;

/**
 * Reads documents as their bytes, batch by batch, in no order unless one is given. Only one batch is in memory. Reads
 * what the primary has, also what no majority has yet: what is there for a moment only is found rather than missed.
 */
export async function* readBytes(collection: Collection, options: ReadOptions = {}): AsyncGenerator<Uint8Array[]> {
  const { filter = {}, projection, sort, skip, limit, maxTimeMS, batchSize = BATCH, signal, onRead } = options;
  const cursor = collection.find(filter, {
    raw: true,
    batchSize,
    readConcern: { level: 'local' },
    readPreference: 'primary',
    ...(projection && { projection }),
    ...(sort && { sort }),
    ...(skip && { skip }),
    ...(limit && { limit }),
    ...(maxTimeMS && { maxTimeMS }),
  });
  try {
    while (await cursor.hasNext()) {
      signal?.throwIfAborted();
      // With `raw` the driver gives bytes, which its types do not say.
      const batch = cursor.readBufferedDocuments() as unknown as Uint8Array[];
      onRead?.(batch.length);
      yield batch;
    }
  } finally {
    await cursor.close();
  }
}

/** The same as documents: integers beyond 2^53 stay exact, everything else is as the driver gives it. */
export async function* readDocuments(collection: Collection, options: ReadOptions = {}): AsyncGenerator<Document> {
  for await (const batch of readBytes(collection, options)) for (const bytes of batch) yield readDocument(bytes);
}

/** Makes a document of its bytes. Int64s beyond 2^53 stay `Long`s. */
export function readDocument(bytes: Uint8Array): Document {
  return mongoose.mongo.BSON.deserialize(bytes);
}

/** About how many documents a collection holds; 0 where the server does not say. */
export async function estimateSize(collection: Collection): Promise<number> {
  try {
    return await collection.estimatedDocumentCount();
  } catch {
    return 0;
  }
}
