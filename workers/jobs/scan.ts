import { DelayedError, type Job } from 'bullmq';
import { isTransient } from '../../src/base/db/faults.ts';
import type { JobPayload } from '../../src/base/queue/catalogue.ts';
import type { ScanDependencies } from '../../src/ledger/scan/pass.ts';
import { runScan } from '../../src/ledger/scan/run.ts';
import { LeaseLost } from '../../src/ledger/work/lease.ts';

/** While the database is away. */
const AWAY_MS = 1_000;

/** The job `scan`: one turn of the pass over an account's records. The ledger says how it stands; the relay calls again. */
export async function processScan(
  deps: ScanDependencies,
  job: Job<JobPayload<'scan'>>,
  token: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { account } = job.data;
  let at: number;
  try {
    const result = await runScan(deps, account, signal);
    if (result.outcome === 'finished') return;
    at = result.at.getTime();
  } catch (error) {
    if (error instanceof LeaseLost) {
      deps.logger.warn('lease of a scan lost to another worker', { account });
      return;
    }
    deps.logger[isTransient(error) ? 'warn' : 'error']('scan interrupted', { account, error });
    at = Date.now() + AWAY_MS;
  }
  await job.moveToDelayed(at, token);
  throw new DelayedError();
}
