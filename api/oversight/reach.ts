import type { Response } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import type { Core } from '../../src/core.ts';
import { INSTALLATION } from '../../src/ledger/audit/entry.ts';
import { principalOf } from '../http/auth.ts';

/**
 * The chains of the audit that are asked for: those of accounts, and with all of them that of the installation.
 * @throws LetheError as `reachAccounts`
 */
export async function reachChains(
  core: Pick<Core, 'accounts'>,
  response: Response,
  named: string | undefined,
): Promise<readonly string[]> {
  const isAll = (await principalOf(response).reach()) === 'all';
  if (named === INSTALLATION && isAll) return [INSTALLATION];
  const accounts = await reachAccounts(core, response, named);
  return isAll && named === undefined ? [...accounts, INSTALLATION] : accounts;
}

/**
 * The accounts that are asked about: the one that was named, or all that the caller may see.
 * @throws LetheError `route_not_found` for an account that does not exist and for another's alike
 */
export async function reachAccounts(
  { accounts }: Pick<Core, 'accounts'>,
  response: Response,
  named: string | undefined,
): Promise<readonly string[]> {
  const reach = await principalOf(response).reach();
  const own = reach === 'all' ? (await accounts.list()).map(({ _id }) => _id) : reach;
  if (named === undefined) return own;
  if (!own.includes(named)) throw new LetheError('route_not_found', 'There is no such account');
  return [named];
}
