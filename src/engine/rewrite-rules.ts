import { directionOf, ownNumberPath } from './direction.ts';
import { KEY, readPath, valueAt } from './map/paths.ts';
import { isOwnPlace, placesBefore, placesBeside } from './map/places.ts';
import { concerns, type Profile } from './map/profile.ts';
import { type CollectionMap, type DataMap, type FieldMap, type NumberPlace, nameOf } from './map/schema.ts';
import { accountPathOf, asOwned, isOfSeveral, isOneOf, isOwned, matchesWhere } from './owner.ts';
import type { CollectionRules, EntryRules, FieldRule, JoinedRule, NumberRule } from './rewrite/rules.ts';
import type { AccountValue } from './subject.ts';

/** The entries of the map that are about the same collection, in the map's order. */
export function entriesOfCollection(
  map: DataMap,
  entry: Pick<CollectionMap, 'collection' | 'database'>,
): CollectionMap[] {
  return map.collections.filter((one) => one.collection === entry.collection && one.database === entry.database);
}

/**
 * What the rewriter knows of one collection of an account, for one profile.
 * @param entries all entries of the map about it, as `entriesOfCollection` gives them
 * @param isKnown says of records whose account only other records tell whether they are the account's
 * @param isMeant the entries that change
 */
export function rewriteRulesFor(
  entries: readonly CollectionMap[],
  profile: Profile,
  account: AccountValue,
  isKnown: (entry: CollectionMap, document: Record<string, unknown>) => boolean = () => false,
  isMeant: (entry: CollectionMap) => boolean = (entry) => concerns(profile, entry),
): CollectionRules {
  const [first] = entries;
  if (!first) throw new TypeError('a collection needs an entry');
  const belongs = (entry: CollectionMap, document: Record<string, unknown>) => {
    if (entry.owner.kind !== 'via') return isOwned(entry, account, document);
    const itself = asOwned(entry);
    return isKnown(entry, document) || (itself !== null && isOwned(itself, account, document));
  };
  const fixed = new Set(
    entries.map((entry) => accountPathOf(asOwned(entry) ?? entry)).filter((path) => path !== undefined),
  );
  return {
    name: nameOf(first),
    entries: entries
      .filter(isMeant)
      .map((entry) => entryRulesFor(entry, profile, (document) => belongs(entry, document))),
    unmapped: entries.some((entry) => entry.unmapped === 'fail') ? 'fail' : 'mask',
    ambiguous: profile.clearsReports && entries.some((entry) => entry.ambiguous === 'erase') ? 'erase' : 'fail',
    keepsNumbers: profile.fields.number === 'keep',
    belongs: (document) => entries.some((entry) => belongs(entry, document)),
    shared: (document) => sharedBy(entries, account, document),
    fixed: [...fixed].map(readPath),
  };
}

/** What the map says of a record that is another account's, too: where the accounts stand, or that it is kept. */
function sharedBy(entries: readonly CollectionMap[], account: AccountValue, document: Record<string, unknown>) {
  const entry = entries.find(
    (one) => matchesWhere(one, document) && isOfSeveral(asOwned(one) ?? one, account, document),
  );
  if (entry === undefined) return undefined;
  return entry.shared === 'keep' ? 'keep' : readPath(accountPathOf(asOwned(entry) ?? entry) ?? '');
}

