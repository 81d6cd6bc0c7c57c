import type { CountryCode } from '../../phone/countries.ts';
import type { FieldCategory, RecordCategory } from './categories.ts';
import type { ProfileChanges } from './profile.ts';
import type { Strategy } from './strategies.ts';

/** What a transaction id may belong to (the redact contract's products). */
export const PRODUCTS = ['sms', 'voice', 'number-insight', 'verify', 'verify-sdk', 'messages'] as const;
export const DIRECTIONS = ['outbound', 'inbound'] as const;
export const INTERACTION_KINDS = ['call', 'text', 'chat', 'form'] as const;
export const RESOURCES = ['leg', 'media', 'user', 'event'] as const;
/** Further columns of searches and reports, beside id, time and direction. */
export const COLUMNS = ['from', 'to', 'status', 'network', 'price', 'currency', 'client_ref', 'closed_at'] as const;
/** The types a platform may store one account's id in. */
export const ACCOUNT_TYPES = ['string', 'objectid', 'uuid', 'int', 'long'] as const;
export const TIME_UNITS = ['date', 's', 'ms', 'text'] as const;

export type Product = (typeof PRODUCTS)[number];
export type Direction = (typeof DIRECTIONS)[number];
export type InteractionKind = (typeof INTERACTION_KINDS)[number];
export type Resource = (typeof RESOURCES)[number];
export type AccountType = (typeof ACCOUNT_TYPES)[number];

/** A value a map compares with; null also stands for a missing field, as in MongoDB. */
export type Scalar = string | number | boolean | null;

/**
 * Whose records an entry's are: told by a field, the one tenant's (`none`), told by the records they belong to (`via`), or
 * nobody's (`any`): whichever account asks, what they hold of the person is erased. Those known by others may tell it
 * themselves, too: by the field of the whole map, where they have it.
 */
export type Owner =
  | { readonly kind: 'none' }
  | { readonly kind: 'any' }
  | AccountField
  | { readonly kind: 'via'; readonly itself?: AccountField };

/** The field that tells an account. */
interface AccountField {
  readonly kind: 'field';
  readonly path: string;
  readonly types?: readonly AccountType[] | undefined;
}

/** How records are known by others: `field` of a record holds the `key` of a record of another entry, or the other way. */
interface Via {
  /** The NAME of the other entry. */
  readonly collection: string;
  readonly key: string;
  readonly field: string;
  /** What the field holds of a key, where that is not the key itself: `_User${key}`. */
  readonly form?: string | undefined;
}

/** A place where a number may stand. */
export interface NumberPlace {
  readonly path: string;
  /** What stands around the number: `{number}@c.us`. The number alone is always looked for, too. */
  readonly templates: readonly string[];
  readonly type: 'any' | 'number';
  /**
   * Does a number here say whose record it is? Undefined: as usual. Of records that are deleted, the numbers through no
   * array do where there are any, else all; of records that are kept, all do.
   */
  readonly own?: boolean | undefined;
}

/** A number in several fields of the record. */
export interface JoinedPlace {
  /** In the order in which the parts are dialled. */
  readonly parts: readonly string[];
  /** Does the first part hold the calling code? Undefined: its digits tell. */
  readonly code?: boolean | undefined;
}

/** Personal data beside a number. */
export interface FieldMap {
  readonly path: string;
  readonly category: FieldCategory;
  /** What the map says it holds; a change goes by what is there. */
  readonly type: 'string' | 'list' | 'object' | 'number' | 'any';
  /** In place of the profile's own for the category. */
  readonly strategy?: Strategy | undefined;
  /** Only where no other number is left: a text shared with other recipients. */
  readonly onlyIfAlone: boolean;
  /** In every element of its array, not in the person's only. */
  readonly all: boolean;
  /** Only the digits of the number are masked. */
  readonly maskInText: boolean;
  /** The path is one name: every field of that name, however deep in the record. */
  readonly anywhere: boolean;
  /** What goes with a number that a text mentions, in whosever record: the lines that mention it, or all of the field. */
  readonly around?: 'line' | 'text' | undefined;
}

/** A string that holds JSON; paths are those within it. */
interface JsonMap {
  readonly path: string;
  readonly numbers: readonly NumberPlace[];
  readonly fields: readonly FieldMap[];
}

/** When a record happened: a date, seconds or milliseconds since 1970, or a text in ISO 8601. */
export interface TimeField {
  readonly path: string;
  readonly unit: (typeof TIME_UNITS)[number];
}

/** A direction told by a field, and the values it is told by. */
export interface DirectionField {
  readonly path: string;
  readonly outbound: readonly Scalar[];
  readonly inbound: readonly Scalar[];
}

/** Products told by a field, and the values they are told by. */
interface ProductField {
  readonly path: string;
  readonly values: Readonly<Partial<Record<Product, readonly Scalar[]>>>;
}

/** One entry of the data map in its normal form: what both versions of the file become. */
export interface CollectionMap {
  readonly name?: string | undefined;
  /** May hold `{account}`, as `database` may: the account's records id. */
  readonly collection: string;
  readonly database?: string | undefined;
  readonly record: RecordCategory;
  /** The array whose elements are the records; without it the documents are. */
  readonly elements?: string | undefined;
  readonly owner: Owner;
  /** Only records that match are meant, by every contract: each field holds one of the values. */
  readonly where: Readonly<Record<string, readonly Scalar[]>>;
  readonly via?: Via | undefined;
  /** What becomes of records whose parent several people share. */
  readonly shared: 'fail' | 'keep';
  readonly numbers: readonly NumberPlace[];
  /** Numbers of which each part has a field of its own. */
  readonly joined: readonly JoinedPlace[];
  readonly fields: readonly FieldMap[];
  readonly json: readonly JsonMap[];
  readonly pending?: { readonly path: string; readonly values: readonly Scalar[]; readonly at: string } | undefined;
  readonly id?: string | undefined;
  readonly at?: TimeField | undefined;
  readonly products?: readonly Product[] | ProductField | undefined;
  readonly direction?: Direction | DirectionField | undefined;
  readonly interaction?: InteractionKind | undefined;
  readonly resource?: Resource | undefined;
  readonly conversation?: string | undefined;
  readonly redacted?: string | undefined;
  readonly own_number?: string | { readonly inbound: string; readonly outbound: string } | undefined;
  readonly log?: Readonly<Partial<Record<'status' | 'source' | 'flow', string | undefined>>> | undefined;
  readonly columns?: Readonly<Partial<Record<(typeof COLUMNS)[number], string | undefined>>> | undefined;
  readonly retention_months?: number | undefined;
  readonly suppression?: { readonly keep_number: boolean } | undefined;
  readonly scan: boolean;
  /** What becomes of a number where the map names none. */
  readonly unmapped: 'mask' | 'fail';
  /** What becomes of digits that may be two people's. */
  readonly ambiguous: 'fail' | 'erase';
}

/** A data map in its normal form. */
export interface DataMap {
  readonly version: 1 | 2;
  /** Whose national writings are read (ISO 3166-1 alpha-2); undefined: the account's, or as configured. */
  readonly countries?: readonly CountryCode[] | undefined;
  readonly collections: readonly CollectionMap[];
  /** Collections without personal data. */
  readonly ignored: readonly { readonly collection: string; readonly reason: string }[];
  readonly profiles: ProfileChanges;
}

/** The collection's name in `erased` and in reports. */
export function nameOf(entry: Pick<CollectionMap, 'name' | 'collection'>): string {
  return entry.name ?? entry.collection;
}
