import { Command } from 'commander';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { createKeys } from '../../src/ledger/accounts/keys.ts';
import { LETHE } from '../command-line.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';
import { formatTable, formatTime } from '../table.ts';

/** `lethe key list` */
export function keyList(context: CommandContext): Command {
  return new Command('list')
    .description('List the keys of an account, oldest first, revoked ones too')
    .requiredOption('--account <id>', 'the account')
    .action(async ({ account }: { account: string }) => {
      const keys = await withDatabase(context, async ({ connection }) => {
        if (!(await createAccounts(connection).find(account))) throw new CommandFailure('no account has this id');
        return createKeys(connection).list(account);
      });
      if (keys.length === 0) {
        context.note(`No keys yet. Make one with: ${LETHE} key create --account ${account}`);
        return;
      }
      const rows = keys.map((key) => [
        key._id,
        formatTime(key.created_at),
        key.revoked_at ? formatTime(key.revoked_at) : '',
        key.label,
      ]);
      for (const line of formatTable(['ID', 'CREATED', 'REVOKED', 'LABEL'], rows)) context.print(line);
    });
}
