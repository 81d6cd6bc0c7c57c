import type mongoose from 'mongoose';
import { collectionOf } from '../../engine/collection.ts';
import { allOf, type Filter } from '../../engine/filter.ts';
import type { FieldCategory } from '../../engine/map/categories.ts';
import { type FieldPath, firstAt, KEY, readPath, throughArray, valueAt } from '../../engine/map/paths.ts';
import { isOwnPlace, placesBefore } from '../../engine/map/places.ts';
import { profileFor } from '../../engine/map/profile.ts';
import { type CollectionMap, type DataMap, nameOf } from '../../engine/map/schema.ts';
import { spotsOf } from '../../engine/plan.ts';
import { parentsFirst } from '../../engine/references.ts';
import { instancesOf } from '../../engine/rewrite/places.ts';
import { createOpener } from '../../engine/rewrite/walk.ts';
import { selectAnywhere } from '../../engine/selections.ts';
import { matcherOf, type Subject, subjectAt } from '../../engine/subject.ts';
import { textOf } from '../../lib/bson-text.ts';
import { createNumberReader } from '../../phone/reader.ts';
import { createFamily } from './family.ts';

type Document = mongoose.mongo.Document;

/** One value of a person, as the map names it. */
interface HeldField {
  readonly path: string;
  readonly category: FieldCategory;
  readonly value: unknown;
}

/** One record's data on a person; of a shared record, only the elements that are this person's. */
export interface HeldRecord {
  readonly id: string | null;
  readonly at: string | null;
  readonly fields: readonly HeldField[];
}

const BATCH = 200;

/**
 * Finds every record that holds a number, collection by collection, in every place and form the map names.
 * Scheduled messages and the platform's own suppressions are among them, and what is known by the person's records. A
 * record found at two places comes once. Records of nobody's are left out: they may be another account's.
 * @param signal ends the search, in the database, too
 * @throws the signal's reason
 */
export async function* findHeld(
  db: mongoose.mongo.Db,
  map: DataMap,
  subject: Subject,
  signal?: AbortSignal,
): AsyncGenerator<{ entry: CollectionMap; record: HeldRecord }> {
  const family = createFamily(map, subject);
  const { records } = profileFor('forget', map);
  for (const entry of parentsFirst(map)) {
    if (entry.owner.kind === 'any') continue;
    const templates = entry.numbers.flatMap((place) => place.templates);
    const describe = describer(entry, matcherOf(subjectAt(subject, templates)), subject, records[entry.record]);
    const read = (filter: Filter) =>
      collectionOf(db, entry, subject.account)
        .find(filter, signal && { signal })
        .batchSize(BATCH);
    const byNumber = entry.owner.kind === 'via' ? [] : filtersOf(entry, subject);
    for (const filter of byNumber)
      for await (const record of read(filter)) {
        const { isOwn, ...held } = describe.byNumber(record);
        if (isOwn) family.note(entry, record);
        yield { entry, record: held };
      }
    const link = family.linkOf(entry);
    for (const filter of link?.filters ?? [])
      for await (const record of read(byNumber.length > 0 ? allOf(filter, { $nor: byNumber }) : filter)) {
        family.note(entry, record);
        const held = describe.byKey(record, link?.narrow(record) ?? {});
        if (held.fields.length > 0) yield { entry, record: held };
      }
  }
}

/** One query a place, so that each uses its index. A later one excludes what an earlier one has found. */
function filtersOf(entry: CollectionMap, subject: Subject): Filter[] {
  const spots = spotsOf(entry);
  return spots.map((spot, index) =>
    allOf(
      selectAnywhere(spot, subject),
      // Places in several fields come last.
      ...spots
        .slice(0, index)
        .map(
          ({ path, here, joined }): Filter =>
            joined
              ? { $nor: [selectAnywhere({ entry, path, here, joined }, subject)] }
              : { [path.dotted]: { $nin: [...here(subject).values] } },
        ),
    ),
  );
}

interface Place {
  readonly text: string;
  readonly path: FieldPath;
  readonly category: FieldCategory;
}

interface Describer {
  /** A record that holds the number: it, and the fields of the same element, or of the record when it is their own. */
  byNumber(record: Document): HeldRecord & { readonly isOwn: boolean };
  /** A record that is known by their own: every field that is there. @param theirs the part of it that is theirs */
  byKey(record: Document, theirs: Document): HeldRecord;
}

