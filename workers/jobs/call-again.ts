import { DelayedError, type Job } from 'bullmq';
import { TURN_LATER } from '../../src/base/queue/turns.ts';

/**
 * Puts a job under way back into its queue until a moment, when it takes its account's next turn.
 * @param token of the lock on the job
 * @param at in milliseconds since 1970; past: at once
 * @throws DelayedError always: BullMQ leaves the job alone then
 */
export async function callAgain(job: Job, token: string | undefined, at: number): Promise<never> {
  await job.changePriority({ priority: TURN_LATER });
  await job.moveToDelayed(at, token);
  throw new DelayedError();
}
