import { allOf, type Filter } from '../../engine/filter.ts';
import { arrayOf, type FieldPath, valueAt } from '../../engine/map/paths.ts';
import { profileFor } from '../../engine/map/profile.ts';
import type { CollectionMap, DataMap } from '../../engine/map/schema.ts';
import { reachOf } from '../../engine/owner.ts';
import {
  isShared,
  keyMatcher,
  keysIn,
  type Reference,
  referencesOf,
  selectionsByKeys,
} from '../../engine/references.ts';
import type { Subject } from '../../engine/subject.ts';
import { createNumberReader } from '../../phone/reader.ts';

type Document = Readonly<Record<string, unknown>>;

/** Records that are known by a person's own. */
export interface Family {
  /** Notes a record of the person's: others may be known by it. */
  note(entry: CollectionMap, record: Document): void;
  /** How an entry's records are found by those that were noted; null where none of them can be. */
  linkOf(entry: CollectionMap): FamilyLink | null;
}

interface FamilyLink {
  readonly filters: readonly Filter[];
  /**
   * The part of a record that is the person's: where elements of an array say whose they are, only those; and nothing
   * beside them when the record is other people's, too.
   */
  narrow(record: Document): Document;
}

/** Follows references as an erasure does: what hangs on a record that several people share is given to none of them. */
export function createFamily(map: DataMap, subject: Subject): Family {
  const profile = profileFor('forget', map);
  const reader = createNumberReader(subject.countries);
  const { all: references } = referencesOf(map, profile);
  const keys = new Map<Reference, unknown[]>();
  return {
    note(entry, record) {
      for (const reference of references) {
        if (reference.parent !== entry || isShared(record, reference, profile, subject.number, reader)) continue;
        keys.set(reference, [...(keys.get(reference) ?? []), ...keysIn(record, reference)]);
      }
    },
    linkOf(entry) {
      const reference = references.find(({ child }) => child === entry);
      const some = (reference && keys.get(reference)) ?? [];
      if (reference === undefined || some.length === 0) return null;
      const scope = reachOf(entry, subject.account);
      const has = keyMatcher(some);
      return {
        filters: selectionsByKeys(reference, some).map((one) => allOf(scope, one)),
        narrow: (record) => narrowTo(record, reference.field, has),
      };
    },
  };
}

function narrowTo(record: Document, field: FieldPath, has: (key: unknown) => boolean): Document {
  const [array = '', ...rest] = field.pieces;
  if (arrayOf(field.text) === '') {
    const value = valueAt(record, field.dotted);
    return Array.isArray(value) && !value.every(has) ? {} : record;
  }
  const list = valueAt(record, array);
  if (!Array.isArray(list)) return record;
  const isTheirs = (element: unknown) => valuesIn(element, rest).some(has);
  const theirs = list.filter(isTheirs);
  const others = list.filter((element) => !isTheirs(element)).flatMap((element) => valuesIn(element, rest));
  const [top = '', ...names] = array.split('.');
  const kept = names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), theirs);
  return { ...(others.some((key) => key !== null && key !== '') ? {} : record), [top]: kept };
}

function valuesIn(element: unknown, pieces: readonly string[]): unknown[] {
  const [piece = '', ...rest] = pieces;
  const value = valueAt(element, piece);
  if (Array.isArray(value)) return value.flatMap((one) => (rest.length > 0 ? valuesIn(one, rest) : [one]));
  return value === undefined ? [] : [value];
}
