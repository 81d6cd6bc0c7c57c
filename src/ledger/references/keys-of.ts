import { ErasureFailure } from '../../base/errors.ts';
import { profileFor } from '../../engine/map/profile.ts';
import { type DataMap, nameOf } from '../../engine/map/schema.ts';
import { isShared, keysIn, type Reference, type ReferenceTree } from '../../engine/references.ts';
import type { CountryCode } from '../../phone/countries.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { createNumberReader } from '../../phone/reader.ts';

type Document = Readonly<Record<string, unknown>>;

/** Keys of records by the name of the entry of their children. */
export type Keys = Map<string, unknown[]>;

/** The keys that a person's record has for its children. @throws ErasureFailure `shared_record` */
export type KeysOf = (name: string, document: Document, number: PhoneNumber) => Keys;

export function createKeysOf(tree: ReferenceTree, dataMap: DataMap, countries: readonly CountryCode[]): KeysOf {
  const byParent = groupByParent(tree.all);
  // What a profile leaves alone is a person's all the same.
  const ownership = profileFor('forget', dataMap);
  const reader = createNumberReader(countries);
  return (name, document, number) => {
    const keys: Keys = new Map();
    for (const reference of byParent.get(name) ?? []) {
      const found = keysIn(document, reference);
      if (found.length === 0) continue;
      if (isShared(document, reference, ownership, number, reader)) {
        if (reference.child.shared === 'keep') continue;
        throw new ErasureFailure('shared_record', name);
      }
      addKeys(keys, nameOf(reference.child), found);
    }
    return keys;
  };
}

/** The keys that a record has for its children, whoever's it is: all that belongs to it goes with it. */
export function createAllKeysOf(tree: ReferenceTree): (name: string, document: Document) => Keys {
  const byParent = groupByParent(tree.all);
  return (name, document) => {
    const keys: Keys = new Map();
    for (const reference of byParent.get(name) ?? [])
      addKeys(keys, nameOf(reference.child), keysIn(document, reference));
    return keys;
  };
}

export function addKeys(keys: Keys, child: string, some: readonly unknown[]): void {
  if (some.length > 0) keys.set(child, [...(keys.get(child) ?? []), ...some]);
}

function groupByParent(references: readonly Reference[]): Map<string, Reference[]> {
  const groups = new Map<string, Reference[]>();
  for (const reference of references) {
    const parent = nameOf(reference.parent);
    groups.set(parent, [...(groups.get(parent) ?? []), reference]);
  }
  return groups;
}
