import { Command } from 'commander';
import { readConfigPart } from '../../src/base/config.ts';
import { previewRetention } from '../../src/contracts/retention/preview.ts';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { LETHE } from '../command-line.ts';
import type { CommandContext } from '../context.ts';
import { readDataMap, withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';
import { JSON_OPTION, printObjects } from '../json.ts';
import { createProgress } from '../progress.ts';
import { readMonths } from '../retention.ts';
import { formatTime, printTable } from '../table.ts';

interface Options {
  account?: string;
  months?: string;
  json?: true;
}

/** `lethe retention preview`: what would be deleted if it were turned on now. */
export function retentionPreview(context: CommandContext): Command {
  return new Command('preview')
    .description('Count the records that retention would delete today; reads only')
    .option('--account <id>', 'one account; all of them unless given')
    .option('--months <months>', 'as if this were set (default: what is set, else RETENTION_MONTHS)')
    .option('--json', JSON_OPTION)
    .action((options: Options) => preview(context, options));
}

async function preview(context: CommandContext, options: Options): Promise<void> {
  const { RETENTION_MONTHS } = readConfigPart(context.env, ['RETENTION_MONTHS']);
  const asked = options.months === undefined ? undefined : readMonths(options.months, '--months');
  const dataMap = readDataMap(context);
  const progress = createProgress(context, 'accounts');
  const views = await withDatabase(context, async ({ connection, db }) => {
    const accounts = createAccounts(connection);
    const one = options.account === undefined ? undefined : await accounts.find(options.account);
    if (one === null) throw new CommandFailure('no account has this id');
    const found = [];
    const all = one ? [one] : await accounts.list();
    for (const [index, account] of all.entries()) {
      progress.onProgress({ place: 'retention', read: index, total: all.length });
      const months = asked ?? account.retention_months ?? RETENTION_MONTHS;
      const counts = await previewRetention({ db, dataMap }, { ...account, retention_months: months }, context.now());
      const retention = account.retention_months === undefined ? ('off' as const) : ('on' as const);
      for (const { name, records, old, before } of counts)
        found.push({ account: account._id, retention, months, collection: name, records, old, before });
    }
    progress.clear();
    return found;
  });
  if (options.json) {
    printObjects(context, views);
    return;
  }
  if (views.length === 0) context.note('Nothing is old enough.');
  else
    printTable(
      context,
      ['ACCOUNT', 'RETENTION', 'MONTHS', 'COLLECTION', 'RECORDS', 'BEFORE', 'WITH OTHERS'],
      views.map(({ account, retention, months, collection, records, old, before }) => [
        account,
        retention,
        String(months),
        collection,
        String(records),
        formatTime(before),
        String(records - old),
      ]),
    );
  context.note(`Nothing was deleted. It is turned on by: ${LETHE} account set --account ID --retention-months N`);
}
