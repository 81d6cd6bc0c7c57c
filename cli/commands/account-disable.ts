import { Command } from 'commander';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';

/** `lethe account disable ID`: its keys are refused, its requests are finished. */
export function accountDisable(context: CommandContext): Command {
  return change(context, 'disable', 'Refuse all keys of an account; what it has asked for is finished', {
    since: (now) => now,
    told: 'Account disabled: its keys are refused from the next request on. Open requests are finished.',
  });
}

/** `lethe account enable ID`: takes `disable` back. */
export function accountEnable(context: CommandContext): Command {
  return change(context, 'enable', 'Let the keys of a disabled account in again', {
    since: () => null,
    told: 'Account enabled.',
  });
}

function change(
  context: CommandContext,
  name: string,
  description: string,
  { since, told }: { since: (now: Date) => Date | null; told: string },
): Command {
  return new Command(name)
    .description(description)
    .argument('<id>', 'the account')
    .action(async (id: string) => {
      const known = await withDatabase(context, ({ connection }) =>
        createAccounts(connection).setDisabled(id, since(context.now())),
      );
      if (!known) throw new CommandFailure('no account has this id');
      context.note(told);
    });
}
