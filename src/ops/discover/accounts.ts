import { bsonTypeOf } from '../../lib/bson-type.ts';
import { numberRoleOf, timeUnitOf, wordsOf } from './field.ts';
import type { FieldProfile } from './profile.ts';
import type { Surveyed } from './survey.ts';

/** The field that tells whose records a collection's are. */
export interface AccountField {
  readonly path: string;
  /** As `lethe account create --records-id-type` calls them. */
  readonly types: readonly string[];
  /** Records that have it, of those looked at. */
  readonly present: number;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'string',
  objectId: 'objectid',
  binData: 'uuid',
  number: 'int',
};
const TENANT_WORDS = new Set(
  'account accounts acc tenant tenants org organization organisation workspace company customer client project team platform agency owner user site shop store merchant brand business'.split(
    ' ',
  ),
);
const STRONG_WORDS = new Set(
  'account acc tenant organization organisation org workspace company lethe agency'.split(' '),
);
const MOST_VALUES = 40;
const MOST_LENGTH = 64;
const LEAST_PRESENT = 0.5;

/**
 * Guesses by which field the collections tell their tenants apart: one that most collections share, by name or by what
 * it holds, with few different values.
 * @returns by collection; empty where no field can be it: one tenant
 */
export function guessAccounts(surveyed: readonly Surveyed[]): Map<string, AccountField> {
  const filled = surveyed.filter(({ records }) => records > 0);
  const candidates = filled.flatMap((one) =>
    one.fields.filter((field) => mayBeAccount(field, one)).map((field) => ({ field, of: one })),
  );
  const groups = groupByValues(candidates);
  let best: (typeof groups)[number] | undefined;
  let bestScore = 0;
  for (const group of groups) {
    const score = scoreOf(group, filled.length);
    if (score > bestScore) [best, bestScore] = [group, score];
  }
  if (best === undefined) return new Map();
  const found = new Map<string, AccountField>();
  for (const { field, of } of [...best].sort((one, other) => other.field.records - one.field.records)) {
    if (found.has(of.collection)) continue;
    const types = [...field.types.keys()].flatMap((type) => TYPES[type] ?? []);
    found.set(of.collection, { path: field.path, types, present: field.records });
  }
  return found;
}

interface Candidate {
  readonly field: FieldProfile;
  readonly of: Surveyed;
}

function mayBeAccount(field: FieldProfile, { records }: Surveyed): boolean {
  const { path, json, distinct, values, isUnmappable } = field;
  if (json !== undefined || isUnmappable || path === '_id' || /\[\]|\{key\}/.test(path)) return false;
  if (values === 0 || distinct.size === 0 || distinct.size > Math.max(MOST_VALUES, records / 20)) return false;
  if (numberRoleOf(field) !== 'none' || timeUnitOf(field) !== null) return false;
  if (field.emails + field.links + field.sentences > 0 || field.records < records * LEAST_PRESENT) return false;
  // Not a version counter, a page size or a flag.
  const isNamed = wordsOf(path).some((word) => TENANT_WORDS.has(word));
  return [...distinct.values()].every((value) => {
    const type = bsonTypeOf(value);
    if (type === 'number') return isNamed && Number.isInteger(Number(String(value)));
    return type in TYPES && String(value).length <= MOST_LENGTH && value !== '';
  });
}

/** Fields of one name, and fields of other names that hold the same values, are one group. */
function groupByValues(candidates: readonly Candidate[]): Candidate[][] {
  const groups: { names: Set<string>; values: Set<string>; members: Candidate[] }[] = [];
  for (const candidate of candidates) {
    const values = [...candidate.field.distinct.values()].map(String);
    const isId = [...candidate.field.types.keys()].some((type) => type === 'objectId' || type === 'binData');
    const group = groups.find(
      ({ names, values: known }) =>
        names.has(candidate.field.path) ||
        ((isId || isDistinctive(values)) && values.some((value) => known.has(value))),
    );
    if (group === undefined) {
      groups.push({ names: new Set([candidate.field.path]), values: new Set(values), members: [candidate] });
      continue;
    }
    group.names.add(candidate.field.path);
    for (const value of values) group.values.add(value);
    group.members.push(candidate);
  }
  return groups.map(({ members }) => members);
}

/** `sent` stands in many fields that have nothing to do with each other. */
const isDistinctive = (values: readonly string[]) => values.some((value) => value.length >= 8 && /\d/.test(value));

/** Shared by most collections, and named like an account. */
function scoreOf(group: readonly Candidate[], collections: number): number {
  const places = new Set(group.map(({ of }) => of.collection));
  const share = places.size / collections;
  const words = group.flatMap(({ field }) => wordsOf(field.path));
  const isStrong = words.some((word) => STRONG_WORDS.has(word));
  const isNamed = isStrong || words.some((word) => TENANT_WORDS.has(word));
  const isId = group.some(({ field }) =>
    [...field.types.keys()].some((type) => type === 'objectId' || type === 'binData'),
  );
  const named = isStrong ? 2 : isNamed ? 1 : 0;
  // Without a telling name it must be everywhere, and look like an id.
  if (named === 0 && (share < 0.6 || !isId)) return 0;
  // One field of one collection among many says nothing about the others.
  if (collections > 2 && places.size === 1 && named < 2) return 0;
  return share + named * 0.4 - new Set(words).size * 0.001;
}
