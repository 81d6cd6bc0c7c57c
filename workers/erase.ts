import { DelayedError, type Job } from 'bullmq';
import { isTransient } from '../src/db/connection.ts';
import type { JobPayload } from '../src/queue/catalogue.ts';
import { type EraseDependencies, eraseRequest } from '../src/requests/erase.ts';
import { LeaseLost } from '../src/requests/lease.ts';

/** While the database is away: a pause that is short beside the deadline and long beside a fail-over. */
const AWAY_MS = { least: 500, most: 15_000 } as const;

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
    if (result.outcome === 'later') await callAgain(job, token, result.at.getTime());
    else if (result.outcome === 'completed') deps.logger.info('request completed', { reference: key.reference });
  } catch (error) {
    if (error instanceof DelayedError) throw error;
    if (error instanceof LeaseLost) {
      deps.logger.warn('lease lost to another worker', { reference: key.reference });
      await callAgain(job, token, Date.now() + deps.leaseMs);
    }
    const tries = job.attemptsStarted ?? 1;
    const pause = Math.min(AWAY_MS.least * 2 ** Math.min(tries, 6), AWAY_MS.most);
    deps.logger[isTransient(error) ? 'warn' : 'error']('erasure interrupted', {
      reference: key.reference,
      error,
      again_in_ms: pause,
    });
    await callAgain(job, token, Date.now() + pause);
  }
}

async function callAgain(job: Job, token: string | undefined, at: number): Promise<never> {
  await job.moveToDelayed(at, token);
  throw new DelayedError();
}
