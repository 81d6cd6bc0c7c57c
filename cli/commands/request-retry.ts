import { Command } from 'commander';
import type mongoose from 'mongoose';
import { requestsOf } from '../../src/ledger/requests/ledger.ts';
import { freeAt } from '../../src/ledger/work/row.ts';
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
  const identity = { account_id: key.account, reference: key.reference };
  const result = await requestsOf(db).updateOne(
    {
      ...identity,
      unfinished: true,
      ...freeAt(now),
      // Its pause is for what the last message sent leaves behind: cut short, that would outlive the erasure.
      // One that waits for a scan is let go by the scan.
      $nor: [
        { state: 'waiting', wait: 'settling' },
        { state: 'scanning', 'scan.done': { $exists: false } },
      ],
    },
    // Its job may be in the queue for later: under the next generation the relay finds none, and adds one for now.
    { $set: { not_before: now, look_at: now }, $inc: { generation: 1 } },
  );
  if (result.matchedCount === 1) return;

  const request = await requestsOf(db).findOne(identity, { projection: { state: 1, lease: 1, not_before: 1 } });
  if (!request) throw new CommandFailure('no request of this account has this reference');
  if (request.state === 'completed') throw new CommandFailure('the request is completed');
  if (request.lease) throw new CommandFailure('a worker has the request in hand just now');
  if (request.state === 'scanning')
    throw new CommandFailure("the account's records are being read: lethe request list says how far it is");
  throw new CommandFailure(
    `the last scheduled message has just been sent; the request goes on at ${formatTime(request.not_before)}`,
  );
}
