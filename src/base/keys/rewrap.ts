import type mongoose from 'mongoose';
import { keyIdOf, type Seal } from './seal.ts';

type Db = mongoose.mongo.Db;

/** A sealed text of a row: where it stands, and what it is bound to. */
export interface SealedText {
  readonly path: string;
  readonly text: string;
  readonly context: string;
}

/** Rows with sealed texts, and how to find them in one. */
export interface SealedPlace<Row = mongoose.mongo.Document> {
  readonly collection: string;
  /** Only these rows count: those that somebody will still have to read. */
  readonly filter: Readonly<Record<string, unknown>>;
  sealedIn(row: Row): readonly SealedText[];
}

/** @returns how many texts are sealed under each key, by its id */
export async function countSealed(db: Db, place: SealedPlace): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const row of db.collection(place.collection).find(place.filter)) {
    for (const { text } of place.sealedIn(row)) counts.set(keyIdOf(text), (counts.get(keyIdOf(text)) ?? 0) + 1);
  }
  return counts;
}

/**
 * Seals texts under the current key that were sealed under another. A row that somebody else changes meanwhile is left
 * as it is.
 * @param onRow told of each row
 * @returns how many texts, and how many of them could not be opened: their key is gone
 * @throws what the database throws
 */
export async function rewrap(
  db: Db,
  seal: Seal,
  place: SealedPlace,
  onRow: () => void = () => {},
): Promise<{ renewed: number; unsealable: number }> {
  const rows = db.collection(place.collection);
  const sum = { renewed: 0, unsealable: 0 };
  for await (const row of rows.find(place.filter)) {
    onRow();
    const { before, after, unsealable } = renewIn(seal, place.sealedIn(row));
    sum.unsealable += unsealable;
    const count = Object.keys(after).length;
    if (count === 0) continue;
    const { account_id } = row;
    const written = await rows.updateOne(
      { _id: row._id, ...(account_id !== undefined && { account_id }), ...before },
      { $set: after },
    );
    sum.renewed += written.matchedCount * count;
  }
  return sum;
}

function renewIn(seal: Seal, texts: readonly SealedText[]) {
  const [before, after]: [Record<string, string>, Record<string, string>] = [{}, {}];
  let unsealable = 0;
  for (const { path, text, context } of texts) {
    const renewed = attempt(() => seal.renew(text, context));
    if (renewed === undefined) unsealable += 1;
    else if (renewed !== null) {
      before[path] = text;
      after[path] = renewed;
    }
  }
  return { before, after, unsealable };
}

/** @returns undefined: it cannot be opened */
function attempt(renew: () => string | null): string | null | undefined {
  try {
    return renew();
  } catch {
    return undefined;
  }
}
