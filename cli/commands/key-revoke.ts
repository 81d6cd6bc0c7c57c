import { Command } from 'commander';
import { createKeys, readWholeKey } from '../../src/ledger/accounts/keys.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';

/** `lethe key revoke ID`: from the next request on the key is refused. */
export function keyRevoke(context: CommandContext): Command {
  return new Command('revoke')
    .description('Revoke a key: it is refused from the next request on')
    .argument('<id>', 'the part of the key before the dot')
    .action(async (given: string) => {
      // Whoever has just found a leaked key will paste all of it.
      const id = readWholeKey(given)?.id ?? given;
      const revoked = await withDatabase(context, ({ connection }) => createKeys(connection).revoke(id, context.now()));
      if (!revoked) throw new CommandFailure('no live key has this id');
      context.note('Key revoked.');
    });
}
