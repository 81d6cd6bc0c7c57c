import type mongoose from 'mongoose';
import { TOKEN_SHAPE } from '../../base/keys/token.ts';
import { mayHoldNumber } from '../../engine/rewrite/bson-walk.ts';
import type { JoinedRule } from '../../engine/rewrite/rules.ts';
import type { CountryCode } from '../../phone/countries.ts';
import { createNumberMatcher, type NumberMatcher } from '../../phone/matcher.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { redactDigitRuns } from '../../phone/scan.ts';
import { type CollectionInfo, isStored, listCollections } from '../collections/list.ts';
import type { OnProgress } from '../collections/progress.ts';
import { estimateSize, readBytes, readDocument } from '../collections/read.ts';
import { createSpotter, type Spotter } from '../numbers/spot.ts';
import { type Trace, tracesIn } from './trace.ts';

type Db = mongoose.mongo.Db;
type Document = mongoose.mongo.Document;

export interface FindOptions {
  /** Looked for all at once. */
  readonly numbers: readonly PhoneNumber[];
  /** Whose national writings are read. */
  readonly countries: readonly CountryCode[];
  /** The platform's database first, then the others that the map names. */
  readonly databases: readonly Db[];
  /** Only these; undefined: every one, Lethe's own included. */
  readonly collections?: readonly string[];
  /** Lethe's suppression list in the first database. */
  readonly suppressionList: string;
  /** Numbers that stand in several fields of a collection's records, as the map says. */
  readonly joinedIn?: (place: FindPlace) => readonly JoinedRule[];
  /** Is a document somebody else's for sure? It is left out. */
  readonly isForeign?: (document: Document, place: FindPlace) => boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** A collection; without a database it is in the platform's. */
export interface FindPlace {
  readonly database?: string;
  readonly collection: string;
}

/** How much was read. */
export interface Reach {
  collections: number;
  documents: number;
}

/**
 * Searches every document of every collection, mapped or not, for some numbers: values, keys, JSON, base64, in every
 * writing. Reads everything once, one batch at a time, and changes nothing.
 * @param reach is counted up
 * @throws what the database throws; nothing that was not read counts as searched
 */
export async function* findNumbers(options: FindOptions, reach: Reach): AsyncGenerator<Trace> {
  const { databases, collections } = options;
  const matcher = createNumberMatcher(options.numbers, options.countries);
  const spotter = createSpotter(options.countries);
  for (const db of databases) {
    for (const info of await listCollections(db)) {
      if (!isStored(info) || (collections !== undefined && !collections.includes(info.name))) continue;
      yield* findInName(db, info, matcher);
      yield* findIn(db, info, { options, matcher, spotter, reach });
      reach.collections += 1;
    }
  }
}

interface Looking {
  readonly options: FindOptions;
  readonly matcher: NumberMatcher;
  readonly spotter: Spotter;
  readonly reach: Reach;
}

async function* findIn(db: Db, info: CollectionInfo, looking: Looking): AsyncGenerator<Trace> {
  const { options, matcher, spotter, reach } = looking;
  const { signal, onProgress, isForeign } = options;
  const collection = db.collection(info.name);
  const where = { database: db.databaseName, collection: redactDigitRuns(info.name) };
  const isPlatform = db === options.databases[0];
  const isList = isPlatform && info.name === options.suppressionList;
  const place = { ...(!isPlatform && { database: db.databaseName }), collection: info.name };
  const total = await estimateSize(collection);
  const joined = options.joinedIn?.(place) ?? [];
  let read = 0;
  for await (const batch of readBytes(collection, { ...(signal && { signal }) })) {
    for (const bytes of batch) {
      if (joined.length === 0 && !mayHoldNumber(bytes, matcher)) continue;
      const document = readDocument(bytes);
      if (isForeign?.(document, place)) continue;
      for (const trace of tracesIn(document, where, matcher, spotter, joined))
        yield isList && isLethesRow(document) ? { ...trace, own: 'suppression' } : trace;
    }
    read += batch.length;
    reach.documents += batch.length;
    onProgress?.({ place: where.collection, read, total });
  }
}

/** A row of the suppression list under a token of Lethe's: it holds the number until its request is completed. */
function isLethesRow({ token }: Document): boolean {
  return typeof token === 'string' && TOKEN_SHAPE.test(token);
}

/** Platforms that have a collection for each customer name it by the customer's number. */
function* findInName(db: Db, { name }: CollectionInfo, matcher: NumberMatcher): Generator<Trace> {
  const [mention] = matcher.mayHold(name) ? matcher.find(name) : [];
  if (mention === undefined) return;
  yield {
    database: db.databaseName,
    collection: redactDigitRuns(name),
    id: undefined,
    path: '(name of the collection)',
    as: 'name',
    sure: mention.sure,
  };
}
