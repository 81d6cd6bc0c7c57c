import mongoose from 'mongoose';
import { isTransient } from '../../base/db/faults.ts';
import { inTransaction } from '../../base/db/transaction.ts';
import { ErasureFailure, type FailureName } from '../../base/errors.ts';
import { isRecordFault } from '../../engine/faults.ts';
import type { FoundFile } from '../../engine/file-fields.ts';
import { statementsFor } from '../../engine/rewrite/apply.ts';
import type { Rewrite } from '../../engine/rewrite/edits.ts';
import { applyEdits } from '../../engine/rewrite/outcome.ts';
import type { Place } from '../../engine/scan/read-place.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import type { Files } from '../recordings/files.ts';
import { type ErasureRequest, requestsOf, type ScanFailure } from '../requests/ledger.ts';
import type { Joiner } from './joiners.ts';

type Document = Record<string, unknown>;

/** A record in which numbers were found, and what becomes of it. */
export interface FoundRecord {
  readonly document: Document;
  readonly rewrite: Rewrite;
}

export interface CommitDependencies {
  readonly db: mongoose.mongo.Db;
  readonly files: Pick<Files, 'add'>;
}

/** What a place's records are rewritten by. */
export interface Scene {
  readonly place: Place;
  /** Whose numbers are searched for, by number. */
  readonly joiners: ReadonlyMap<PhoneNumber, Joiner>;
  rewrite(document: Document): Rewrite;
}

/** A record that was changed by somebody else since it was read. */
class RecordMoved extends Error {}

/** How often a record that keeps changing is read again. */
const MOST_READS = 5;

/**
 * Changes records and counts them, in one transaction: a worker killed at any moment has done both or neither, and its
 * successor finds what is left. A transaction that one record spoils is repeated record by record, so that only the
 * record that refuses stays, as a failure of the requests whose number it holds.
 * @throws what the database throws while it is away
 */
export async function commitFinds(
  deps: CommitDependencies,
  scene: Scene,
  found: readonly FoundRecord[],
): Promise<void> {
  if (found.length === 0) return;
  try {
    await commitTogether(deps, scene, found);
  } catch (error) {
    if (isTransient(error)) throw error;
    for (const { document } of found) await commitAlone(deps, scene, document._id);
  }
}

async function commitTogether(
  { db, files }: CommitDependencies,
  scene: Scene,
  found: readonly FoundRecord[],
): Promise<void> {
  const { place } = scene;
  const statements = found.map(({ document, rewrite }) => statementsFor(document, rewrite, place.filter));
  if (statements.some((one) => one === null)) throw new RecordMoved();
  const writes = statements.flatMap((some) => some ?? []);
  await inTransaction(db, async (session) => {
    if (writes.length > 0) {
      const result = await place.collection.bulkWrite(writes, { session });
      if (result.matchedCount + result.deletedCount !== writes.length) throw new RecordMoved();
    }
    await writeBooks({ db, files }, scene, found, session);
  });
}

/**
 * One record in a transaction of its own, read anew: first by what changes, then, where the database has no statement
 * that says so, as a whole.
 */
async function commitAlone({ db, files }: CommitDependencies, scene: Scene, id: unknown): Promise<void> {
  for (let reads = 1; ; reads += 1) {
    let known: FoundRecord | undefined;
    try {
      await inTransaction(db, async (session) => {
        known = await readAgain(scene, id, session);
        if (known === undefined || isIdle(known.rewrite)) return;
        await writeRecord(scene, known, reads > 1, session);
        await writeBooks({ db, files }, scene, [known], session);
      });
      return;
    } catch (error) {
      if (isTransient(error)) throw error;
      const isRefused = isRecordFault(error) || error instanceof ErasureFailure;
      if (!isRefused && reads < MOST_READS) continue;
      if (known === undefined) throw error;
      await noteFailures(db, scene, known, nameOf(error));
      return;
    }
  }
}

async function readAgain(
  scene: Scene,
  id: unknown,
  session: mongoose.mongo.ClientSession,
): Promise<FoundRecord | undefined> {
  const { collection, filter } = scene.place;
  const options = { session, promoteLongs: false };
  const document = await collection.findOne({ $and: [filter, { _id: id as never }] }, options);
  return document === null ? undefined : { document, rewrite: scene.rewrite(document) };
}

const isIdle = ({ fate, failures, waiting }: Rewrite) =>
  fate === 'unchanged' && failures.length === 0 && waiting.length === 0;

async function writeRecord(
  { place }: Scene,
  { document, rewrite }: FoundRecord,
  asWhole: boolean,
  session: mongoose.mongo.ClientSession,
): Promise<void> {
  const { collection, filter } = place;
  const statements = asWhole ? null : statementsFor(document, rewrite, filter);
  let written: number;
  let wanted = 1;
  if (statements !== null) {
    if (statements.length === 0) return;
    const result = await collection.bulkWrite(statements, { session });
    written = result.matchedCount + result.deletedCount;
    wanted = statements.length;
  } else {
    // Read in this transaction: whatever else changes the record meanwhile makes the transaction begin anew.
    const itself = { $and: [filter, { _id: document._id as never }] };
    if (rewrite.fate === 'deleted') written = (await collection.deleteOne(itself, { session })).deletedCount;
    else if (rewrite.fate === 'changed') {
      const { _id: _, ...whole } = applyEdits(document, rewrite);
      written = (await collection.replaceOne(itself, whole, { session })).matchedCount;
    } else return;
  }
  if (written !== wanted) throw new RecordMoved();
}

