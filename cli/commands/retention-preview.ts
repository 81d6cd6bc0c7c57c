import { Command } from 'commander';
import { readConfigPart } from '../../src/base/config.ts';
import { previewRetention } from '../../src/contracts/retention/preview.ts';
import { loadDataMap } from '../../src/engine/map/load.ts';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { LETHE } from '../command-line.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';
import { readMonths } from '../retention.ts';
import { formatTable, formatTime } from '../table.ts';

interface Options {
  account?: string;
  months?: string;
}

/** `lethe retention preview`: what would be deleted if it were turned on now. */
export function retentionPreview(context: CommandContext): Command {
  return new Command('preview')
    .description('Count the records that retention would delete today; reads only')
    .option('--account <id>', 'one account; all of them unless given')
    .option('--months <months>', 'as if this were set (default: what is set, else RETENTION_MONTHS)')
    .action((options: Options) => preview(context, options));
}

async function preview(context: CommandContext, options: Options): Promise<void> {
  const { DATA_MAP, RETENTION_MONTHS } = readConfigPart(context.env, ['DATA_MAP', 'RETENTION_MONTHS']);
  const asked = options.months === undefined ? undefined : readMonths(options.months, '--months');
  const dataMap = loadDataMap(DATA_MAP);
  const rows = await withDatabase(context, async ({ connection, db }) => {
    const accounts = createAccounts(connection);
    const one = options.account === undefined ? undefined : await accounts.find(options.account);
    if (one === null) throw new CommandFailure('no account has this id');
    const found: string[][] = [];
    for (const account of one ? [one] : await accounts.list()) {
      const months = asked ?? account.retention_months ?? RETENTION_MONTHS;
      const counts = await previewRetention({ db, dataMap }, { ...account, retention_months: months }, context.now());
      const state = account.retention_months === undefined ? 'off' : 'on';
      for (const { name, records, before } of counts)
        found.push([account._id, state, String(months), name, String(records), formatTime(before)]);
    }
    return found;
  });
  if (rows.length === 0) context.note('Nothing is old enough.');
  else
    for (const line of formatTable(['ACCOUNT', 'RETENTION', 'MONTHS', 'COLLECTION', 'RECORDS', 'BEFORE'], rows))
      context.print(line);
  context.note(`Nothing was deleted. It is turned on by: ${LETHE} account set --account ID --retention-months N`);
}
