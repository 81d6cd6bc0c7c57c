import { DateTime } from 'luxon';
import { type DataMap, nameOf } from '../../engine/map/schema.ts';
import type { Account } from '../../ledger/accounts/accounts.ts';
import type { ErasureRequest } from '../../ledger/requests/ledger.ts';

/** One day's retention run. */
export interface RetentionRun {
  /** The same for equal runs: `retention:` and the day in the account's calendar. */
  readonly token: string;
  readonly selector: Extract<ErasureRequest['selector'], { by: 'age' }>;
}

/**
 * The run of the account's present day. Months are calendar months, counted back from the beginning of the day, so that
 * every round of one day selects the same records.
 * @param account with its months: for collections without a period of their own in the map. 0: for ever
 */
export function retentionRun(
  map: DataMap,
  account: Account & { readonly retention_months: number },
  now: Date,
): RetentionRun {
  const day = DateTime.fromJSDate(now, { zone: account.time_zone }).startOf('day');
  const general = account.retention_months;
  const momentFor = (months: number) => (months === 0 ? null : day.minus({ months }).toJSDate());
  const apart = map.collections
    .map((entry): [string, number] => [nameOf(entry), entry.retention_months ?? general])
    .filter(([, months]) => months !== general || general === 0)
    .map(([name, months]): [string, Date | null] => [name, momentFor(months)]);
  return {
    token: `retention:${day.toISODate()}`,
    selector: {
      by: 'age',
      before: momentFor(general) ?? new Date(0),
      ...(apart.length > 0 && { apart: Object.fromEntries(apart) }),
    },
  };
}
