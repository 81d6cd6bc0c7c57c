import { type GuardDependencies, runGuard } from '../../src/ledger/guard/guard.ts';

/** The job `guard`: requests for records of people who were forgotten that came late, over all accounts. */
export async function processGuard(deps: GuardDependencies, signal: AbortSignal): Promise<void> {
  const opened = await runGuard(deps, signal);
  if (opened > 0) deps.logger.info('requests for late records opened', { opened });
}
