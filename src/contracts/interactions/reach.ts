import type mongoose from 'mongoose';
import type { Account } from '../../ledger/accounts/accounts.ts';
import { InteractionFault } from './faults.ts';
import { type Effective, effectiveSettings } from './settings.ts';

/** An account somebody may act on, as it stands now. */
export interface Reached {
  readonly account: Account;
  /** Null for an agency. */
  readonly agency: Account | null;
  readonly effective: Effective;
}

const ACCOUNT_ID = /^acc_[A-Za-z0-9]{12}$/;

/**
 * Finds an account the caller may act on: its own, or one of its sub-accounts. Read afresh, because what it may do
 * hangs on settings that another key may have changed meanwhile.
 * @throws InteractionFault `not_found`, for one that is not there and one that is another's alike
 */
export async function reachAccount(
  db: mongoose.mongo.Db,
  caller: Account,
  id: string,
  session?: mongoose.mongo.ClientSession,
): Promise<Reached> {
  if (!ACCOUNT_ID.test(id)) throw new InteractionFault('not_found');
  const accounts = db.collection<Account>('lethe_accounts');
  const find = (one: string) => accounts.findOne({ _id: one }, { ...(session && { session }) });
  const account = await find(id);
  if (!account || (account._id !== caller._id && account.agency_id !== caller._id))
    throw new InteractionFault('not_found');
  const agency = account.agency_id === undefined ? null : await find(account.agency_id);
  return { account, agency, effective: effectiveSettings(account, agency) };
}
