import type mongoose from 'mongoose';
import { ErasureFailure } from '../base/errors.ts';
import type { Change, ElementWrite } from './change.ts';
import type { Filter } from './filter.ts';
import { type FieldPath, readPath, throughArray, valueAt } from './map/paths.ts';
import { type CollectionMap, nameOf } from './map/schema.ts';
import { REDACTED_TEXT, REDACTED_WORD } from './map/strategies.ts';
import { matcherOf } from './subject.ts';

type Document = mongoose.mongo.Document;

/** A file that a record referred to. */
export interface FoundFile {
  /** The field, by the names of the data map: `calls.recording_url`. */
  readonly where: string;
  readonly reference: string;
}

/** A field with a reference to a file, which a change removes. */
export interface FileField {
  readonly where: string;
  readonly path: FieldPath;
  /** For a field in an array: which elements belong to the person. */
  readonly within?: { readonly depth: number; readonly rest: string; readonly isTheirs: (value: unknown) => boolean };
  /** Values that are no reference: what an erasure writes in its place. */
  readonly blanks: readonly unknown[];
}

/** The fields with a recording that a change clears, replaces or deletes. */
export function fileFieldsOf(entry: CollectionMap, change: Change): FileField[] {
  return entry.fields
    .filter((field) => field.category === 'recording')
    .flatMap(({ path: text }): FileField[] => {
      const field = { where: `${nameOf(entry)}.${text}`, path: readPath(text), blanks: [null, '', ...WORDS] };
      if (change.kind === 'delete') return [field];
      const written = change.fields.find((one) => one.path === text);
      if (written) {
        const { text: word } = written.by;
        return [{ ...field, blanks: [...field.blanks, ...(word === 'unset' ? [] : [word.set])] }];
      }
      return change.elements
        .filter((one) => one.text === text || ('$pull' in one.update && text.startsWith(`${one.text}.`)))
        .slice(0, 1)
        .map(({ words, theirs }) => ({
          ...field,
          blanks: [...field.blanks, ...words],
          ...(theirs && { within: matching(theirs) }),
        }));
    });
}

const WORDS = [REDACTED_TEXT, REDACTED_WORD] as const;

function matching({ depth, rest, values }: NonNullable<ElementWrite['theirs']>): NonNullable<FileField['within']> {
  return { depth, rest, isTheirs: matcherOf({ values }) };
}

/** Filter for records without recordings; null inside arrays, where no filter can tell. */
export function withoutFiles(fields: readonly FileField[]): Filter | null {
  if (fields.some((field) => throughArray(field.path))) return null;
  return Object.fromEntries(
    // MongoDB's `$in: [null]` also matches an array with a null in it, which may hold references beside it.
    fields.map(({ path, blanks }) => [path.dotted, { $in: [...blanks], $not: { $type: 'array' } }]),
  ) as Filter;
}

/** What `findFiles` reads of a record. */
export function projectionOf(fields: readonly FileField[]): Record<string, 1> {
  // The number of the same element stands under the same name.
  return Object.fromEntries([['_id', 1], ...fields.map(({ path }) => [path.dotted.split('.')[0], 1])]);
}

/**
 * The files a record refers to, in fields that the change is about.
 * @throws ErasureFailure `unsupported_type` for a value in which no reference can be found
 */
export function findFiles(record: Document, fields: readonly FileField[]): FoundFile[] {
  return fields.flatMap((field) =>
    follow(record, field.path.pieces, 0, field)
      .filter((value) => value !== undefined && !field.blanks.includes(value))
      .map((value): FoundFile => {
        if (typeof value !== 'string') throw new ErasureFailure('unsupported_type', field.where);
        return { where: field.where, reference: value };
      }),
  );
}

function follow(from: unknown, pieces: readonly string[], depth: number, field: FileField): unknown[] {
  const [piece = '', ...rest] = pieces;
  if (rest.length === 0) return valuesAt(from, piece);
  const value = valueAt(from, piece);
  if (!Array.isArray(value)) return [];
  const { within } = field;
  return value
    .filter((element) => within?.depth !== depth + 1 || valuesAt(element, within.rest).some(within.isTheirs))
    .flatMap((element) => follow(element, rest, depth + 1, field));
}

/** Every value at a dotted path, through whatever arrays are on the way. */
function valuesAt(from: unknown, dotted: string): unknown[] {
  if (Array.isArray(from)) return from.flatMap((element) => valuesAt(element, dotted));
  if (dotted === '') return [from];
  const [name = '', ...rest] = dotted.split('.');
  return valuesAt((from as Document | null | undefined)?.[name], rest.join('.'));
}
