import { readPath } from './map/paths.ts';
import { concerns, type Profile } from './map/profile.ts';
import { type CollectionMap, type DataMap, nameOf } from './map/schema.ts';
import { applyStrategy, REDACTED_TEXT, REDACTED_WORD } from './map/strategies.ts';
import type { Change, Filter } from './plan.ts';

/** A rule for whole records of one collection, chosen without a number: by their id, or by their age. */
export interface RecordRule {
  readonly key: string;
  readonly name: string;
  readonly collection: string;
  readonly accountPath: string;
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
  return map.collections
    .filter((entry) => concerns(profile, entry) && pick(entry))
    .flatMap((entry) => sidesOf(entry, profile).map((side) => ruleOf(entry, profile, side)));
}

/** Narrows a rule to the records that match the filter, too. */
export function narrowRule(rule: RecordRule, filter: Filter): RecordRule {
  const only = Object.keys(rule.only).length === 0 ? filter : { $and: [rule.only, filter] };
  return { ...rule, only };
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
  const field = direction.path;
  return [
    { suffix: 'inbound', filter: { [field]: 'inbound' }, kept: own.inbound },
    { suffix: 'outbound', filter: { [field]: 'outbound' }, kept: own.outbound },
    { suffix: '', filter: { [field]: { $nin: ['inbound', 'outbound'] } } },
  ];
}

function ruleOf(entry: CollectionMap, profile: Profile, { suffix, filter, kept }: Side): RecordRule {
  return {
    key: `${nameOf(entry)}*${suffix}`,
    name: nameOf(entry),
    collection: entry.collection,
    accountPath: entry.account,
    entry,
    only: { ...filter, ...(entry.pending && { [entry.pending.path]: { $nin: entry.pending.values } }) },
    change: (now) => changeOf(entry, profile, kept, now),
  };
}

function changeOf(entry: CollectionMap, profile: Profile, kept: string | undefined, now: Date): Change {
  if (profile.records[entry.record] === 'delete') return { kind: 'delete' };
  // No number is known, so there is nothing to mask or to make a token from: write the word instead.
  const word = profile.name === 'transaction' ? REDACTED_WORD : REDACTED_TEXT;
  const set: Record<string, unknown> = {};
  const unset: Record<string, ''> = {};
  const fields = [
    ...entry.numbers
      .filter((path) => path !== kept)
      .map((path) => ({ path, category: 'number' as const, type: 'string' as const })),
    ...entry.fields,
  ];
  for (const { path, category, type } of fields) {
    const change = applyStrategy(profile.fields[category], type, { masked: word, token: word });
    const { dotted } = readPath(path);
    if (change === 'unset') unset[dotted] = '';
    else if (change !== 'keep') set[dotted] = change.set;
  }
  if (profile.marks && entry.redacted !== undefined) set[entry.redacted] = now;
  const update = {
    ...(Object.keys(set).length > 0 && { $set: set }),
    ...(Object.keys(unset).length > 0 && { $unset: unset }),
  };
  return { kind: 'update', update, arrayFilters: [] };
}
