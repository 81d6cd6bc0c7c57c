import { Command } from 'commander';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { createKeys } from '../../src/ledger/accounts/keys.ts';
import { viewAccount } from '../account-view.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';
import { JSON_OPTION, printObjects } from '../json.ts';

/** `lethe account show ID`: everything that is set for one account. */
export function accountShow(context: CommandContext): Command {
  return new Command('show')
    .description('Show one account: its settings, and how many keys are live')
    .argument('<id>', 'the account')
    .option('--json', JSON_OPTION)
    .action((id: string, options: { json?: true }) => show(context, id, options));
}

async function show(context: CommandContext, id: string, options: { json?: true }): Promise<void> {
  const shown = await withDatabase(context, async ({ connection }) => {
    const account = await createAccounts(connection).find(id);
    if (!account) throw new CommandFailure('no account has this id');
    const now = context.now();
    const keys = (await createKeys(connection).list(id)).filter(
      (key) => key.revoked_at === undefined && (key.expires_at === undefined || key.expires_at > now),
    );
    return { ...viewAccount(account), live_keys: keys.length };
  });
  if (options.json) printObjects(context, [shown]);
  else
    for (const [name, value] of Object.entries(shown))
      context.print(`${name.replaceAll('_', ' ').padEnd(16)}  ${tell(value)}`);
}

function tell(value: unknown): string {
  if (value === null) return '-';
  if (value instanceof Date) return value.toISOString();
  return Array.isArray(value) ? value.join(', ') || 'none' : String(value);
}
