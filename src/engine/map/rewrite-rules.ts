import type { CollectionRules, EntryRules, FieldRule, NumberRule } from '../rewrite/rules.ts';
import { readPath, throughArray, valueAt } from './paths.ts';
import { concerns, type Profile } from './profile.ts';
import { type CollectionMap, type DataMap, nameOf } from './schema.ts';

/** Compiles what the map says of one collection, for one profile, into what the rewriter reads. */
export function compileRewriteRules(map: DataMap, profile: Profile, collection: string): CollectionRules {
  const entries = map.collections.filter((entry) => entry.collection === collection);
  return {
    name: collection,
    entries: entries.filter((entry) => concerns(profile, entry)).map((entry) => entryRules(entry, profile)),
    unmapped: 'mask',
    fixed: [...new Set(entries.map(({ account }) => account))].map(readPath),
  };
}

function entryRules(entry: CollectionMap, profile: Profile): EntryRules {
  const isDeleted = profile.records[entry.record] === 'delete';
  const paths = entry.numbers.map(readPath);
  const hasPlain = paths.some((path) => !throughArray(path));
  const numbers = paths.map(
    (path): NumberRule => ({
      path,
      own: !isDeleted || entry.elements !== undefined || !hasPlain || !throughArray(path),
      strategy: profile.fields.number,
    }),
  );
  const fields = entry.fields.map(
    ({ path, category }): FieldRule => ({ path: readPath(path), category, strategy: profile.fields[category] }),
  );
  const { pending } = entry;
  return {
    name: nameOf(entry),
    fate: isDeleted ? 'delete' : 'keep',
    matches: () => true,
    ...(entry.elements !== undefined && { elements: readPath(entry.elements) }),
    numbers,
    fields,
    ...(profile.marks && entry.redacted !== undefined && { mark: entry.redacted }),
    ...(entry.record === 'suppression' && { suppression: true }),
    ...(pending && {
      scheduled: (document) => pending.values.some((value) => value === valueAt(document, pending.path)),
    }),
  };
}
