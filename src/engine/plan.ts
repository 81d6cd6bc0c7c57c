import { TOKEN_SHAPE } from '../base/keys/token.ts';
import { type Change, changeByNumber } from './change.ts';
import { allOf, type Filter } from './filter.ts';
import { type FieldPath, readPath } from './map/paths.ts';
import { hasFieldsOfOthers, isLookedUp, needsReading, placesBefore } from './map/places.ts';
import { concerns, type Profile } from './map/profile.ts';
import { type CollectionMap, type DataMap, type JoinedPlace, type NumberPlace, nameOf } from './map/schema.ts';
import type { CollectionRules } from './rewrite/rules.ts';
import { entriesOfCollection, rewriteRulesFor } from './rewrite-rules.ts';
import { type AccountValue, type Subject, subjectAt, subjectIn } from './subject.ts';

/**
 * The index for changes by id. Left to itself, MongoDB's planner takes the index on account and number, where the first
 * results come soonest, and reads all that is left of a number again for each batch.
 */
export const BY_ID = { _id: 1 } as const;

/** A place where a number may stand. */
export interface NumberSpot {
  readonly entry: CollectionMap;
  readonly path: FieldPath;
  /** The fields that hold the number together; `path` is the last of them. */
  readonly joined?: JoinedPlace | undefined;
  /** The subject with the values it has here: those in the place's templates, too. @throws TypeError */
  here(subject: Subject): Subject;
}

/** A rule for one place where a number may stand: the unit the engine searches, changes and verifies. */
export interface NumberRule extends NumberSpot {
  /** `collection.path`, stable across restarts: the ledger names rules by it. */
  readonly key: string;
  /** The collection's name in `erased`. */
  readonly name: string;
  /** Extra condition a record must meet to be changed. */
  readonly only: Filter;
  readonly suppression: boolean;
  /** Records are read before they are changed: no update can say what becomes of them. */
  readonly needsReading: boolean;
  change(subject: Subject): Change;
  /** What the rewriter knows of the rule's collection. */
  rewriteRules(account: AccountValue): CollectionRules;
}

/** Scheduled messages: an erasure waits until they are sent. The data map's key for them is `pending`. */
export interface Wait extends NumberSpot {
  readonly name: string;
  readonly scheduled: Filter;
  /** The field with the moment they are due. */
  readonly at: string;
}

export interface Plan {
  readonly rules: readonly NumberRule[];
  readonly waits: readonly Wait[];
}

/**
 * Compiles a data map and a profile, once, into the rules every erasure takes. Records that only others tell the account
 * of have no rules here, nor do places under keys: neither can be looked up by the number.
 */
export function compilePlan(map: DataMap, profile: Profile): Plan {
  const rules: NumberRule[] = [];
  const waits: Wait[] = [];
  for (const entry of map.collections) {
    if (!concerns(profile, entry) || entry.owner.kind === 'via') continue;
    const { pending } = entry;
    const scheduled: Filter = pending ? { [pending.path]: { $in: [...pending.values] } } : {};
    const fate = profile.records[entry.record];
    const notScheduled: Filter = pending ? { [pending.path]: { $nin: [...pending.values] } } : {};
    for (const spot of spotsOf(entry)) {
      const { path, here, joined } = spot;
      const name = nameOf(entry);
      rules.push({
        ...spot,
        name,
        key: `${name}.${joined === undefined ? keyOf(entry, path) : joined.parts.join('+')}`,
        // Lethe's own suppression has a token and is settled when the erasure is verified. A platform may have a field
        // of that name, too: null or anything else in it must not save the row from being erased.
        only: entry.record === 'suppression' ? { token: { $not: TOKEN_SHAPE } } : notScheduled,
        suppression: entry.record === 'suppression',
        needsReading:
          fate === 'keep' ? needsReading(entry) : entry.numbers.some((one) => isUndecided(entry, one, path, fate)),
        rewriteRules: (account) => rewriteRulesFor(entriesOfCollection(map, entry), profile, account),
        change: (subject) => changeByNumber(entry, path, profile, here(subject)),
      });
      if (pending) waits.push({ ...spot, name, scheduled, at: pending.at });
    }
  }
  return { rules, waits };
}

/** Is only the record itself able to say whether it goes with a number at this path? */
function isUndecided(entry: CollectionMap, place: NumberPlace, path: FieldPath, fate: 'delete' | 'skip'): boolean {
  if (place.path !== path.text) return false;
  return placesBefore(entry, place, fate).length > 0 || (place.own === false && hasFieldsOfOthers(entry));
}

/** The places of an entry where a number can be looked up. */
export function spotsOf(entry: CollectionMap): NumberSpot[] {
  return [
    ...entry.numbers.filter(isLookedUp).map((place) => ({
      entry,
      path: readPath(place.path),
      here: (subject: Subject) => subjectAt(subjectIn(entry, subject), place.templates),
    })),
    ...entry.joined.map((joined) => ({
      entry,
      joined,
      path: readPath(joined.parts.at(-1) ?? ''),
      here: (subject: Subject) => subjectIn(entry, subject),
    })),
  ];
}

/** `to` and `to[]` of one entry are two places. */
function keyOf(entry: CollectionMap, { text, dotted }: FieldPath): string {
  const alike = entry.numbers.filter((one) => one.path.replaceAll('[]', '') === dotted);
  return alike.length > 1 ? text : dotted;
}

/** A rule that finds fewer records. */
export function narrowNumberRule(rule: NumberRule, also: Filter): NumberRule {
  return { ...rule, only: allOf(rule.only, also) };
}
