import { Command } from 'commander';
import { createAccounts } from '../../src/accounts/accounts.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure, UsageFault } from '../faults.ts';

/** The longest period there is, as in RETENTION_MONTHS. */
const MOST_MONTHS = 1_200;

/** `lethe account set --account ID --retention-months 6`: how long an account's records are kept. */
export function accountSet(context: CommandContext): Command {
  return new Command('set')
    .description('Set how long the records of an account are kept')
    .requiredOption('--account <id>', 'the account')
    .requiredOption('--retention-months <months>', 'calendar months; 0: for ever; default: as RETENTION_MONTHS says')
    .action(async ({ account, retentionMonths }: { account: string; retentionMonths: string }) => {
      const months = readMonths(retentionMonths);
      const known = await withDatabase(context, ({ connection }) =>
        createAccounts(connection).setRetention(account, months),
      );
      if (!known) throw new CommandFailure('there is no such account');
      context.note(`Retention set. It counts from the next daily run on.`);
    });
}

function readMonths(text: string): number | null {
  if (text === 'default') return null;
  const months = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(months <= MOST_MONTHS)) throw new UsageFault(`--retention-months must be 0 to ${MOST_MONTHS}, or default`);
  return months;
}
