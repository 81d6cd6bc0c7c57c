import { Command } from 'commander';
import { readConfigPart } from '../../src/base/config.ts';
import { loadDataMap } from '../../src/engine/map/load.ts';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { type CheckReport, checkDataMap } from '../../src/ops/check-map/check.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';
import { findKeyFaults } from '../key-findings.ts';

interface Options {
  file?: string;
  account?: string;
}

/** `lethe check-map`: what does not fit, one line each, with what mends it. Fails when an erasure would. */
export function checkMap(context: CommandContext): Command {
  return new Command('check-map')
    .description('Compare the data map with the live database: reads only, and shows no values')
    .option('--file <path>', 'a map that is not in use yet (default: DATA_MAP, else the default map)')
    .option('--account <id>', "look at this account's records only")
    .action((options: Options) => check(context, options));
}

async function check(context: CommandContext, options: Options): Promise<void> {
  const config = readConfigPart(context.env, ['DATA_MAP', 'NUMBER_PREFIXES']);
  const map = loadDataMap(options.file ?? config.DATA_MAP);
  const report = await withDatabase(context, async ({ connection, db }) => {
    const account = options.account === undefined ? undefined : await createAccounts(connection).find(options.account);
    if (account === null) throw new CommandFailure('no account has this id');
    const report = await checkDataMap(db, map, {
      prefixes: config.NUMBER_PREFIXES,
      ...(account && { account: account.records_id }),
    });
    return { ...report, findings: [...(await findKeyFaults(context, db, map)), ...report.findings] };
  });
  printFindings(context, report);
}

/** @throws CommandFailure when there is an error among the findings */
function printFindings(context: CommandContext, report: CheckReport): void {
  for (const { severity, where, message, remedy } of report.findings) {
    context.print(`${severity.padEnd(7)}  ${where}: ${message}`);
    if (remedy !== undefined) context.print(`         ${remedy}`);
  }
  const errors = report.findings.filter((finding) => finding.severity === 'error').length;
  const warnings = report.findings.length - errors;
  const looked = `${report.collections} collections, ${report.places} places of a number, ${report.sampled} records looked at`;
  context.note(`${looked}: ${count(errors, 'error')}, ${count(warnings, 'warning')}`);
  if (errors > 0)
    throw new CommandFailure('the map and the database do not fit: erasures would fail, be slow, or miss records');
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
