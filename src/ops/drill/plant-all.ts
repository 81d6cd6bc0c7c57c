import type mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import { collectionOf } from '../../engine/collection.ts';
import { isDocumentId } from '../../engine/map/collection-rules.ts';
import type { CountryCode } from '../../phone/countries.ts';
import { createNumberReader } from '../../phone/reader.ts';
import type { EntryView } from '../map-view.ts';
import { fillUnique, linkRecord, type Planted, type PlantOptions, plantRecord, type Spot } from './plant.ts';
import { joinedShapesFor, type Shape, type ShapeSet, shapesFor } from './shapes.ts';

type Db = mongoose.mongo.Db;
type Collection = mongoose.mongo.Collection;

interface PlantAllOptions {
  readonly db: Db;
  readonly shapes: ShapeSet;
  /** Whose national writings are read. */
  readonly countries: readonly CountryCode[];
  readonly signal: AbortSignal;
}

/** What was put where, and the entries that could not be drilled in full. */
interface PlantedAll {
  readonly planted: Planted[];
  readonly refused: { readonly name: string; readonly why: string }[];
}

const DOCUMENT_VALIDATION_FAILURE = 121;
const UNAUTHORIZED = 13;

/**
 * Puts the number into every entry, in every shape at every place. What belongs to another record comes after it, and is
 * tied to it.
 * @throws the signal's reason; what the database throws, but for a collection that refuses a record
 */
export async function plantAll(
  { db, shapes: set, countries, signal }: PlantAllOptions,
  views: readonly EntryView[],
  options: PlantOptions,
): Promise<PlantedAll> {
  const reader = createNumberReader(countries);
  const planted: Planted[] = [];
  const refused: { name: string; why: string }[] = [];
  for (const view of parentsFirst(views)) {
    const collection = collectionOf(db, view.entry, options.account);
    const unique = await uniqueKeys(collection);
    const parent = planted.find((one) => one.view.name === view.entry.via?.collection);
    const plant = async (spot: Spot | undefined) => {
      signal.throwIfAborted();
      const one = plantRecord(view, spot, planted.length, options);
      fillUnique(one, unique, `${options.run}-${spot?.shape.name.length ?? 0}-${planted.length}`);
      const isParentChanged = parent !== undefined && view.entry.via !== undefined && linkRecord(one, parent);
      const fault = await insert(collection, one);
      if (fault !== undefined) return fault;
      planted.push(one);
      if (isParentChanged) await replace(collectionOf(db, parent.view.entry, options.account), parent);
      return undefined;
    };

    if (view.entry.via !== undefined && parent === undefined) {
      refused.push({ name: view.name, why: 'there is no record of the drill that it could belong to' });
      continue;
    }
    const faults: (string | undefined)[] = [];
    for (const place of view.numbers)
      for (const shape of shapesFor(place, options.number, reader, set))
        if (!isDocumentId(place.path) || canBeId(shape)) faults.push(await plant({ place, shape }));
    for (const joined of view.entry.joined)
      for (const shape of joinedShapesFor(joined, options.number, reader)) faults.push(await plant({ joined, shape }));
    // JSON by itself is found by reading alone.
    const isInJson = set === 'all' && view.entry.json.some(({ numbers }) => numbers.length > 0);
    if (faults.length === 0 && (parent !== undefined || isInJson)) faults.push(await plant(undefined));
    if (faults.length > 0 && !faults.includes(undefined)) refused.push({ name: view.name, why: faults.at(-1) ?? '' });
  }
  return { planted, refused };
}

/** No `_id` is a list; one that, or a part of which, only mentions the number cannot be masked, and its record is nobody's to delete. */
const canBeId = ({ around, isMention }: Shape) => around === undefined && !isMention;

/** Entries that are known by others come after them. A map has no circles. */
function parentsFirst(views: readonly EntryView[]): EntryView[] {
  const depthOf = (view: EntryView): number => {
    const parent = views.find(({ name }) => name === view.entry.via?.collection);
    return parent === undefined ? 0 : 1 + depthOf(parent);
  };
  return [...views].sort((one, other) => depthOf(one) - depthOf(other));
}

/** @returns why the collection does not take the record */
async function insert(collection: Collection, { document }: Planted): Promise<string | undefined> {
  try {
    await collection.insertOne(document);
    return undefined;
  } catch (error) {
    if (isDuplicateKey(error)) return 'a unique index refuses its records';
    const { code, codeName } = error as { code?: unknown; codeName?: unknown };
    if (code === DOCUMENT_VALIDATION_FAILURE) return 'its validator refuses records of the drill';
    if (code === UNAUTHORIZED) return 'this user may not write into it';
    if (typeof codeName === 'string') return `the server refuses its records (${codeName})`;
    throw error;
  }
}

async function replace(collection: Collection, { document }: Planted): Promise<void> {
  await collection.replaceOne({ _id: document._id }, document);
}

async function uniqueKeys(collection: Collection): Promise<string[][]> {
  try {
    const indexes = await collection.indexes();
    return indexes.filter(({ unique }) => unique).map(({ key }) => Object.keys(key));
  } catch {
    // The collection is not there yet.
    return [];
  }
}
