import type mongoose from 'mongoose';
import { findRequest } from '../src/contracts/requests/find.ts';
import type { Account, Accounts } from '../src/ledger/accounts/accounts.ts';
import type { ErasureRequest } from '../src/ledger/requests/ledger.ts';
import type { ScanProgress } from '../src/ledger/scan/progress.ts';
import { CommandFailure } from './faults.ts';

interface Found {
  readonly account: Account;
  readonly request: ErasureRequest;
  readonly progress: ScanProgress | undefined;
}

/**
 * A request by its reference, whosever it is.
 * @param only look at this account alone
 * @throws CommandFailure when there is none
 */
export async function findAnywhere(
  db: mongoose.mongo.Db,
  accounts: Pick<Accounts, 'list' | 'find'>,
  reference: string,
  only: string | undefined,
): Promise<Found> {
  const all = only === undefined ? await accounts.list() : [await accounts.find(only)].filter((one) => one !== null);
  if (only !== undefined && all.length === 0) throw new CommandFailure('no account has this id');
  const found = await findRequest(
    db,
    all.map(({ _id }) => _id),
    reference,
  );
  const account = all.find(({ _id }) => _id === found?.request.account_id);
  if (!found || !account) throw new CommandFailure('no request has this reference');
  return { account, ...found };
}
