import { type Change, changeOfRecord } from './change.ts';
import { allOf, type Filter } from './filter.ts';
import { concerns, type Profile, wordsWithoutNumber } from './map/profile.ts';
import { type CollectionMap, type DataMap, nameOf } from './map/schema.ts';
import { conditionOf } from './owner.ts';

/** A rule for whole records of one collection, chosen without a number: by their id, or by their age. */
export interface RecordRule {
  readonly key: string;
  readonly name: string;
  readonly entry: CollectionMap;
  /** Extra condition a record must meet to be changed: it is not a scheduled message. */
  readonly only: Filter;
  /** What the profile makes of a record. Every number in it goes, but for the account's own if that is kept. */
  change(now: Date): Change;
}

/**
 * Compiles a data map and a profile into rules over whole records. An entry whose records keep another number in each
 * direction becomes one rule for each direction; a record without a direction loses all its numbers.
 * @param pick the entries a contract is about; those the profile skips are left out
 */
export function compileRecordRules(
  map: DataMap,
  profile: Profile,
  pick: (entry: CollectionMap) => boolean,
): RecordRule[] {
  return rulesOf(map, profile, (entry) => entry.owner.kind !== 'via' && pick(entry));
}

/** As `compileRecordRules`, of records that only others tell the account of: no query finds an account's. */
export function compileChildRules(
  map: DataMap,
  profile: Profile,
  pick: (entry: CollectionMap) => boolean,
): RecordRule[] {
  return rulesOf(map, profile, (entry) => entry.owner.kind === 'via' && pick(entry));
}

function rulesOf(map: DataMap, profile: Profile, pick: (entry: CollectionMap) => boolean): RecordRule[] {
  return map.collections
    .filter((entry) => concerns(profile, entry) && pick(entry))
    .flatMap((entry) => sidesOf(entry, profile).map((side) => ruleOf(entry, profile, side)));
}

/** Narrows a rule to the records that match the filter, too. */
export function narrowRule(rule: RecordRule, filter: Filter): RecordRule {
  return { ...rule, only: allOf(rule.only, filter) };
}

/** Records of one entry that are changed alike. */
interface Side {
  readonly suffix: string;
  readonly filter: Filter;
  /** The number that is kept. */
  readonly kept?: string;
}

const ALL: readonly Side[] = [{ suffix: '', filter: {} }];

function sidesOf(entry: CollectionMap, profile: Profile): readonly Side[] {
  const { own_number: own, direction } = entry;
  if (!profile.keepsOwnNumber || typeof own !== 'object' || typeof direction !== 'object') return ALL;
  if (profile.records[entry.record] === 'delete') return ALL;
  const { path, inbound, outbound } = direction;
  return [
    { suffix: 'inbound', filter: { [path]: conditionOf(inbound) } as Filter, kept: own.inbound },
    { suffix: 'outbound', filter: { [path]: conditionOf(outbound) } as Filter, kept: own.outbound },
    { suffix: '', filter: { [path]: { $nin: [...inbound, ...outbound] } } as Filter },
  ];
}

function ruleOf(entry: CollectionMap, profile: Profile, { suffix, filter, kept }: Side): RecordRule {
  const notScheduled: Filter = entry.pending ? { [entry.pending.path]: { $nin: [...entry.pending.values] } } : {};
  return {
    key: `${nameOf(entry)}*${suffix}`,
    name: nameOf(entry),
    entry,
    only: allOf(filter, notScheduled),
    change: (now) => changeOfRecord(entry, profile, { ...wordsWithoutNumber(profile), now, values: [] }, kept),
  };
}
