import type mongoose from 'mongoose';
import { inTransaction } from '../../base/db/transaction.ts';
import { readAccount, writeSettings } from '../../ledger/accounts/account-rows.ts';
import type { Account, Automatic } from '../../ledger/accounts/accounts.ts';
import type { Audit } from '../../ledger/audit/audit.ts';
import { untilAppended } from '../../ledger/audit/until-appended.ts';
import { InteractionFault } from './faults.ts';

/** The effective settings: all off while the agency forbids redaction. */
export interface Effective {
  /** Whether the account may redact at all. */
  readonly allowed: boolean;
  readonly manual: boolean;
  readonly automatic: Automatic;
  /** Since when `automatic` is in force. */
  readonly since: Date | undefined;
}

/** An account the caller may act on, as it stands now. */
export interface Reached {
  readonly account: Account;
  /** Null for an agency. */
  readonly agency: Account | null;
  readonly effective: Effective;
}

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

/** How long a change is tried while other entries are appended to the account's audit. */
const CHAIN_MS = 8_000;
const ACCOUNT_ID = /^acc_[A-Za-z0-9]{12}$/;

/**
 * What redaction an account may do now. An agency decides for itself. A sub-account's settings are in force while its
 * agency allows them: when it no longer does they stop at once, are kept, and are in force again when it does.
 * @param agency the account's agency; null for an agency's own account, or when it is gone
 */
export function effectiveSettings(account: Account, agency: Account | null): Effective {
  const { manual = false, automatic = 'off', automatic_at: set } = account.redaction ?? {};
  if (account.agency_id === undefined) return { allowed: true, manual, automatic, since: set };
  if (agency?._id !== account.agency_id || !agency.redaction?.allow_sub_accounts)
    return { allowed: false, manual: false, automatic: 'off', since: undefined };
  const allowed = agency.redaction.allowed_at;
  return { allowed: true, manual, automatic, since: set && allowed && allowed > set ? allowed : (set ?? allowed) };
}

/**
 * Finds an account the caller may act on: its own, or one of its sub-accounts. Read afresh each time, because another
 * key may have changed the settings meanwhile.
 * @throws InteractionFault `not_found`, for an account that does not exist and for another's alike
 */
export async function reachAccount(
  db: mongoose.mongo.Db,
  caller: Account,
  id: string,
  session?: mongoose.mongo.ClientSession,
): Promise<Reached> {
  if (!ACCOUNT_ID.test(id)) throw new InteractionFault('not_found');
  const account = await readAccount(db, id, session);
  if (!account || (account._id !== caller._id && account.agency_id !== caller._id))
    throw new InteractionFault('not_found');
  const agency = account.agency_id === undefined ? null : await readAccount(db, account.agency_id, session);
  return { account, agency, effective: effectiveSettings(account, agency) };
}

/**
 * Changes what an account has set, and writes it into the account's audit, both or neither. A setting that keeps its
 * value is no change.
 * @param actor the id of the key that asks
 * @returns the account as it stands afterwards
 * @throws InteractionFault `not_found`; `agency_forbids` when a sub-account would turn on what its agency does not
 * allow; `bad_field` when a sub-account would allow sub-accounts
 */
export async function changeSettings(
  { db, audit }: ChangeDependencies,
  caller: Account,
  id: string,
  wanted: SettingsChange,
  actor: string,
  now: Date,
): Promise<Reached> {
  const turn = () =>
    inTransaction(db, async (session) => {
      const { account, agency } = await reachAccount(db, caller, id, session);
      refuseForbidden(account, agency, wanted);
      const { set, notes } = differences(account, wanted, now);
      if (notes.length === 0) return;
      await writeSettings(db, account._id, set, session);
      await audit.appendWithin(
        {
          account: account._id,
          actor,
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

/** The fields to write, and the audit's note on each. */
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