function entryRulesFor(
  entry: CollectionMap,
  profile: Profile,
  belongs: (document: Record<string, unknown>) => boolean,
): EntryRules {
  const fate = profile.records[entry.record] === 'delete' ? 'delete' : 'keep';
  const { pending } = entry;
  const number = (place: NumberPlace, within = ''): NumberRule => ({
    path: readPath(within + place.path),
    own: isOwnPlace(entry, place, fate),
    unless: placesBefore(entry, place, fate).map(readPath),
    strategy: profile.fields.number,
    templates: place.templates,
  });
  const field = (one: FieldMap, within = ''): FieldRule => ({
    path: readPath(within + one.path),
    category: one.category,
    strategy: one.strategy ?? profile.fields[one.category],
    onlyIfAlone: one.onlyIfAlone,
    all: one.all,
    maskInText: one.maskInText,
    anywhere: one.anywhere,
    around: one.around,
    beside: within === '' ? placesBeside(entry, one).map(readPath) : [],
  });
  return {
    name: nameOf(entry),
    fate,
    matches: (document) => matchesWhere(entry, document) && belongs(document),
    ...(entry.elements !== undefined && { elements: readPath(entry.elements) }),
    numbers: [
      ...entry.numbers.map((place) => number(place)),
      ...entry.json.flatMap((json) => json.numbers.map((place) => number(place, `${json.path}.`))),
    ],
    joined: joinedRulesFor(entry, profile),
    fields: [
      ...entry.fields.map((one) => field(one)),
      ...entry.json.flatMap((json) => json.fields.map((one) => field(one, `${json.path}.`))),
    ],
    ...(entry.own_number !== undefined && {
      ownNumber: (document) => ownNumberPath(entry, directionOf(entry, document)),
    }),
    ...(profile.marks && entry.redacted !== undefined && { mark: entry.redacted }),
    suppression: entry.record === 'suppression',
    ...(pending && { scheduled: (document) => isOneOf(pending.values, valueAt(document, pending.path)) }),
  };
}

/** The numbers of an entry that stand in several fields. */
export function joinedRulesFor({ joined }: Pick<CollectionMap, 'joined'>, profile: Profile): JoinedRule[] {
  return joined.map(({ parts, code }) => ({
    parts: parts.map((part) => ({ path: readPath(part), own: true, strategy: profile.fields.number })),
    code,
  }));
}

/**
 * As `rewriteRulesFor`, of records that are known by others and change as wholes, with whatever numbers they hold: no
 * number is known. The account's own stays where the profile says so.
 */
export function wholeRulesFor(entry: CollectionMap, profile: Profile): CollectionRules {
  const { direction, own_number: own, pending } = entry;
  const fate = profile.records[entry.record] === 'delete' ? 'delete' : 'keep';
  const rulesWithout = (kept: string | undefined, matches: EntryRules['matches']): EntryRules => ({
    name: nameOf(entry),
    fate,
    matches: (document) => matchesWhere(entry, document) && matches(document),
    ...(entry.elements !== undefined && { elements: readPath(entry.elements) }),
    numbers: [],
    fields: [
      ...numberPathsOf(entry)
        .filter((path) => path !== kept)
        .map((path) => wholeField(path, 'number', profile.fields.number)),
      ...[
        ...entry.fields,
        ...entry.json.flatMap((json) => json.fields.map((one) => ({ ...one, path: `${json.path}.${one.path}` }))),
      ].map(({ path, category, strategy, anywhere }) => ({
        ...wholeField(path, category, strategy ?? profile.fields[category]),
        anywhere,
      })),
    ],
    ...(profile.marks && entry.redacted !== undefined && { mark: entry.redacted }),
    ...(pending && { scheduled: (document) => isOneOf(pending.values, valueAt(document, pending.path)) }),
  });
  const isSplit = profile.keepsOwnNumber && typeof own === 'object' && typeof direction === 'object';
  const sides = isSplit ? (['inbound', 'outbound', null] as const) : [];
  return {
    name: nameOf(entry),
    entries:
      sides.length === 0
        ? [rulesWithout(undefined, () => true)]
        : sides.map((way) =>
            rulesWithout(ownNumberPath(entry, way), (document) => directionOf(entry, document) === way),
          ),
    unmapped: entry.unmapped,
  };
}

/** Every path of a number; those of the parts of one, and in JSON, too. */
function numberPathsOf({ numbers, joined, json }: CollectionMap): string[] {
  return [
    ...numbers.map(({ path }) => path),
    ...new Set(joined.flatMap(({ parts }) => parts)),
    ...json.flatMap((one) => one.numbers.map(({ path }) => `${one.path}.${path}`)),
  ];
}

/** Numbers that stand as keys go with all that is under them. */
function wholeField(path: string, category: FieldRule['category'], strategy: FieldRule['strategy']): FieldRule {
  const at = path.indexOf(`.${KEY}`);
  if (at < 0) return { path: readPath(path), category, strategy };
  return { path: readPath(path.slice(0, at)), category, strategy: 'empty' };
}
