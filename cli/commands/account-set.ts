import { Command, Option } from 'commander';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure, UsageFault } from '../faults.ts';
import { PRODUCTS_OPTION, readProducts } from '../products.ts';

/** The longest period there is, as in RETENTION_MONTHS. */
const MOST_MONTHS = 1_200;

interface Options {
  account: string;
  retentionMonths?: string;
  products?: string;
  scan?: 'on' | 'off';
}

/** `lethe account set --account ID --retention-months 6 --products sms,voice`: what is set for one account. */
export function accountSet(context: CommandContext): Command {
  return new Command('set')
    .description(
      'Set how long the records of an account are kept, which transactions it may redact, and whether it is scanned',
    )
    .requiredOption('--account <id>', 'the account')
    .option('--retention-months <months>', 'calendar months; 0: for ever; default: as RETENTION_MONTHS says')
    .option('--products <list>', PRODUCTS_OPTION)
    .addOption(
      new Option('--scan <switch>', 'off: "removed" rests on look-ups by index alone, records are not read').choices([
        'on',
        'off',
      ]),
    )
    .action((options: Options) => set(context, options));
}

async function set(context: CommandContext, { account, retentionMonths, products, scan }: Options): Promise<void> {
  if (retentionMonths === undefined && products === undefined && scan === undefined)
    throw new UsageFault('nothing to set: give --retention-months, --products or --scan');
  const months = retentionMonths === undefined ? undefined : readMonths(retentionMonths);
  const list = products === undefined ? undefined : readProducts(products);
  const known = await withDatabase(context, async ({ connection }) => {
    const accounts = createAccounts(connection);
    if (months !== undefined && !(await accounts.setRetention(account, months))) return false;
    if (list !== undefined && !(await accounts.setProducts(account, list))) return false;
    return scan === undefined || (await accounts.setScan(account, scan));
  });
  if (!known) throw new CommandFailure('there is no such account');
  if (months !== undefined) context.note('Retention set. It counts from the next daily run on.');
  if (scan !== undefined) context.note(`Scan ${scan}. It counts from the next look at a request on.`);
  if (list !== undefined) context.note('Products set. They count from the next request on.');
}

function readMonths(text: string): number | null {
  if (text === 'default') return null;
  const months = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(months <= MOST_MONTHS)) throw new UsageFault(`--retention-months must be 0 to ${MOST_MONTHS}, or default`);
  return months;
}
