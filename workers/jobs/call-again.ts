import { DelayedError, type Job } from 'bullmq';
import { TURN_LATER } from '../../src/base/queue/turns.ts';

/**
 * Puts a job under way back into its queue for a while, after which it takes its account's next turn.
 * @param token of the lock on the job
 * @param delayMs none, or less: at once
 * @throws DelayedError always: BullMQ leaves the job alone then
 */
export async function callAgain(job: Job, token: string | undefined, delayMs: number): Promise<never> {
  await job.changePriority({ priority: TURN_LATER });
  // The queue's clock is the machine's, whatever the work goes by.
  await job.moveToDelayed(Date.now() + delayMs, token);
  throw new DelayedError();
}
