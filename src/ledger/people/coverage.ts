import type mongoose from 'mongoose';
import { readAccount, readSubAccountIds } from '../accounts/account-rows.ts';
import type { Account } from '../accounts/accounts.ts';
import { ROLES, type Scope } from '../accounts/scopes.ts';
import type { Coverage, Person } from './rows.ts';

type Db = mongoose.mongo.Db;

const ACCOUNT_ID = /^acc_[A-Za-z0-9]{12}$/;

/** What a person may do. What belongs to the whole installation is for admins of all its accounts. */
export function scopesOfPerson({ role, covers }: Pick<Person, 'role' | 'covers'>): Scope[] {
  const scopes: readonly Scope[] = ROLES[role] ?? [];
  return scopes.filter((scope) => scope !== 'platform' || covers.kind === 'all');
}

function isCovered(covers: Coverage, account: Pick<Account, '_id' | 'agency_id'>): boolean {
  if (covers.kind === 'all') return true;
  return account._id === covers.id || (covers.kind === 'agency' && account.agency_id === covers.id);
}

/** The account of this id if the person may work on it; null for one that is none, and for another's alike. */
export async function findCovered(db: Db, covers: Coverage, id: string): Promise<Account | null> {
  if (!ACCOUNT_ID.test(id)) return null;
  const account = await readAccount(db, id);
  return account && isCovered(covers, account) ? account : null;
}

/** The ids of all accounts that are covered. */
export async function coveredIds(db: Db, covers: Coverage): Promise<'all' | readonly string[]> {
  if (covers.kind === 'all') return 'all';
  return covers.kind === 'account' ? [covers.id] : [covers.id, ...(await readSubAccountIds(db, covers.id))];
}

/** May somebody who covers this see and change somebody who covers that? Never one who covers more. */
export async function isWithin(db: Db, inner: Coverage, outer: Coverage): Promise<boolean> {
  if (outer.kind === 'all') return true;
  if (inner.kind === 'all') return false;
  if (inner.kind === 'agency') return outer.kind === 'agency' && inner.id === outer.id;
  return (await findCovered(db, outer, inner.id)) !== null;
}
