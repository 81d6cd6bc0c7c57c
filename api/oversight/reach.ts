import type { Response } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import type { Core } from '../../src/core.ts';
import { principalOf } from '../http/auth.ts';

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
