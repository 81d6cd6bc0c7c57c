import type { Job } from 'bullmq';
import type { JobPayload } from '../../src/base/queue/catalogue.ts';
import { type DeliverDependencies, deliver } from '../../src/ledger/webhooks/deliver.ts';

/** The job `deliver`: one attempt at one message to a webhook. The ledger says how it stands; the relay calls again. */
export async function processDeliver(
  deps: DeliverDependencies,
  job: Job<JobPayload<'deliver'>>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await deliver(deps, job.data, signal);
  } catch (error) {
    deps.logger.warn('delivery interrupted', { delivery: job.data.delivery, error });
  }
}
