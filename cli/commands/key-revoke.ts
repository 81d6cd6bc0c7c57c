import { Command } from 'commander';
import { auditKey } from '../../src/ledger/accounts/audited.ts';
import { createKeys, readWholeKey } from '../../src/ledger/accounts/keys.ts';
import { CLI_ACTOR, openAudit } from '../audit.ts';
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
      const at = context.now();
      const revoked = await withDatabase(context, async ({ connection, db }) => {
        const audit = await openAudit(context, db);
        const key = await createKeys(connection).revoke(id, at);
        if (key) await auditKey(audit, 'revoked', key, { actor: CLI_ACTOR, at });
        return key;
      });
      if (!revoked) throw new CommandFailure('no live key has this id');
      context.note('Key revoked.');
    });
}
