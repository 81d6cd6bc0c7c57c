import { Router } from 'express';
import { readAccounts } from '../../src/ledger/accounts/account-rows.ts';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import { principalOf } from '../http/auth.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';

/** The accounts that the caller may work on. */
export function accountRoutes({ core, guards }: DoorDependencies): Router {
  const router = Router();
  router
    .route('/console/api/accounts')
    .all(...guards())
    .get(async (_request, response) => {
      const ids = await principalOf(response).reach();
      const accounts = ids === 'all' ? await core.accounts.list() : await readAccounts(core.db, ids);
      response.json({ items: accounts.sort((a, b) => a.name.localeCompare(b.name)).map(presentAccount) });
    })
    .all(refuseMethod('GET, HEAD'));
  return router;
}

function presentAccount({ _id, name, agency_id, time_zone, disabled_at }: Account): object {
  return {
    id: _id,
    name,
    ...(agency_id !== undefined && { parent_id: agency_id }),
    time_zone,
    agency: agency_id === undefined,
    ...(disabled_at !== undefined && { disabled: true }),
  };
}
