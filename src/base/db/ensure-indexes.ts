import type mongoose from 'mongoose';
import { isTransient, PassingFault } from './faults.ts';

type Db = mongoose.mongo.Db;
type IndexInfo = mongoose.mongo.IndexDescriptionInfo;

/** Indexes that a collection must have; none: the collection itself must be there. */
export interface IndexedCollection {
  readonly collection: string;
  /** Another database of the same deployment. */
  readonly database?: string;
  readonly indexes: readonly mongoose.mongo.IndexDescription[];
  /** Names of indexes that former versions built and nothing uses any more. */
  readonly former?: readonly string[];
}

/**
 * Indexes that promises rest on are not there and could not be built: nothing may be accepted or erased. It passes by
 * itself once an operator has mended the cause.
 */
export class IndexesMissing extends PassingFault {
  override readonly name = 'IndexesMissing';
  /** `collection.index`. */
  readonly missing: readonly string[];

  constructor(missing: readonly string[], cause: unknown) {
    super(`indexes are missing and could not be built: ${missing.join(', ')}`, { cause });
    this.missing = missing;
  }
}

const NAMESPACE_NOT_FOUND = 26;
const UNAUTHORIZED = 13;
const NAMESPACE_EXISTS = 48;

/**
 * Builds the indexes that are not there: safe to run from any number of processes at once, and at every start. It looks
 * first and builds only what is missing: once all are there, a user who may build none is enough.
 * @throws IndexesMissing with the cause when some cannot be built; what the database throws while it is away
 */
export async function ensureIndexes(db: Db, needed: readonly IndexedCollection[]): Promise<void> {
  const missing: string[] = [];
  let cause: unknown;
  for (const lacking of await findLacking(db, needed)) {
    try {
      await build(db, lacking);
    } catch (error) {
      if (isTransient(error)) throw error;
      missing.push(...namesOf(lacking));
      cause ??= error;
    }
  }
  if (missing.length > 0) throw new IndexesMissing(missing, cause);
}

/**
 * Drops indexes of former versions: each write pays for them. Best effort: a user who may drop none leaves them.
 * @returns the names of those that were dropped, as `collection.index`
 */
export async function dropFormerIndexes(db: Db, needed: readonly IndexedCollection[]): Promise<string[]> {
  const dropped: string[] = [];
  for (const { former = [], ...place } of needed) {
    if (former.length === 0) continue;
    const there = await readIndexes(db, place).catch(() => null);
    for (const { name } of there ?? []) {
      if (!name || !former.includes(name)) continue;
      const isDropped = await within(db, place)
        .collection(place.collection)
        .dropIndex(name)
        .then(
          () => true,
          () => false,
        );
      if (isDropped) dropped.push(`${place.collection}.${name}`);
    }
  }
  return dropped;
}

/**
 * The indexes that are not there, or that nobody lets us see, as `collection.index`.
 * @throws what the database throws while it is away
 */
export async function findMissingIndexes(db: Db, needed: readonly IndexedCollection[]): Promise<string[]> {
  return (await findLacking(db, needed)).flatMap(namesOf);
}

const namesOf = ({ collection, indexes }: IndexedCollection): string[] =>
  indexes.length === 0 ? [collection] : indexes.map(({ name }) => `${collection}.${name}`);

/** Of each collection what it lacks. */
async function findLacking(db: Db, needed: readonly IndexedCollection[]): Promise<IndexedCollection[]> {
  const found = await Promise.all(
    needed.map(async ({ indexes, former: _former, ...place }) => {
      const there = await readIndexes(db, place);
      const missing = indexes.filter((index) => !there?.some((one) => isSame(one, index)));
      return there !== null && missing.length === 0 ? [] : [{ ...place, indexes: missing }];
    }),
  );
  return found.flat();
}

/** @returns null without the collection, and without the right to look: building then tells whether they are there */
async function readIndexes(db: Db, place: Omit<IndexedCollection, 'indexes' | 'former'>): Promise<IndexInfo[] | null> {
  try {
    return await within(db, place).collection(place.collection).listIndexes().toArray();
  } catch (error) {
    if ([NAMESPACE_NOT_FOUND, UNAUTHORIZED].includes(Number(codeOf(error)))) return null;
    throw error;
  }
}

/** Does it do what the other one does, whatever an operator called it? One with a collation finds other things. */
function isSame(there: IndexInfo, index: mongoose.mongo.IndexDescription): boolean {
  // The order of a key's fields matters, and JSON keeps it.
  const essence = ({ key, unique, partialFilterExpression }: IndexInfo | mongoose.mongo.IndexDescription) =>
    JSON.stringify([key, unique ?? false, partialFilterExpression ?? null]);
  return essence(there) === essence(index) && !there.collation && !there.sparse && !there.hidden;
}

function within(db: Db, { database }: Pick<IndexedCollection, 'database'>): Db {
  return database === undefined ? db : db.client.db(database);
}

async function build(db: Db, { indexes, ...place }: Omit<IndexedCollection, 'former'>): Promise<void> {
  const { collection } = place;
  if (indexes.length > 0) {
    await within(db, place)
      .collection(collection)
      .createIndexes([...indexes]);
    return;
  }
  await db.createCollection(collection).catch((error: unknown) => {
    if (codeOf(error) !== NAMESPACE_EXISTS) throw error;
  });
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}
