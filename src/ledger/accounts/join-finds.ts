import { coalesce } from '../../lib/coalesce.ts';
import type { Account, Accounts } from './accounts.ts';

/** Looks for accounts so that jobs of one account that run side by side share a look. Nothing is kept between looks. */
export function joinFinds(accounts: Pick<Accounts, 'find'>): Pick<Accounts, 'find'> {
  const find = coalesce<null, Account | null>(async (id, jobs) => {
    const account = await accounts.find(id);
    return jobs.map(() => account);
  }, Number.POSITIVE_INFINITY);
  return { find: (id) => find(id, null) };
}
