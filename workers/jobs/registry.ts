import type { Job } from 'bullmq';
import { CATALOGUE, JOB_NAMES, type JobName, type JobPayload } from '../../src/base/queue/catalogue.ts';
import type { AutomaticRedaction } from '../../src/contracts/interactions/automatic.ts';
import type { Files } from '../../src/ledger/recordings/files.ts';
import type { EraseDependencies } from '../../src/ledger/requests/erase.ts';
import type { Housekeeping } from '../housekeeping.ts';
import { processErase } from './erase.ts';
import { processRedactDue } from './redact-due.ts';
import { processRemoveFiles } from './remove-files.ts';
import { processReport } from './report.ts';

type Processor = (job: Job, token: string | undefined, signal: AbortSignal) => Promise<void>;

export interface RegistryDependencies extends EraseDependencies {
  readonly files: Files;
  readonly automatic: AutomaticRedaction;
  readonly housekeeping: Housekeeping;
}

/**
 * Every job of the catalogue with its one processor. A job without one does not compile; a payload that does not fit
 * its schema is refused before it is worked on.
 */
export function createRegistry(deps: RegistryDependencies): ReadonlyMap<string, Processor> {
  const processors: {
    [Name in JobName]: (job: Job<JobPayload<Name>>, token: string | undefined, signal: AbortSignal) => Promise<void>;
  } = {
    erase: (job, token, signal) => processErase(deps, job, token, signal),
    'remove-files': (job, _token, signal) => processRemoveFiles(deps, job.data, signal),
    'redact-due': (job) => processRedactDue(deps, job),
    report: (job, _token, signal) => processReport(deps.housekeeping.reports, job, signal),
    'remove-report-files': () => deps.housekeeping.removeReportFiles(),
    retention: (_job, _token, signal) => deps.housekeeping.openRetention(signal),
  };
  return new Map(
    JOB_NAMES.map((name) => [
      name,
      (job, token, signal) => {
        CATALOGUE[name].payload.parse(job.data);
        return processors[name](job, token, signal);
      },
    ]),
  );
}
