import { Command } from 'commander';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { viewAccount } from '../account-view.ts';
import { LETHE } from '../command-line.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { JSON_OPTION, printObjects } from '../json.ts';
import { formatTime, printTable } from '../table.ts';

const HEADER = ['ID', 'RECORDS ID', 'TYPE', 'TIME ZONE', 'CREATED', 'AGENCY', 'STATE', 'NAME'];

/** `lethe account list` */
export function accountList(context: CommandContext): Command {
  return new Command('list')
    .description('List the accounts, oldest first')
    .option('--json', JSON_OPTION)
    .action((options: { json?: true }) => list(context, options));
}

async function list(context: CommandContext, options: { json?: true }): Promise<void> {
  const accounts = await withDatabase(context, ({ connection }) => createAccounts(connection).list());
  const views = accounts.map(viewAccount);
  if (options.json) printObjects(context, views);
  else if (views.length === 0) context.note(`No accounts yet. Make one with: ${LETHE} account create --name NAME`);
  else
    printTable(
      context,
      HEADER,
      views.map((view) => [
        view.id,
        view.records_id,
        view.records_id_type,
        view.time_zone,
        formatTime(view.created_at),
        view.agency ?? '',
        view.disabled_at ? 'disabled' : 'live',
        view.name,
      ]),
    );
}
