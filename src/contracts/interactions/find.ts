import type mongoose from 'mongoose';
import { type FoundRecord, findById } from '../../engine/by-id.ts';
import { directionOf } from '../../engine/direction.ts';
import { profileFor } from '../../engine/map/profile.ts';
import type { DataMap, Direction, InteractionKind } from '../../engine/map/schema.ts';
import { compileRecordRules } from '../../engine/record-plan.ts';
import type { Account } from '../../ledger/accounts/accounts.ts';
import { InteractionFault } from './faults.ts';
import { asInteraction } from './row.ts';

/** One interaction of an account. */
export interface InteractionId {
  readonly account: Account;
  readonly id: string;
  /** With `direction`, narrows an id that stands for several interactions. */
  readonly kind?: InteractionKind | undefined;
  readonly direction?: Direction | undefined;
}

/** @returns the function that finds the record of an interaction; it throws InteractionFault `not_found`, `several` */
export function createFind({
  db,
  dataMap,
}: {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
}): (which: InteractionId) => Promise<FoundRecord> {
  const profile = profileFor('interaction', dataMap);
  const rules = compileRecordRules(dataMap, profile, (entry) => asInteraction(entry) !== null);
  return async ({ account, id, kind, direction }) => {
    const narrowed = rules.filter((rule) => kind === undefined || rule.entry.interaction === kind);
    const found = (await findById(db, narrowed, account.records_id, id)).filter(
      ({ rule, record }) => direction === undefined || directionOf(rule.entry, record) === direction,
    );
    const [first, second] = found;
    if (!first) throw new InteractionFault('not_found');
    if (second) throw new InteractionFault('several');
    return first;
  };
}
