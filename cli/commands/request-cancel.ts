import { Command } from 'commander';
import { readConfig } from '../../src/base/config.ts';
import { CANCEL_REFUSALS, cancelRequest } from '../../src/contracts/requests/cancel.ts';
import { createCore } from '../../src/core.ts';
import type { CommandContext } from '../context.ts';
import { CommandFailure } from '../faults.ts';
import { findAnywhere } from '../find-request.ts';

/** `lethe request cancel REFERENCE`: nothing is erased, and the number is suppressed as it was before, or not. */
export function requestCancel(context: CommandContext): Command {
  return new Command('cancel')
    .description('Call a request off, while nothing of it is erased: see FORGET_GRACE_MINUTES')
    .argument('<reference>', 'the reference that the platform was given')
    .option('--account <id>', 'the account it belongs to')
    .action(async (reference: string, options: { account?: string }) => {
      const core = createCore(readConfig(context.env), { poolSize: 5 });
      try {
        const { account } = await findAnywhere(core.db, core.accounts, reference, options.account);
        const result = await cancelRequest(core, { account, reference, by: 'cli' }, context.now());
        if ('refusal' in result) throw new CommandFailure(CANCEL_REFUSALS[result.refusal]);
      } finally {
        await core.close();
      }
      context.note('The request is cancelled: nothing is erased, and the number is suppressed as it was before.');
    });
}
