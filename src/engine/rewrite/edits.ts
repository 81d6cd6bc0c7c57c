import type { PhoneNumber } from '../../phone/number.ts';
import type { FoundFile } from '../file-fields.ts';

/** The way to a value: keys, and indexes of arrays as numbers. */
export type Path = readonly (string | number)[];

/** Written as an edit's `after`: the key goes. */
export const REMOVED = Symbol('removed');

/** One value that changes. */
export interface Edit {
  readonly path: Path;
  /** What was read; undefined where there was nothing, which is so for marks alone. */
  readonly before: unknown;
  readonly after: unknown;
}

/** An element that is taken out of the array at `path`. */
export interface Pull {
  readonly path: Path;
  readonly index: number;
  readonly element: unknown;
}

/** A key that held a number. */
export interface Rename {
  /** Ends in the old key. */
  readonly path: Path;
  readonly to: string;
  readonly before: unknown;
  /** The value with its own edits. */
  readonly after: unknown;
}

/** A number that was found. */
export interface Find {
  readonly number: PhoneNumber;
  /** Dotted, without values: array indexes as `[]`, keys that may be numbers as `{key}`. */
  readonly path: string;
  /**
   * - `mapped`: where the map says numbers stand, in whatever shape
   * - `text`: within a longer text, or in a field the map names for something else
   * - `key`, `json`, `base64`: not at a number's place, and in an object's key, in JSON, in base64
   * - `unmapped`: alone in a field the map does not name
   */
  readonly as: 'mapped' | 'text' | 'key' | 'json' | 'base64' | 'unmapped';
  /** What counts call it. */
  readonly name: string;
  /** Of `mapped`: does it say whose record it is? */
  readonly own?: boolean;
  /** Of `mapped`: at another place of the entry stands what is written in place of the number. */
  readonly again?: boolean;
}

/** A number that could not be erased; the value is as it was. */
export interface RewriteFailure {
  readonly number: PhoneNumber;
  /** As of `Find`. */
  readonly path: string;
  /**
   * - `number_in_id`: in the `_id` of a record that is kept, or in a field that is fixed
   * - `ambiguous_number`: the digits may be another person's number
   * - `unmapped_number`: at a place the map does not name, and the map says that this is to fail
   * - `unsupported_type`: in a regular expression, code or a reference; or a recording that is no text
   * - `shared_record`: another account's, too, or known by several people's records, and the map does not say what becomes of that
   * - `unexpected`: the record could not be read, or not be rewritten
   */
  readonly why:
    | 'number_in_id'
    | 'ambiguous_number'
    | 'unmapped_number'
    | 'unsupported_type'
    | 'shared_record'
    | 'unexpected';
}

/** What becomes of one document. Edits, pulls and renames never overlap: they may be applied in any order. */
export interface Rewrite {
  readonly fate: 'unchanged' | 'changed' | 'deleted';
  readonly edits: readonly Edit[];
  readonly pulled: readonly Pull[];
  readonly renamed: readonly Rename[];
  /** For `deleted`: the values for whose sake it goes. */
  readonly reasons: readonly { readonly path: Path; readonly value: unknown; readonly isKey: boolean }[];
  /** What else the change rests on: the other fields of a number in several of them. */
  readonly basis: readonly { readonly path: Path; readonly value: unknown }[];
  readonly found: readonly Find[];
  /** Recordings whose reference goes with the change. */
  readonly files: readonly FoundFile[];
  readonly failures: readonly RewriteFailure[];
  /** Numbers in a record that is still to be acted on: it is left as it is, and has to be waited for. */
  readonly waiting: readonly PhoneNumber[];
}

/** What becomes of a document that holds none of the numbers. */
export const UNCHANGED: Rewrite = {
  fate: 'unchanged',
  edits: [],
  pulled: [],
  renamed: [],
  reasons: [],
  basis: [],
  found: [],
  files: [],
  failures: [],
  waiting: [],
};
