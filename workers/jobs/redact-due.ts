import type { Job } from 'bullmq';
import type { Logger } from '../../src/base/log.ts';
import type { JobPayload } from '../../src/base/queue/catalogue.ts';
import type { AutomaticRedaction } from '../../src/contracts/interactions/automatic.ts';

/** The job `redact-due`: an account's day has ended. What it cannot open now the next round over the accounts does. */
export async function processRedactDue(
  deps: { readonly automatic: AutomaticRedaction; readonly logger: Logger },
  job: Job<JobPayload<'redact-due'>>,
): Promise<void> {
  const opened = await deps.automatic.openDue(job.data.account);
  if (opened) deps.logger.info('automatic redaction opened', { account: job.data.account });
}
