import mongoose from 'mongoose';
import { isTransient } from '../../base/db/faults.ts';
import { inTransaction } from '../../base/db/transaction.ts';
import { ErasureFailure, type FailureName } from '../../base/errors.ts';
import type { Seal } from '../../base/keys/seal.ts';
import { isRecordFault } from '../../engine/faults.ts';
import { replacementFor, statementsFor } from '../../engine/rewrite/apply.ts';
import type { Rewrite } from '../../engine/rewrite/edits.ts';
import type { Place } from '../../engine/scan/read-place.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import type { Files } from '../recordings/files.ts';
import { sealKeys } from '../references/keys.ts';
import type { KeysOf } from '../references/keys-of.ts';
import { type ErasureRequest, requestsOf } from '../requests/ledger.ts';
import { LeaseLost } from '../work/lease.ts';
import { type Book, bookRefusal, type FoundRecord, keepBooks, updateFrom } from './books.ts';
import type { ScanPlace } from './circle.ts';
import { type Joiner, refreshNotes } from './joiners.ts';

const { BSON } = mongoose.mongo;

type Session = mongoose.mongo.ClientSession;
type Document = FoundRecord['document'];

export interface CommitDependencies {
  readonly db: mongoose.mongo.Db;
  readonly files: Pick<Files, 'add'>;
  readonly seal: Seal;
  /**
   * Writes down that everything up to this `_id` is done, under the pass's lease.
   * @throws LeaseLost: then the transaction is rolled back
   */
  keepPosition(after: unknown, session: Session): Promise<void>;
}

/** What a place's records are rewritten by. */
export interface Scene {
  readonly place: ScanPlace;
  /** Whose numbers are searched for; the first of several with one number has the counts, all of them the failures. */
  readonly joiners: ReadonlyMap<PhoneNumber, readonly Joiner[]>;
  rewrite(document: Document): Rewrite;
  readonly keysOf: KeysOf;
}

/** A record that was changed by somebody else since it was read, or that no statement can change. */
class RecordMoved extends Error {}

/** How often a record that keeps changing is read again. */
const MOST_READS = 5;

/**
 * Changes records, counts them and moves the pass on, in one transaction: a worker killed at any moment has done all of
 * it or nothing, and one that lost its lease nothing. A transaction that fails because of a record is repeated by
 * halves, until the record is alone: only that one stays, as a failure of the requests whose number it holds.
 * @param found in the order of their `_id`s
 * @param after the `_id` up to which everything has been read
 * @throws LeaseLost; what the database throws while it is away
 */
export async function commitFinds(
  deps: CommitDependencies,
  scene: Scene,
  found: readonly FoundRecord[],
  after: unknown,
): Promise<void> {
  const [first, ...others] = found;
  if (first === undefined) return;
  try {
    await commitTogether(deps, scene, found, after);
  } catch (error) {
    if (error instanceof LeaseLost) throw error;
    const isTooMuch = error instanceof mongoose.mongo.MongoOperationTimeoutError && others.length > 0;
    if (isTransient(error) && !isTooMuch) throw error;
    if (isTooMuch) await refreshNotes(deps.db, [...scene.joiners.values()].flat());
    if (others.length === 0) return commitAlone(deps, scene, first.document._id, after);
    const middle = found.length >> 1;
    // Where the pass stands among others, it stays until all that is known by them has been read.
    const between = scene.place.read ? after : found[middle - 1]?.document._id;
    await commitFinds(deps, scene, found.slice(0, middle), between);
    await commitFinds(deps, scene, found.slice(middle), after);
  }
}

async function commitTogether(
  deps: CommitDependencies,
  scene: Scene,
  found: readonly FoundRecord[],
  after: unknown,
): Promise<void> {
  const { place } = scene;
  const statements = found.map(({ document, rewrite }) => statementsFor(document, rewrite, place.filter));
  if (statements.some((one) => one === null)) throw new RecordMoved();
  const writes = statements.flatMap((some) => some ?? []);
  await commit(deps, scene, after, async (session) => {
    await writeAll(place, writes, session);
    return keepBooks(place.key, found, scene.keysOf);
  });
}

type Statement = mongoose.mongo.AnyBulkWriteOperation<mongoose.mongo.Document>;

