import { Command } from 'commander';
import { createKeys } from '../../src/ledger/accounts/keys.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure, UsageFault } from '../faults.ts';

/** `lethe key create`: the whole key, once, and nothing else on standard output: `KEY=$(lethe key create …)` works. */
export function keyCreate(context: CommandContext): Command {
  return new Command('create')
    .description('Create an API key and print it, once')
    .requiredOption('--account <id>', 'the account it belongs to')
    .option('--label <label>', 'what it is for', '')
    .action(async ({ account, label }: { account: string; label: string }) => {
      if (label.length > 200) throw new UsageFault('--label takes 200 characters at most');
      const made = await withDatabase(context, ({ connection }) =>
        createKeys(connection).create({ account, label, now: context.now() }),
      );
      if (made === null) throw new CommandFailure('no account has this id');
      context.print(made.whole);
      context.note('This is the only time the whole key is shown: only a digest of it is kept.');
    });
}
