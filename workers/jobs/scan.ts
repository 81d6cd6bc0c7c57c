import type { Job } from 'bullmq';
import { isTransient } from '../../src/base/db/faults.ts';
import type { JobPayload } from '../../src/base/queue/catalogue.ts';
import type { ScanDependencies } from '../../src/ledger/scan/pass.ts';
import { runScan } from '../../src/ledger/scan/run.ts';
import { LeaseLost } from '../../src/ledger/work/lease.ts';
import { callAgain } from './call-again.ts';

/** While the database is away. */
const AWAY_MS = 1_000;

/** The job `scan`: one turn of the pass over an account's records. The ledger says how it stands; the relay calls again. */
export async function processScan(
  deps: ScanDependencies,
  job: Job<JobPayload<'scan'>>,
  token: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const delayMs = await scanTurn(deps, job.data.account, signal);
  if (delayMs !== null) await callAgain(job, token, delayMs);
}

/** @returns when to go on, in milliseconds from now; null: it is over, or another worker's */
async function scanTurn(deps: ScanDependencies, account: string, signal: AbortSignal): Promise<number | null> {
  try {
    const result = await runScan(deps, account, signal);
    return result.outcome === 'finished' ? null : result.at.getTime() - deps.now().getTime();
  } catch (error) {
    if (error instanceof LeaseLost) {
      deps.logger.warn('lease of a scan lost to another worker', { account });
      return null;
    }
    deps.logger[isTransient(error) ? 'warn' : 'error']('scan interrupted', { account, error });
    return AWAY_MS;
  }
}
