import { Command } from 'commander';
import { readConfigPart } from '../../src/base/config.ts';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { hasChain, verifyAudit } from '../../src/ledger/audit/audit.ts';
import { createAuditSeal } from '../../src/ledger/audit/entry.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';

/** `lethe audit verify`: one line a fault, and exit code 1 when there is one. */
export function auditVerify(context: CommandContext): Command {
  return new Command('verify')
    .description('Find entries of the audit that were changed, taken out or moved')
    .option('--account <id>', 'one account; all of them unless given')
    .action(async ({ account }: { account?: string }) => {
      const { LETHE_TOKEN_KEYS: ring } = readConfigPart(context.env, ['LETHE_TOKEN_KEYS']);
      const faults = await withDatabase(context, async ({ connection, db }) => {
        // Of an id that was mistyped there is no entry, so nothing could be wrong.
        if (
          account !== undefined &&
          !(await createAccounts(connection).find(account)) &&
          !(await hasChain(db, account))
        )
          throw new CommandFailure('no account has this id');
        let found = 0;
        for await (const { account: whose, seq, through, fault } of verifyAudit(db, createAuditSeal(ring), account)) {
          found += 1;
          context.print(
            `${whose} ${through === undefined ? `entry ${seq}` : `entries ${seq} to ${through}`}: ${fault}`,
          );
        }
        return found;
      });
      if (faults > 0) throw new CommandFailure(`the audit is not as it was written: ${faults} faults`);
      context.note('The audit is as it was written.');
    });
}
