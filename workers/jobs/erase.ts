import { DelayedError, type Job } from 'bullmq';
import { isTransient } from '../../src/base/db/faults.ts';
import type { JobPayload } from '../../src/base/queue/catalogue.ts';
import { type EraseDependencies, eraseRequest } from '../../src/ledger/requests/erase.ts';
import { LeaseLost } from '../../src/ledger/work/lease.ts';
import { callAgain } from './call-again.ts';

/** While the database is away: the attempt itself takes seconds then, so the pause only keeps other faults from a tight loop. */
const AWAY_MS = 1_000;

/**
 * The job `erase`: one turn of work on one request. It never fails in the queue's eyes: what is not done now is called
 * again later, and the ledger says how it stands.
 */
export async function processErase(
  deps: EraseDependencies,
  job: Job<JobPayload<'erase'>>,
  token: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const key = { account: job.data.account, reference: job.data.reference };
  try {
    const result = await eraseRequest(deps, key, signal);
    if (result.outcome === 'later') await callAgain(job, token, result.at.getTime() - deps.now().getTime());
    else if (result.outcome === 'completed') deps.logger.info('request completed', { reference: key.reference });
  } catch (error) {
    if (error instanceof DelayedError) throw error;
    if (error instanceof LeaseLost) {
      deps.logger.warn('lease lost to another worker', { reference: key.reference });
      await callAgain(job, token, deps.times.lostPauseMs);
    }
    deps.logger[isTransient(error) ? 'warn' : 'error']('erasure interrupted', {
      reference: key.reference,
      error,
      again_in_ms: AWAY_MS,
    });
    await callAgain(job, token, AWAY_MS);
  }
}
