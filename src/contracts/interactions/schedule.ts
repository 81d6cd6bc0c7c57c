import type { Producer } from '../../base/queue/producer.ts';
import type { Account } from '../../ledger/accounts/accounts.ts';
import type { Effective } from './settings.ts';

/**
 * The first moment of the day, and an hour later again. Cron leaves out a day whose midnight the clocks go over; its
 * first moment is one o'clock. On other days the second run finds that all is done.
 */
export const PATTERN = '0 0,1 * * *';

export const scheduleIdOf = (account: string): string => `redact-due-${account}`;

/** Brings the schedule of one account in line with its settings. @throws what Redis throws */
export async function setSchedule(
  producer: Pick<Producer, 'schedule' | 'unschedule'>,
  account: Account,
  effective: Effective,
): Promise<void> {
  const id = scheduleIdOf(account._id);
  if (effective.automatic === 'off') await producer.unschedule(id);
  else
    await producer.schedule(
      'redact-due',
      { account: account._id },
      { id, pattern: PATTERN, timeZone: account.time_zone },
    );
}
