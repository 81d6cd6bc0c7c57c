import { Command } from 'commander';
import { createKeys } from '../../src/ledger/accounts/keys.ts';
import { ACCOUNT_SCOPES, type AccountScope } from '../../src/ledger/accounts/scopes.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure, UsageFault } from '../faults.ts';

/** `lethe key create`: the whole key, once, and nothing else on standard output: `KEY=$(lethe key create …)` works. */
export function keyCreate(context: CommandContext): Command {
  return new Command('create')
    .description('Create an API key and print it, once')
    .requiredOption('--account <id>', 'the account it belongs to')
    .option('--label <label>', 'what it is for', '')
    .option('--scopes <list>', `what it may do, of ${ACCOUNT_SCOPES.join(',')}; all of them unless given`)
    .action(async ({ account, label, scopes: list }: { account: string; label: string; scopes?: string }) => {
      if (label.length > 200) throw new UsageFault('--label takes 200 characters at most');
      const scopes = list === undefined ? undefined : readScopes(list);
      const made = await withDatabase(context, ({ connection }) =>
        createKeys(connection).create({ account, label, ...(scopes && { scopes }), now: context.now() }),
      );
      if (made === null) throw new CommandFailure('no account has this id');
      context.print(made.whole);
      context.note('This is the only time the whole key is shown: only a digest of it is kept.');
    });
}

/** @throws UsageFault for a scope that a key cannot have */
function readScopes(list: string): AccountScope[] {
  const names = list.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !ACCOUNT_SCOPES.some((scope) => scope === name));
  if (unknown.length > 0) throw new UsageFault(`--scopes is a list of ${ACCOUNT_SCOPES.join(', ')}`);
  return ACCOUNT_SCOPES.filter((scope) => names.includes(scope));
}
