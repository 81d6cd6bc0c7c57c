import { openRetention, type RetentionDependencies } from '../../src/contracts/retention/open-retention.ts';

/** The job `retention`: requests for records past their time, over all accounts. */
export async function processRetention(deps: RetentionDependencies, signal: AbortSignal): Promise<void> {
  const opened = await openRetention(deps, signal);
  if (opened > 0) deps.logger.info('retention begun', { accounts: opened });
}
