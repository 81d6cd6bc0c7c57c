import { Command } from 'commander';
import { readConfigPart } from '../../src/base/config.ts';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { createCountriesOf } from '../../src/ledger/accounts/countries.ts';
import { type CheckReport, checkDataMap } from '../../src/ops/check-map/check.ts';
import { createIndexes } from '../../src/ops/check-map/create-indexes.ts';
import type { Finding } from '../../src/ops/check-map/findings.ts';
import type { CommandContext } from '../context.ts';
import { type OpenDatabase, readDataMap, withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';
import { JSON_OPTION } from '../json.ts';
import { findKeyFaults } from '../key-findings.ts';
import { COUNTRIES_OPTION, readCountries } from '../numbers.ts';
import { createProgress } from '../progress.ts';

interface Options {
  file?: string;
  account?: string;
  countries?: string;
  all?: true;
  json?: true;
  createIndexes?: true;
}

/** `lethe check-map`: what does not fit, one line each, with what mends it. Fails when an erasure would. */
export function checkMap(context: CommandContext): Command {
  return new Command('check-map')
    .description('Compare the data map with the live database: reads only, and shows no values')
    .option('--file <path>', 'a map that is not in use yet (default: DATA_MAP, else the default map)')
    .option('--account <id>', "look at this account's records only")
    .option('--countries <list>', COUNTRIES_OPTION)
    .option('--all', 'read every record, not a sample')
    .option('--json', JSON_OPTION)
    .option('--create-indexes', 'create the indexes that are missing, then judge')
    .action((options: Options) => check(context, options));
}

async function check(context: CommandContext, options: Options): Promise<void> {
  const config = readConfigPart(context.env, ['DATA_MAP', 'COUNTRIES', 'NUMBER_PREFIXES']);
  const map = readDataMap(context, options.file);
  const countriesOf = createCountriesOf(map, config);
  const named = options.countries === undefined ? undefined : readCountries(options.countries);
  const progress = createProgress(context);
  const report = await withDatabase(context, async ({ connection, db, platform }) => {
    const account = options.account === undefined ? undefined : await createAccounts(connection).find(options.account);
    if (account === null) throw new CommandFailure('no account has this id');
    const found = await checkDataMap(db, map, {
      countries: named ?? countriesOf(account ?? {}),
      platform,
      onProgress: progress.onProgress,
      ...(options.all && { sampleSize: 'all' }),
      ...(account && { account: account.records_id }),
    });
    progress.clear();
    const findings = options.createIndexes ? await mend(context, db, found.findings) : found.findings;
    return { ...found, findings: [...(await findKeyFaults(context, db, map)), ...findings] };
  });
  printFindings(context, report, options.json ?? false);
}

/** Creates missing indexes. @returns the findings that are left */
async function mend(context: CommandContext, db: OpenDatabase['db'], findings: Finding[]): Promise<Finding[]> {
  const mended = new Set<Finding>();
  for await (const { finding, fault } of createIndexes(db, findings)) {
    if (fault === undefined) mended.add(finding);
    context.note(fault === undefined ? `created  ${finding.remedy}` : `refused (${fault})  ${finding.remedy}`);
  }
  return findings.filter((finding) => !mended.has(finding));
}

/** @throws CommandFailure when there is an error among the findings */
function printFindings(context: CommandContext, report: CheckReport, isJson: boolean): void {
  for (const finding of report.findings) {
    const { severity, where, message, remedy, ids = [] } = finding;
    if (isJson) {
      context.print(JSON.stringify(finding));
      continue;
    }
    context.print(`${severity.padEnd(7)}  ${where}: ${message}`);
    if (ids.length > 0) context.print(`         _id: ${ids.join(', ')}`);
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
