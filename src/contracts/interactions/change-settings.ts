import type mongoose from 'mongoose';
import { inTransaction } from '../../base/db/transaction.ts';
import type { Account, Automatic } from '../../ledger/accounts/accounts.ts';
import type { Audit } from '../../ledger/audit/audit.ts';
import { untilAppended } from '../../ledger/audit/until-appended.ts';
import { InteractionFault } from './faults.ts';
import { type Reached, reachAccount } from './reach.ts';

export interface SettingsChange {
  readonly allow_sub_accounts?: boolean | undefined;
  readonly manual?: boolean | undefined;
  readonly automatic?: Automatic | undefined;
  readonly time_zone?: string | undefined;
}

export interface ChangeDependencies {
  readonly db: mongoose.mongo.Db;
  readonly audit: Audit;
}

/** How long it is tried for while other acts are appended to the account's audit. */
const CHAIN_MS = 8_000;

/**
 * Changes what an account has set, and writes it into the account's audit, both or neither. A setting that is what it
 * was is no change.
 * @param by the id of the key that asks
 * @returns the account as it stands afterwards
 * @throws InteractionFault `not_found`; `agency_forbids` when a sub-account would turn on what its agency does not
 * allow; `bad_field` when a sub-account would allow sub-accounts
 */
export async function changeSettings(
  { db, audit }: ChangeDependencies,
  caller: Account,
  id: string,
  wanted: SettingsChange,
  by: string,
  now: Date,
): Promise<Reached> {
  const turn = () =>
    inTransaction(db, async (session) => {
      const { account, agency } = await reachAccount(db, caller, id, session);
      refuseForbidden(account, agency, wanted);
      const { set, notes } = differences(account, wanted, now);
      if (notes.length === 0) return;
      await db.collection<Account>('lethe_accounts').updateOne({ _id: account._id }, { $set: set }, { session });
      await audit.appendWithin(
        {
          account: account._id,
          actor: by,
          action: 'settings.change',
          reason: `redaction ${notes.join(', ')}`,
          at: now,
          counts: {},
        },
        session,
      );
    });
  await untilAppended(turn, CHAIN_MS);
  return reachAccount(db, caller, id);
}

function refuseForbidden(account: Account, agency: Account | null, wanted: SettingsChange): void {
  if (account.agency_id === undefined) return;
  if (wanted.allow_sub_accounts !== undefined)
    throw new InteractionFault('bad_field', 'allow_sub_accounts is for agencies only');
  const turnsOn = wanted.manual === true || (wanted.automatic !== undefined && wanted.automatic !== 'off');
  if (turnsOn && !agency?.redaction?.allow_sub_accounts) throw new InteractionFault('agency_forbids');
}

/** What is to be written, and what the audit says of it. */
function differences(
  account: Account,
  wanted: SettingsChange,
  now: Date,
): { set: Record<string, unknown>; notes: string[] } {
  const before = {
    allow_sub_accounts: account.redaction?.allow_sub_accounts ?? false,
    manual: account.redaction?.manual ?? false,
    automatic: account.redaction?.automatic ?? 'off',
    time_zone: account.time_zone,
  } as const;
  const changed = (Object.keys(before) as (keyof typeof before)[]).filter(
    (name) => wanted[name] !== undefined && wanted[name] !== before[name],
  );
  const set = Object.fromEntries(
    changed.map((name) => [name === 'time_zone' ? name : `redaction.${name}`, wanted[name] as unknown]),
  );
  if (changed.includes('allow_sub_accounts')) set['redaction.allowed_at'] = now;
  if (changed.includes('automatic')) set['redaction.automatic_at'] = now;
  return { set, notes: changed.map((name) => `${name}: ${before[name]} -> ${wanted[name]}`) };
}
