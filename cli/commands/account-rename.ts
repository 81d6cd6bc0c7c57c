import { Command } from 'commander';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';
import { readLabel } from '../label.ts';

/** `lethe account rename ID --name N` */
export function accountRename(context: CommandContext): Command {
  return new Command('rename')
    .description('Change what people call an account; its id and its keys stay')
    .argument('<id>', 'the account')
    .requiredOption('--name <name>', 'the new name')
    .action(async (id: string, options: { name: string }) => {
      const name = readLabel('--name', options.name);
      const known = await withDatabase(context, ({ connection }) => createAccounts(connection).rename(id, name));
      if (!known) throw new CommandFailure('no account has this id');
      context.note('Account renamed.');
    });
}