function nameOf(error: unknown): FailureName {
  if (error instanceof ErasureFailure) return error.failure;
  return isRecordFault(error) ? 'refused' : 'unexpected';
}

/** Counts, files and failures of records, by the requests whose numbers they held. */
async function writeBooks(
  { db, files }: CommitDependencies,
  scene: Scene,
  found: readonly FoundRecord[],
  session: mongoose.mongo.ClientSession,
): Promise<void> {
  const books = new Map<PhoneNumber, Book>();
  const bookOf = (number: PhoneNumber) => {
    const book = books.get(number) ?? { counts: {}, found: {}, files: [], failures: [], scheduled: false };
    books.set(number, book);
    return book;
  };
  for (const { document, rewrite } of found) {
    if (rewrite.fate !== 'unchanged') {
      const numbers = [...new Set(rewrite.found.map(({ number }) => number))];
      for (const number of numbers) {
        const book = bookOf(number);
        const finds = rewrite.found.filter((find) => find.number === number);
        // A record that is not the person's own, as one that mentions the number, is no record of theirs erased.
        const own = finds.find(({ as }) => as === 'mapped');
        if (own) book.counts[own.name] = (book.counts[own.name] ?? 0) + 1;
        for (const { as, name, path } of finds) {
          if (as === 'mapped') continue;
          const place = `${name}.${path}`;
          book.found[place] = (book.found[place] ?? 0) + 1;
        }
      }
      // A recording goes with the record, whoever asked first.
      const [owner] = numbers;
      if (owner) bookOf(owner).files.push(...rewrite.files);
    }
    for (const failure of rewrite.failures)
      bookOf(failure.number).failures.push(failureAt(scene, document, failure.path, failure.why));
    for (const number of rewrite.waiting) bookOf(number).scheduled = true;
  }
  for (const [number, book] of books) {
    const joiner = scene.joiners.get(number);
    if (joiner === undefined) continue;
    const { _id, account_id, reference } = joiner.request;
    if (book.files.length > 0) await files.add({ account: account_id, reference }, book.files, session);
    await requestsOf(db).updateOne({ _id, account_id, unfinished: true }, updateOf(book), { session });
  }
}

/** What one request is told of a batch. */
interface Book {
  readonly counts: Record<string, number>;
  /** Finds where the map names no number, by path. */
  readonly found: Record<string, number>;
  readonly files: FoundFile[];
  readonly failures: ScanFailure[];
  scheduled: boolean;
}

/** Failures kept with a request; more are only counted. */
const MOST_FAILURES = 20;

function updateOf({ counts, found, failures, scheduled }: Book): mongoose.mongo.UpdateFilter<ErasureRequest> {
  const inc = {
    ...Object.fromEntries(Object.entries(counts).map(([name, count]) => [`erased.${name}`, count])),
    ...(failures.length > 0 && { 'scan.failed': failures.length }),
  };
  const elsewhere = Object.entries(found).map(([path, count]) => ({ path, count }));
  return {
    ...(Object.keys(inc).length > 0 && { $inc: inc }),
    ...((failures.length > 0 || elsewhere.length > 0) && {
      $push: {
        ...(failures.length > 0 && { 'scan.failures': { $each: failures, $slice: MOST_FAILURES } }),
        ...(elsewhere.length > 0 && { 'scan.elsewhere': { $each: elsewhere, $slice: MOST_FAILURES } }),
      },
    }),
    $set: { 'scan.touched': true, ...(scheduled && { 'scan.scheduled': true }) },
  } as mongoose.mongo.UpdateFilter<ErasureRequest>;
}

/** A record that cannot be changed: every request whose number it holds is told. */
async function noteFailures(db: mongoose.mongo.Db, scene: Scene, known: FoundRecord, why: FailureName): Promise<void> {
  const numbers = new Set(known.rewrite.found.map(({ number }) => number));
  for (const number of numbers) {
    const joiner = scene.joiners.get(number);
    if (joiner === undefined) continue;
    const { _id, account_id } = joiner.request;
    const path = known.rewrite.found.find((find) => find.number === number)?.path ?? '';
    const failure = failureAt(scene, known.document, path, why);
    await requestsOf(db).updateOne({ _id, account_id, unfinished: true }, {
      $push: { 'scan.failures': { $each: [failure], $slice: MOST_FAILURES } },
      $inc: { 'scan.failed': 1 },
    } as mongoose.mongo.UpdateFilter<ErasureRequest>);
  }
}

function failureAt(scene: Scene, document: Document, path: string, why: FailureName): ScanFailure {
  const id = speakableId(document._id);
  return { name: why, where: `${scene.place.key}.${path}`, ...(id !== undefined && { id }) };
}

/** An `_id` names a record without naming a person, unless it has as many digits as a number. */
function speakableId(id: unknown): string | undefined {
  if (id instanceof mongoose.mongo.ObjectId) return id.toHexString();
  const text = String(id);
  return text.replace(/\D/g, '').length >= 7 || text.length > 100 ? undefined : text;
}
