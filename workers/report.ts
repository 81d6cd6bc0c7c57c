import type { Job } from 'bullmq';
import { type ReportDependencies, writeReport } from '../src/access/write-report.ts';
import type { JobPayload } from '../src/queue/catalogue.ts';

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
    const outcome = await writeReport(deps, { account, report }, signal);
    deps.logger.info('report', { report, outcome });
  } catch (error) {
    deps.logger.warn('report interrupted', { report, error });
  }
}
