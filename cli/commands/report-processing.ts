import { Command } from 'commander';
import { readConfigPart } from '../../src/base/config.ts';
import { loadDataMap } from '../../src/engine/map/load.ts';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { makeProcessingRecord, recordAsMarkdown } from '../../src/ops/processing-record.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';
import { printObjects } from '../json.ts';

interface Options {
  account?: string;
  json?: true;
}

/** `lethe report processing`: the record of processing activities, as far as the data map tells it. */
export function reportProcessing(context: CommandContext): Command {
  return new Command('processing')
    .description('The record of processing activities (GDPR article 30) made from the data map, as Markdown')
    .option('--account <id>', 'with the periods that this account has set')
    .option('--json', 'one JSON object')
    .action((options: Options) => report(context, options));
}

async function report(context: CommandContext, options: Options): Promise<void> {
  const config = readConfigPart(context.env, ['DATA_MAP', 'DEADLINE_HOURS', 'REPORT_KEEP_HOURS']);
  const sources = {
    dataMap: loadDataMap(config.DATA_MAP),
    deadlineHours: config.DEADLINE_HOURS,
    reportKeepHours: config.REPORT_KEEP_HOURS,
  };
  const { account: id } = options;
  const account =
    id === undefined ? undefined : await withDatabase(context, ({ connection }) => createAccounts(connection).find(id));
  if (account === null) throw new CommandFailure('no account has this id');
  const record = makeProcessingRecord({ ...sources, ...(account && { account }) }, context.now());
  if (options.json) printObjects(context, [record]);
  else for (const line of recordAsMarkdown(record)) context.print(line);
}
