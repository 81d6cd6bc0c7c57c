import { ErasureFailure } from '../../base/errors.ts';
import { profileFor } from '../../engine/map/profile.ts';
import { type DataMap, nameOf } from '../../engine/map/schema.ts';
import { matchesWhere } from '../../engine/owner.ts';
import { isShared, keysIn, type Lead, type ReferenceTree } from '../../engine/references.ts';
import { recordKey } from '../../lib/record-key.ts';
import type { CountryCode } from '../../phone/countries.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { createNumberReader } from '../../phone/reader.ts';

type Document = Readonly<Record<string, unknown>>;

/** Keys of records by the name of the entry of their children. */
export type Keys = Map<string, unknown[]>;

/** The keys that a person's record has for its children. @throws ErasureFailure `shared_record` */
export type KeysOf = (name: string, document: Document, number: PhoneNumber) => Keys;

export function createKeysOf(tree: ReferenceTree, dataMap: DataMap, countries: readonly CountryCode[]): KeysOf {
  const leadsOf = leadsByName(tree, dataMap);
  // What a profile leaves alone is a person's all the same.
  const ownership = profileFor('forget', dataMap);
  const reader = createNumberReader(countries);
  return (name, document, number) => {
    const keys: Keys = new Map();
    for (const { reference, by } of leadsOf(name)) {
      const found = matchesWhere(by, document) ? keysIn(document, reference) : [];
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
export function createAllKeysOf(tree: ReferenceTree, dataMap: DataMap): (name: string, document: Document) => Keys {
  const leadsOf = leadsByName(tree, dataMap);
  return (name, document) => {
    const keys: Keys = new Map();
    for (const { reference, by } of leadsOf(name))
      if (matchesWhere(by, document)) addKeys(keys, nameOf(reference.child), keysIn(document, reference));
    return keys;
  };
}

export function addKeys(keys: Keys, child: string, some: readonly unknown[]): void {
  if (some.length > 0) keys.set(child, [...(keys.get(child) ?? []), ...some]);
}

/** @returns of some keys of an entry's records those that it was not asked about before: references may go round */
export function createFreshKeys(): (child: string, keys: readonly unknown[]) => unknown[] {
  const known = new Map<string, Set<string>>();
  return (child, keys) => {
    const before = known.get(child) ?? new Set();
    known.set(child, before);
    return keys.filter((key) => {
      const text = recordKey(key);
      return !before.has(text) && before.add(text);
    });
  };
}

function leadsByName(tree: ReferenceTree, dataMap: DataMap): (name: string) => readonly Lead[] {
  const leads = new Map(dataMap.collections.map((entry) => [nameOf(entry), tree.leadsOf(entry)]));
  return (name) => leads.get(name) ?? [];
}