async function writeAll({ collection }: Place, writes: readonly Statement[], session: Session): Promise<void> {
  if (writes.length === 0) return;
  const { matchedCount, deletedCount } = await collection.bulkWrite([...writes], { session });
  if (matchedCount + deletedCount !== writes.length) throw new RecordMoved();
}

/**
 * One record in a transaction of its own, read anew: first by what changes, then, where the database has no statement
 * that says so, as a whole.
 */
async function commitAlone(deps: CommitDependencies, scene: Scene, id: unknown, after: unknown): Promise<void> {
  const { place } = scene;
  for (let reads = 1; ; reads += 1) {
    let known: FoundRecord | null = null;
    try {
      await commit(deps, scene, after, async (session) => {
        const read = await readAgain(scene, id, session);
        known = read && { document: read.document, rewrite: scene.rewrite(read.document) };
        if (read === null || known === null) return new Map();
        const statements = reads === 1 ? statementsFor(known.document, known.rewrite, place.filter) : null;
        await writeAll(place, statements ?? wholeOf(read.bytes, known.rewrite, place), session);
        return keepBooks(place.key, [known], scene.keysOf);
      });
      return;
    } catch (error) {
      if (error instanceof LeaseLost || isTransient(error)) throw error;
      const isRefused = isRecordFault(error) || error instanceof ErasureFailure;
      if (!isRefused && reads < MOST_READS) continue;
      if (known === null) throw error;
      const refusal = bookRefusal(place.key, known, nameOf(error));
      return commit(deps, scene, after, async () => refusal);
    }
  }
}

async function readAgain(
  { place }: Scene,
  id: unknown,
  session: Session,
): Promise<{ bytes: Uint8Array; document: Document } | null> {
  const one = { $and: [place.filter, { _id: { $eq: id as never } }] };
  // Raw, to be read twice: for the rewriter, and for a replacement in which every number keeps its type.
  const bytes = (await place.collection.findOne(one, { session, raw: true })) as unknown as Uint8Array | null;
  return bytes && { bytes, document: BSON.deserialize(bytes, { promoteLongs: false }) };
}

/** Read in this transaction: whatever else changes the record meanwhile makes the transaction begin anew. */
function wholeOf(bytes: Uint8Array, rewrite: Rewrite, place: Place): Statement[] {
  if (rewrite.fate === 'unchanged') return [];
  return [replacementFor(BSON.deserialize(bytes, { promoteValues: false }), rewrite, place.filter)];
}

function nameOf(error: unknown): FailureName {
  if (error instanceof ErasureFailure) return error.failure;
  return isRecordFault(error) ? 'refused' : 'unexpected';
}

const NONE: ReadonlyMap<string, number> = new Map();

/**
 * Writes counts, files and failures, by the requests whose numbers the records held.
 * @returns to be called when the transaction is committed
 */
async function writeBooks(
  { db, files, seal }: CommitDependencies,
  { joiners }: Scene,
  books: ReadonlyMap<PhoneNumber, Book>,
  session: Session,
): Promise<() => void> {
  const updates: mongoose.mongo.AnyBulkWriteOperation<ErasureRequest>[] = [];
  const written: [Joiner, Joiner['notes']][] = [];
  for (const [number, book] of books) {
    for (const [index, joiner] of (joiners.get(number) ?? []).entries()) {
      const own = index === 0 ? book : { ...book, counts: NONE, again: NONE, elsewhere: NONE, files: [] };
      const { _id, account_id, reference, erased } = joiner.request;
      if (own.files.length > 0) await files.add({ account: account_id, reference }, own.files, session);
      const { update, notes } = updateFrom(own, joiner.notes, sealKeys(seal, own.keys, reference), erased);
      if (update === null) continue;
      updates.push({ updateOne: { filter: { _id, account_id, unfinished: true, state: 'scanning' }, update } });
      written.push([joiner, notes]);
    }
  }
  if (updates.length > 0) await requestsOf(db).bulkWrite(updates, { session });
  return () => {
    for (const [joiner, notes] of written) joiner.notes = notes;
  };
}

/** Work on records, its books and the pass's new position, in one transaction. */
async function commit(
  deps: CommitDependencies,
  scene: Scene,
  after: unknown,
  work: (session: Session) => Promise<ReadonlyMap<PhoneNumber, Book>>,
): Promise<void> {
  let note = () => {};
  await inTransaction(deps.db, async (session) => {
    note = await writeBooks(deps, scene, await work(session), session);
    await deps.keepPosition(after, session);
  });
  note();
}
