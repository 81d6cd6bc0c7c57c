import type { Job } from 'bullmq';
import type { AutomaticRedaction } from '../src/interactions/automatic.ts';
import { CATALOGUE, JOB_NAMES, type JobName, type JobPayload } from '../src/queue/catalogue.ts';
import type { EraseDependencies } from '../src/requests/erase.ts';
import { processErase } from './erase.ts';
import { processRedactDue } from './redact-due.ts';

type Processor = (job: Job, token: string | undefined, signal: AbortSignal) => Promise<void>;

export interface RegistryDependencies extends EraseDependencies {
  readonly automatic: AutomaticRedaction;
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
    'redact-due': (job) => processRedactDue(deps, job),
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
