import type mongoose from 'mongoose';
import type { FailureName } from '../../base/errors.ts';
import type { FoundFile } from '../../engine/file-fields.ts';
import type { Rewrite } from '../../engine/rewrite/edits.ts';
import { speakableId } from '../../lib/speakable-id.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { pushKeys, type SealedKeys } from '../references/keys.ts';
import type { KeysOf } from '../references/keys-of.ts';
import { type ErasureRequest, MOST_NAMED, type RecordFailure } from '../requests/ledger.ts';

/** A record in which numbers were found, and what becomes of it. */
export interface FoundRecord {
  readonly document: Readonly<Record<string, unknown>>;
  readonly rewrite: Rewrite;
}

/** What one request is told of some records. */
export interface Book {
  /** Records erased, by the names of the data map. */
  readonly counts: ReadonlyMap<string, number>;
  /** Records of which the look-ups may have erased the number at another place, and counted them then. */
  readonly again: ReadonlyMap<string, number>;
  /** Records in which the number stood where the map names none, or in somebody's text; by collection and path. */
  readonly elsewhere: ReadonlyMap<string, number>;
  readonly files: readonly FoundFile[];
  readonly failures: readonly RecordFailure[];
  /** A record that is still to be acted on holds the number. */
  readonly scheduled: boolean;
  /** Keys of the person's records for the records known by them, by the entry of those. */
  readonly keys: ReadonlyMap<string, readonly unknown[]>;
}

interface OpenBook {
  readonly keys: Map<string, unknown[]>;
  readonly counts: Map<string, number>;
  readonly again: Map<string, number>;
  readonly elsewhere: Map<string, number>;
  readonly files: FoundFile[];
  readonly failures: RecordFailure[];
  scheduled: boolean;
}

/** Places that are kept with a request; more are counted together. */
const MOST_PLACES = 20;

/**
 * Sorts what was found by the numbers.
 * @param place the collection, as failures name it
 * @param keysOf the keys of a person's record for others that are known by it
 */
export function keepBooks(place: string, found: readonly FoundRecord[], keysOf: KeysOf): Map<PhoneNumber, Book> {
  const books = new Map<PhoneNumber, OpenBook>();
  const bookOf = (number: PhoneNumber): OpenBook => {
    let book = books.get(number);
    if (book === undefined) {
      book = { ...EMPTY_BOOK(), files: [], failures: [], scheduled: false };
      books.set(number, book);
    }
    return book;
  };
  for (const { document, rewrite } of found) {
    if (rewrite.fate !== 'unchanged') {
      const numbers = [...new Set(rewrite.found.map(({ number }) => number))];
      for (const number of numbers) {
        countRecord(bookOf(number), rewrite, number);
        const own = rewrite.found.filter((find) => find.number === number && find.as === 'mapped' && find.own);
        for (const name of new Set(own.map((find) => find.name)))
          for (const [child, keys] of keysOf(name, document, number)) {
            const all = bookOf(number).keys;
            all.set(child, [...(all.get(child) ?? []), ...keys]);
          }
      }
      // A recording goes with the record, whoever asked first.
      const [owner] = numbers;
      if (owner !== undefined) bookOf(owner).files.push(...rewrite.files);
    }
    for (const { number, path, why } of rewrite.failures)
      bookOf(number).failures.push(failureAt(place, document, path, why));
    for (const number of rewrite.waiting) bookOf(number).scheduled = true;
  }
  return books;
}

const EMPTY_BOOK = () => ({ counts: new Map(), again: new Map(), elsewhere: new Map(), keys: new Map() });

/** Counts a record once under each name. One that only mentions the number is no record of the person's erased. */
function countRecord(book: OpenBook, { found }: Rewrite, number: PhoneNumber): void {
  const finds = found.filter((find) => find.number === number);
  const own = new Set(finds.filter(({ as }) => as === 'mapped').map(({ name }) => name));
  const places = new Set(finds.filter(({ as }) => as !== 'mapped').map(({ name, path }) => `${name}.${path}`));
  for (const name of own) {
    const isAgain = finds.some((find) => find.name === name && find.again);
    const counts = isAgain ? book.again : book.counts;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const place of places) book.elsewhere.set(place, (book.elsewhere.get(place) ?? 0) + 1);
}

/** A record that refuses its change, as a failure of every number in it. */
export function bookRefusal(
  place: string,
  { document, rewrite }: FoundRecord,
  why: FailureName,
): Map<PhoneNumber, Book> {
  const numbers = new Set([...rewrite.found, ...rewrite.failures].map(({ number }) => number));
  return new Map(
    [...numbers].map((number): [PhoneNumber, Book] => {
      const path = rewrite.found.find((find) => find.number === number)?.path ?? '';
      const failures = [failureAt(place, document, path, why)];
      return [number, { ...EMPTY_BOOK(), files: [], failures, scheduled: false }];
    }),
  );
}

/**
 * A book as an update of the request. A record that the look-ups have changed is counted already.
 * @param known what the request's row says
 * @param erased records of each name that were counted for the request when the pass took it up
 * @param keys those of the book, sealed for the request
 * @returns the update, null where there is nothing to write, and what the row says then
 */
export function updateFrom(
  book: Book,
  known: ErasureRequest['scan'],
  keys: SealedKeys,
  erased: ErasureRequest['erased'],
): { update: mongoose.mongo.UpdateFilter<ErasureRequest> | null; notes: ErasureRequest['scan'] } {
  const fresh = [...book.again].filter(([name]) => (erased[name] ?? 0) === 0);
  const counts = new Map(book.counts);
  for (const [name, count] of fresh) counts.set(name, (counts.get(name) ?? 0) + count);
  const inc = Object.fromEntries([...counts].map(([name, count]) => [`erased.${name}`, count]));
  const notes: NonNullable<ErasureRequest['scan']> = {
    ...(book.failures.length > 0 && {
      failures: [...(known?.failures ?? []), ...book.failures].slice(0, MOST_NAMED),
      failed: (known?.failed ?? 0) + book.failures.length,
    }),
    ...(book.elsewhere.size > 0 && { elsewhere: addPlaces(known?.elsewhere ?? [], book.elsewhere) }),
    ...(book.scheduled && { scheduled: true as const }),
  };
  const set = Object.fromEntries(Object.entries(notes).map(([name, value]) => [`scan.${name}`, value]));
  const update = {
    ...(counts.size > 0 && { $inc: inc }),
    ...pushKeys(keys),
    ...(Object.keys(set).length > 0 && { $set: set }),
  } as mongoose.mongo.UpdateFilter<ErasureRequest>;
  return { update: Object.keys(update).length > 0 ? update : null, notes: { ...known, ...notes } };
}

type Elsewhere = NonNullable<NonNullable<ErasureRequest['scan']>['elsewhere']>;

/** Places beyond the most that are kept are counted together. */
function addPlaces(known: Elsewhere, more: ReadonlyMap<string, number>): Elsewhere {
  const counts = new Map(known.map(({ path, count }) => [path, count]));
  for (const [path, count] of more) {
    const key = counts.has(path) || counts.size < MOST_PLACES ? path : OTHERS;
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
  return [...counts].map(([path, count]) => ({ path, count }));
}

const OTHERS = 'other places';

function failureAt(place: string, document: FoundRecord['document'], path: string, why: FailureName): RecordFailure {
  const id = speakableId(document._id);
  return { name: why, where: path === '' ? place : `${place}.${path}`, ...(id !== undefined && { id }) };
}
