import type { Job } from 'bullmq';
import { CATALOGUE, JOB_NAMES, type JobName, type JobPayload } from '../../src/base/queue/catalogue.ts';
import { processDeliver } from './deliver.ts';
import type { JobDependencies } from './dependencies.ts';
import { processDropFinished } from './drop-finished.ts';
import { processErase } from './erase.ts';
import { processGuard } from './guard.ts';
import { processRedactDue } from './redact-due.ts';
import { processRemoveFiles } from './remove-files.ts';
import { processRemoveReportFiles } from './remove-report-files.ts';
import { processReport } from './report.ts';
import { processRetention } from './retention.ts';
import { processScan } from './scan.ts';

/** One turn of work on a job. */
export type Processor<Payload = unknown> = (
  job: Job<Payload>,
  token: string | undefined,
  signal: AbortSignal,
) => Promise<void>;

/**
 * Every job of the catalogue with its one processor. A job without one does not compile; a payload that does not fit
 * its schema is refused before it is worked on.
 */
export function createRegistry(deps: JobDependencies): ReadonlyMap<string, Processor> {
  const processors: { [Name in JobName]: Processor<JobPayload<Name>> } = {
    erase: (job, token, signal) => deps.way.during(() => processErase(deps.erase, job, token, signal)),
    'remove-files': (job, _token, signal) => processRemoveFiles(deps.files, job.data, signal),
    scan: (job, token, signal) => deps.way.during(() => processScan(deps.scan, job, token, signal)),
    deliver: (job, _token, signal) => processDeliver(deps.webhooks, job, signal),
    'redact-due': (job) => processRedactDue(deps.automatic, job),
    report: (job, _token, signal) => processReport(deps.report, job, signal),
    'remove-report-files': () => processRemoveReportFiles(deps.reportFiles),
    guard: (_job, _token, signal) => processGuard(deps.guard, signal),
    'drop-finished': (_job, _token, signal) => processDropFinished(deps.dropFinished, signal),
    retention: (_job, _token, signal) => processRetention(deps.retention, signal),
  };
  return new Map(
    JOB_NAMES.map((name) => [
      name,
      (job, token, signal) => {
        CATALOGUE[name].payload.parse(job.data);
        return (processors[name] as Processor)(job, token, signal);
      },
    ]),
  );
}
