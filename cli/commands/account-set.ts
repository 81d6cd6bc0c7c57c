import { Command, Option } from 'commander';
import { readConfigPart } from '../../src/base/config.ts';
import { previewRetention } from '../../src/contracts/retention/preview.ts';
import { type AccountWithRetention, createAccounts } from '../../src/ledger/accounts/accounts.ts';
import type { CommandContext } from '../context.ts';
import { type OpenDatabase, readDataMap, withDatabase } from '../database.ts';
import { CommandFailure, UsageFault } from '../faults.ts';
import { ACCOUNT_COUNTRIES_OPTION, readAccountCountries } from '../numbers.ts';
import { PRODUCTS_OPTION, readProducts } from '../products.ts';
import { readMonths } from '../retention.ts';
import { formatTime } from '../table.ts';

interface Options {
  account: string;
  retentionMonths?: string;
  yes?: true;
  products?: string;
  scan?: 'on' | 'off';
  countries?: string;
}

/** `lethe account set --account ID --retention-months 6 --products sms,voice`: what is set for one account. */
export function accountSet(context: CommandContext): Command {
  return new Command('set')
    .description(
      'Set how long the records of an account are kept, which transactions it may redact, whether it is scanned, and its countries',
    )
    .requiredOption('--account <id>', 'the account')
    .option(
      '--retention-months <months>',
      'turn retention on: calendar months, 0: for ever; default: RETENTION_MONTHS; off',
    )
    .option('--yes', 'delete what the counts say')
    .option('--products <list>', PRODUCTS_OPTION)
    .option('--countries <list>', `${ACCOUNT_COUNTRIES_OPTION}; default`)
    .addOption(
      new Option('--scan <switch>', 'off: "removed" rests on look-ups by index alone, records are not read').choices([
        'on',
        'off',
      ]),
    )
    .action((options: Options) => set(context, options));
}

async function set(context: CommandContext, options: Options): Promise<void> {
  const { account, retentionMonths, products, scan, countries } = options;
  if ([retentionMonths, products, scan, countries].every((one) => one === undefined))
    throw new UsageFault('nothing to set: give --retention-months, --products, --scan or --countries');
  const months = retentionMonths === undefined ? undefined : monthsOf(context, retentionMonths);
  const list = products === undefined ? undefined : readProducts(products);
  const map = () => readDataMap(context);
  const served = countries === undefined ? undefined : readAccountCountries(countries, map());
  const known = await withDatabase(context, async ({ connection, db }) => {
    const accounts = createAccounts(connection);
    const row = await accounts.find(account);
    if (!row) return false;
    if (typeof months === 'number' && !options.yes) await assertSeen(context, db, { ...row, retention_months: months });
    if (months !== undefined && !(await accounts.setRetention(account, months))) return false;
    if (list !== undefined && !(await accounts.setProducts(account, list))) return false;
    if (served !== undefined && !(await accounts.setCountries(account, served))) return false;
    return scan === undefined || (await accounts.setScan(account, scan));
  });
  if (!known) throw new CommandFailure('there is no such account');
  if (months === null) context.note('Retention off.');
  else if (months !== undefined) context.note('Retention on. It counts from the next daily run on.');
  if (scan !== undefined) context.note(`Scan ${scan}. It counts from the next look at a request on.`);
  if (served !== undefined) context.note('Countries set. They count from the next look at a request on.');
  if (list !== undefined) context.note('Products set. They count from the next request on.');
}

/** @returns null: off */
function monthsOf(context: CommandContext, text: string): number | null {
  if (text === 'off') return null;
  if (text === 'default') return readConfigPart(context.env, ['RETENTION_MONTHS']).RETENTION_MONTHS;
  return readMonths(text, '--retention-months');
}

/**
 * Nothing is deleted before somebody has seen how much it is.
 * @throws CommandFailure after the counts when there is anything to delete
 */
async function assertSeen(
  context: CommandContext,
  db: OpenDatabase['db'],
  account: AccountWithRetention,
): Promise<void> {
  const dataMap = readDataMap(context);
  const counts = await previewRetention({ db, dataMap }, account, context.now());
  if (counts.length === 0) return;
  for (const { name, records, old, before } of counts) {
    const others = records > old ? `; ${records - old} of them because they belong to a record that goes` : '';
    context.print(`${records} of ${name}, from before ${formatTime(before)}${others}`);
  }
  throw new CommandFailure(
    'nothing was set: the next run would delete these for good. If that is right, say --yes, too',
  );
}
