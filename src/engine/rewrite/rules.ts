import type { PhoneNumber } from '../../phone/number.ts';
import type { FieldCategory } from '../map/categories.ts';
import type { FieldPath } from '../map/paths.ts';
import type { Replacements, Strategy } from '../map/strategies.ts';

type Document = Record<string, unknown>;

/**
 * What the data map says of one collection, compiled for one profile: all the rewriter knows of the map.
 *
 * Paths go through JSON: where `raw` holds a string that is JSON, `raw.from` is the `from` inside of it. They also go
 * through arrays that the map does not name (`to[][]`), and end early where a plain value stands in place of an object
 * (`contacts: ["4477..."]` for `contacts[].number`). `{key}` is any key of an object, and the key is the number.
 */
export interface CollectionRules {
  /** What counts call finds in records that no entry is about. */
  readonly name: string;
  readonly entries: readonly EntryRules[];
  /** What becomes of numbers at places the map does not name: their digits are masked, or the request fails. */
  readonly unmapped: 'mask' | 'fail';
  /** What becomes of digits that may be two people's: the request fails, or they go as if they were the number. */
  readonly ambiguous?: 'fail' | 'erase';
  /** Is the record the account's? Without it all are. A record that is not is left alone. */
  readonly belongs?: (document: Document) => boolean;
  /**
   * Is the record another account's, too? It is kept, or nothing is changed and the request fails: by the field that holds
   * the accounts.
   */
  readonly shared?: (document: Document) => 'keep' | FieldPath | undefined;
  /** Numbers stay wherever they stand: only fields change. */
  readonly keepsNumbers?: boolean;
  /** Fields that are never changed, whatever they hold: the account's. A number in one of them is a failure. */
  readonly fixed?: readonly FieldPath[];
}

/** One entry of the data map. Entries the profile skips are not given. */
export interface EntryRules {
  /** What counts call it. */
  readonly name: string;
  /** By profile and kind of record. */
  readonly fate: 'keep' | 'delete';
  /** Is the entry about this record? The `where` of the map, and the account where entries differ in it. */
  readonly matches: (document: Document) => boolean;
  /** The array whose elements are the records (`contacts[]`), or the object whose keys are (`people.{key}`). */
  readonly elements?: FieldPath;
  readonly numbers: readonly NumberRule[];
  readonly joined?: readonly JoinedRule[];
  readonly fields: readonly FieldRule[];
  /** Where the account's own number stands in a record: it is no other recipient. */
  readonly ownNumber?: (document: Document) => string | undefined;
  /** Where `now` is written when the entry changes a record that is kept: the only field that is created. */
  readonly mark?: string;
  /** Rows with a token in Lethe's shape are its own and are left alone. */
  readonly suppression?: boolean;
  /** Is the record still to be acted on? Such a record is not changed: the request waits for it. */
  readonly scheduled?: (document: Document) => boolean;
}

/** A place where the number may stand. */
export interface NumberRule {
  /** A path may hold or end in `{key}`: `unread.{key}`, `people.{key}.name`. */
  readonly path: FieldPath;
  /**
   * Does the number here say whose record (or element, where the entry has elements) it is? Only such a number deletes
   * the record, and changes fields outside of the array element it stands in. Usual values: for `fate: 'keep'` true;
   * for `fate: 'delete'` true at paths through no array where there are any, else at all.
   */
  readonly own: boolean;
  /** A number that is not own is so all the same, unless somebody else's stands at one of these places. */
  readonly unless?: readonly FieldPath[];
  /** Also needed where the fate is `delete`: for a number that is not own, or that shares its value with another. */
  readonly strategy: Strategy;
  /** What the map says stands around the number here: digits of that are no other number's. */
  readonly templates?: readonly string[];
}

/** A number of which each part stands in a field of its own. */
export interface JoinedRule {
  readonly parts: readonly NumberRule[];
  /** Does the first part hold the calling code? Undefined: its digits tell. */
  readonly code?: boolean | undefined;
}

/** Personal data beside the number. */
export interface FieldRule {
  readonly path: FieldPath;
  readonly category: FieldCategory;
  readonly strategy: Strategy;
  /** Changed only when no other number is left at the entry's number paths: a text shared with other recipients. */
  readonly onlyIfAlone?: boolean;
  /** Changed in every element of its array, not only in the person's. */
  readonly all?: boolean;
  /** Only digits of mentions are masked, the rest of the text stays. */
  readonly maskInText?: boolean;
  /** The path is one name: every field of that name, wherever it stands. */
  readonly anywhere?: boolean;
  /** Where somebody else's number at one of these places says that the field is theirs: in it, or in the same object. */
  readonly beside?: readonly FieldPath[] | undefined;
  /** A mention takes its line along, or the whole field, also in records that are not the person's. */
  readonly around?: 'line' | 'text' | undefined;
}

/** What is written in place of each number; a `Map` will do, or one that makes tokens when they are asked for. */
export interface Subjects {
  get(number: PhoneNumber): Replacements | undefined;
}
