import { readPath } from '../data-map/paths.ts';
import { type CollectionMap, type DataMap, nameOf } from '../data-map/schema.ts';
import type { Change, Filter } from './plan.ts';
import { type Profile, REDACTED_TEXT, REDACTED_WORD } from './profile.ts';
import { applyStrategy } from './strategies.ts';

/** One collection whose records are chosen without a number: by their id, or by their age. */
export interface RecordStep {
  readonly key: string;
  readonly name: string;
  readonly collection: string;
  readonly accountPath: string;
  readonly entry: CollectionMap;
  /** Records this step leaves alone, as a filter that matches the others: those still to be acted on. */
  readonly except: Filter;
  /** What the profile makes of a record, every number in it included. */
  change(now: Date): Change;
}

/**
 * Compiles a data map and a profile into steps over whole records.
 * @param pick the entries a contract is about; those the profile skips are left out
 */
export function compileRecordPlan(
  map: DataMap,
  profile: Profile,
  pick: (entry: CollectionMap) => boolean,
): RecordStep[] {
  return map.collections
    .filter((entry) => profile.records[entry.record] !== 'skip' && pick(entry))
    .map((entry) => ({
      key: `${nameOf(entry)}*`,
      name: nameOf(entry),
      collection: entry.collection,
      accountPath: entry.account,
      entry,
      except: entry.pending ? { [entry.pending.path]: { $nin: entry.pending.values } } : {},
      change: (now) => changeOf(entry, profile, now),
    }));
}

function changeOf(entry: CollectionMap, profile: Profile, now: Date): Change {
  if (profile.records[entry.record] === 'delete') return { kind: 'delete' };
  // Without the number there is nothing to mask or to make a token from: its place is taken by the word.
  const word = profile.name === 'transaction' ? REDACTED_WORD : REDACTED_TEXT;
  const set: Record<string, unknown> = {};
  const unset: Record<string, ''> = {};
  const fields = [
    ...entry.numbers.map((path) => ({ path, category: 'number' as const, type: 'string' as const })),
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
