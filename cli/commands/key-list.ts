import { Command } from 'commander';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { createKeys } from '../../src/ledger/accounts/keys.ts';
import { LETHE } from '../command-line.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';
import { JSON_OPTION, printObjects } from '../json.ts';
import { formatTime, printTable } from '../table.ts';

/** `lethe key list` */
export function keyList(context: CommandContext): Command {
  return new Command('list')
    .description('List the keys of an account, oldest first, revoked ones too')
    .requiredOption('--account <id>', 'the account')
    .option('--json', JSON_OPTION)
    .action(async ({ account, json }: { account: string; json?: true }) => {
      const keys = await withDatabase(context, async ({ connection }) => {
        if (!(await createAccounts(connection).find(account))) throw new CommandFailure('no account has this id');
        return createKeys(connection).list(account);
      });
      const views = keys.map(({ _id, label, created_at, last_used_at, expires_at, revoked_at }) => {
        const times = { created_at, last_used_at, expires_at, revoked_at };
        return { id: _id, label, ...times };
      });
      if (json) {
        printObjects(context, views);
        return;
      }
      if (keys.length === 0) {
        context.note(`No keys yet. Make one with: ${LETHE} key create --account ${account}`);
        return;
      }
      const rows = views.map((key) => [
        key.id,
        formatTime(key.created_at),
        formatTime(key.last_used_at),
        formatTime(key.expires_at),
        formatTime(key.revoked_at),
        key.label,
      ]);
      printTable(context, ['ID', 'CREATED', 'LAST USED', 'EXPIRES', 'REVOKED', 'LABEL'], rows);
    });
}