/** Reads a person's part of a record. */
function describer(
  entry: CollectionMap,
  isTheirs: (value: unknown) => boolean,
  subject: Subject,
  fate: 'keep' | 'delete' | 'skip',
): Describer {
  const reader = createNumberReader(subject.countries);
  const placeOf = (text: string, category: FieldCategory): Place => ({ text, path: readPath(text), category });
  const numbers = entry.numbers.map(({ path }) => placeOf(path, 'number'));
  const fields = entry.fields
    .filter(({ path, anywhere }) => !path.includes(KEY) && !anywhere)
    .map((field) => placeOf(field.path, field.category));
  const scattered = entry.fields.filter(({ anywhere }) => anywhere);
  const everywhere = (record: Document): HeldField[] =>
    scattered.flatMap(({ path, category }) =>
      [...instancesOf(record, { path: readPath(path), anywhere: true }, createOpener())].map(({ value }) => ({
        ...{ path, category, value },
      })),
    );
  const arrays = [...new Set(numbers.map((place) => arrayOf(place.path)))];

  const head = (record: Document) => ({
    id: textOf(firstAt(record, readPath(entry.id ?? '_id'))),
    at: entry.at === undefined ? null : textOf(valueAt(record, entry.at.path)),
  });
  /** Does a number at one of the places say that the record is theirs? As an erasure decides it. */
  const isOwn = (record: Document, paths: readonly string[]): boolean =>
    paths.some((path) => {
      const place = entry.numbers.find((one) => one.path === path);
      if (place === undefined || isOwnPlace(entry, place, fate)) return true;
      const before = placesBefore(entry, place, fate).map((one) => valueAt(record, one));
      return before.length > 0 && before.every((value) => isTheirs(value) || reader.read(value).kind === 'none');
    });
  const byKey = (record: Document, theirs: Document): HeldRecord => {
    const found = [...numbers, ...fields].flatMap(({ text, path, category }): HeldField[] =>
      elementsOf(theirs, path.pieces.slice(0, -1))
        .map((element) => valueAt(element, path.pieces.at(-1) ?? ''))
        .filter((value) => value !== undefined && (category !== 'number' || isTheirs(value)))
        .map((value) => ({ path: text, category, value })),
    );
    return { ...head(record), fields: [...found, ...everywhere(theirs)] };
  };
  const byNumber: Describer['byNumber'] = (record) => {
    const found: HeldField[] = [];
    const add = ({ text, path, category }: Place, element: unknown) => {
      const value = valueAt(element, path.pieces.at(-1) ?? '');
      if (value !== undefined) found.push({ path: text, category, value });
    };
    for (const array of arrays) {
      const here = (place: Place) => arrayOf(place.path) === array && throughArray(place.path);
      const inArray = numbers.filter((place) => arrayOf(place.path) === array);
      for (const element of elementsOf(record, inArray[0]?.path.pieces.slice(0, -1) ?? [])) {
        const theirs = inArray.flatMap((place): HeldField[] => {
          const value = valueAt(element, place.path.pieces.at(-1) ?? '');
          // A list where the map says a plain value: only their elements of it.
          const values = Array.isArray(value) ? value.filter(isTheirs) : [value].filter(isTheirs);
          return values.map((one) => ({ path: place.text, category: place.category, value: one }));
        });
        if (theirs.length === 0) continue;
        found.push(...theirs);
        for (const place of fields) if (here(place)) add(place, element);
      }
    }
    for (const { parts, code } of entry.joined) {
      const held = parts.map((path) => ({ path, category: 'number' as const, value: valueAt(record, path) }));
      const reading = reader.readParts(
        held.map(({ value }) => value),
        code,
      );
      if (reading.kind === 'number' && reading.number === subject.number) found.push(...held);
    }
    const paths = found.filter(({ category }) => category === 'number').map(({ path }) => path);
    const isTheirRecord = isOwn(record, paths);
    for (const place of fields) if (isTheirRecord && !throughArray(place.path)) add(place, record);
    if (isTheirRecord) found.push(...everywhere(record));
    return { ...head(record), fields: found, isOwn: isTheirRecord };
  };
  return { byNumber, byKey };
}

const arrayOf = (path: FieldPath): string => path.pieces.slice(0, -1).join('[].');

/** The innermost elements of a path through arrays; the record itself for a path without arrays. */
function elementsOf(record: unknown, pieces: readonly string[]): unknown[] {
  return pieces.reduce<unknown[]>(
    (elements, piece) =>
      elements.flatMap((element) => {
        const value = valueAt(element, piece);
        return Array.isArray(value) ? (value as unknown[]) : [];
      }),
    [record],
  );
}

/** The collections that are searched, by the names of the map. */
export function searchedNames(map: DataMap): string[] {
  return map.collections
    .filter((entry) => entry.owner.kind !== 'any' && (spotsOf(entry).length > 0 || entry.via !== undefined))
    .map(nameOf);
}
