import type { Job } from 'bullmq';
import type { JobPayload } from '../../src/base/queue/catalogue.ts';
import { type ReportDependencies, type ReportOutcome, writeReport } from '../../src/contracts/access/reports/write.ts';

/**
 * The job `report`: one attempt to write one report. It never fails in the queue's eyes: the ledger of reports says how
 * it stands, and the relay calls again for what is not done.
 */
export async function processReport(
  deps: ReportDependencies,
  job: Job<JobPayload<'report'>>,
  signal: AbortSignal,
): Promise<void> {
  const { account, report } = job.data;
  try {
    let outcome: ReportOutcome;
    // Lost to an erasure it begins anew here; lost to anything else there is nothing to do in the next turn.
    do {
      outcome = await writeReport(deps, { account, report }, signal);
      deps.logger.info('report', { report, outcome });
    } while (outcome === 'lost' && !signal.aborted);
  } catch (error) {
    deps.logger.warn('report interrupted', { report, error });
  }
}
