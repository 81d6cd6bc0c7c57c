import type mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import { randomText } from '../../lib/random-text.ts';
import type { PhoneNumberFault } from '../../phone/number.ts';

export const BATCHES = 'lethe_batches';

/** What became of a line: accepted under a reference, or why not. */
export type BatchItem = { readonly reference: string } | { readonly refused: 'no_affiliation' | PhoneNumberFault };

/** Numbers that were sent together, as the ledger keeps them: no number, and no hash of one without a key. */
export interface BatchRow {
  /** `bat_` and 15 letters or digits. */
  readonly _id: string;
  readonly account_id: string;
  /** Stands for the list, keyed as tokens are; gone when the same list may be sent as a new one. */
  digest?: string;
  readonly requested_by: string;
  readonly created_at: Date;
  /** How many lines there are; the first `items.length` of them are done. */
  readonly lines: number;
  readonly items: readonly BatchItem[];
  finished_at?: Date;
}

/** A list that comes again within so long is the same batch, and answers the same. */
const SAME_MS = 86_400_000;
/** How long one can be asked about. Its requests are kept as long as any others. */
const KEPT_MS = 30 * 86_400_000;

export function batchesOf(db: mongoose.mongo.Db): mongoose.mongo.Collection<BatchRow> {
  return db.collection<BatchRow>(BATCHES);
}

/**
 * The batch of a list: the one under way or lately done, or a new one.
 * @param digests of the list under every token key, the current first
 */
export async function openBatch(
  db: mongoose.mongo.Db,
  given: {
    readonly account: string;
    readonly actor: string;
    readonly digests: readonly string[];
    readonly lines: number;
  },
  now: Date,
): Promise<BatchRow> {
  const { account, actor, digests, lines } = given;
  const [digest = ''] = digests;
  for (;;) {
    const there = await batchesOf(db).findOne({ account_id: account, digest: { $in: [...digests] } });
    if (there && now.getTime() - there.created_at.getTime() < SAME_MS) return there;
    if (there) await batchesOf(db).updateOne({ _id: there._id, account_id: account }, { $unset: { digest: '' } });
    const row: BatchRow = {
      ...{ _id: `bat_${randomText(15)}`, account_id: account, digest, requested_by: actor },
      ...{ created_at: now, lines, items: [] },
    };
    try {
      await batchesOf(db).insertOne(row);
      return row;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }
}

/** @returns null: no batch of this account */
export function findBatch(db: mongoose.mongo.Db, account: string, id: string): Promise<BatchRow | null> {
  return batchesOf(db).findOne({ _id: id, account_id: account });
}

/**
 * Writes down what became of the next lines.
 * @returns the batch as it stands then: somebody else may have been faster with the same lines
 */
export async function addItems(
  db: mongoose.mongo.Db,
  { _id, account_id, items, lines }: BatchRow,
  more: readonly BatchItem[],
  now: Date,
): Promise<BatchRow> {
  const isLast = items.length + more.length >= lines;
  await batchesOf(db).updateOne(
    { _id, account_id, items: { $size: items.length } },
    { $push: { items: { $each: [...more] } }, ...(isLast && { $set: { finished_at: now } }) },
  );
  const row = await findBatch(db, account_id, _id);
  if (!row) throw new Error('a batch is gone');
  return row;
}

/** Takes lists away that were sent longer ago than they are kept, done or not. @returns how many */
export async function dropOldBatches(db: mongoose.mongo.Db, now: Date): Promise<number> {
  const { deletedCount } = await batchesOf(db).deleteMany({ created_at: { $lt: new Date(now.getTime() - KEPT_MS) } });
  return deletedCount;
}
