import { Command } from 'commander';
import type mongoose from 'mongoose';
import { RETRY_REFUSALS, retryRequest } from '../../src/contracts/requests/retry.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';
import { formatTime } from '../table.ts';

/** `lethe request retry REFERENCE`: the request does not wait for its next look any longer. */
export function requestRetry(context: CommandContext): Command {
  return new Command('retry')
    .description('Have an unfinished request taken up at once, instead of at its next look')
    .argument('<reference>', 'the reference that the platform was given')
    .requiredOption('--account <id>', 'the account it belongs to')
    .action(async (reference: string, { account }: { account: string }) => {
      await withDatabase(context, ({ db }) => callAtOnce(db, { account, reference }, context.now()));
      context.note('The next worker that looks takes it up.');
    });
}

/** @throws CommandFailure when there is nothing to retry, with the reason */
async function callAtOnce(
  db: mongoose.mongo.Db,
  key: { account: string; reference: string },
  now: Date,
): Promise<void> {
  const result = await retryRequest(db, key, now);
  if ('request' in result) return;
  const { refusal, at } = result;
  if (refusal === 'scanning')
    throw new CommandFailure(`${RETRY_REFUSALS.scanning}: lethe request list says how far it is`);
  if (refusal === 'settling')
    throw new CommandFailure(`the last scheduled message has just been sent; the request goes on at ${formatTime(at)}`);
  throw new CommandFailure(RETRY_REFUSALS[refusal]);
}
