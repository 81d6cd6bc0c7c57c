import type { Response } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import type { Core } from '../../src/core.ts';
import { readAccount } from '../../src/ledger/accounts/account-rows.ts';
import type { Account, Accounts } from '../../src/ledger/accounts/accounts.ts';
import { principalOf } from '../http/auth.ts';

/** Lethe's accounts whose requests the caller may see. */
export function reachOf(response: Response): Promise<'all' | readonly string[]> {
  return principalOf(response).reach();
}

/** The same as a list: a reference is looked for account by account. */
export async function listReach(accounts: Pick<Accounts, 'list'>, response: Response): Promise<readonly string[]> {
  const reach = await reachOf(response);
  return reach === 'all' ? (await accounts.list()).map(({ _id }) => _id) : reach;
}

/** Who asks, for the audit. */
export const actorOf = (response: Response): string => principalOf(response).actor;

/** @throws LetheError `route_not_found` */
export async function accountOf({ db }: Pick<Core, 'db'>, id: string): Promise<Account> {
  const account = await readAccount(db, id);
  if (!account) throw new LetheError('route_not_found');
  return account;
}
