import type { Account, Automatic } from '../../ledger/accounts/accounts.ts';

/** What is in force, which is not what was set when the agency does not allow it. */
export interface Effective {
  /** Whether the account may redact at all. */
  readonly allowed: boolean;
  readonly manual: boolean;
  readonly automatic: Automatic;
  /** Since when `automatic` is in force. */
  readonly since: Date | undefined;
}

/**
 * What redaction an account may do now. An agency decides for itself; a sub-account's settings count while its agency
 * allows them. When the agency no longer does they stop at once, are kept, and count again when it does.
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
