import { Command, Option } from 'commander';
import { createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { countAccounts, entriesOfOneTenant, tenantFault } from '../../src/ledger/accounts/one-tenant.ts';
import { isTimeZone } from '../../src/lib/calendar.ts';
import { LETHE } from '../command-line.ts';
import type { CommandContext } from '../context.ts';
import { readDataMap, withDatabase } from '../database.ts';
import { UsageFault } from '../faults.ts';
import { readLabel } from '../label.ts';
import { ACCOUNT_COUNTRIES_OPTION, readAccountCountries } from '../numbers.ts';
import { PRODUCTS_OPTION, readProducts } from '../products.ts';
import { RECORDS_ID_TYPES, type RecordsIdType, readRecordsId } from '../records-id.ts';

interface Options {
  name: string;
  recordsId?: string;
  recordsIdType: RecordsIdType;
  timeZone?: string;
  agency?: string;
  products?: string;
  countries?: string;
}

/** `lethe account create`: prints the new account's id. */
export function accountCreate(context: CommandContext): Command {
  return new Command('create')
    .description('Create an account and print its id')
    .requiredOption('--name <name>', 'what people call it')
    .option('--records-id <value>', "what the platform's records hold in their account field; the new id unless given")
    .addOption(
      new Option('--records-id-type <type>', 'its type in the records').choices(RECORDS_ID_TYPES).default('string'),
    )
    .option('--time-zone <zone>', 'where "yesterday" begins and ends, e.g. Europe/Berlin (default: Europe/London)')
    .option('--agency <account>', 'make it a sub-account of this agency')
    .option('--products <list>', `${PRODUCTS_OPTION} (default: all)`)
    .option('--countries <list>', ACCOUNT_COUNTRIES_OPTION)
    .action((options: Options) => create(context, options));
}

async function create(context: CommandContext, options: Options): Promise<void> {
  const { recordsId: text, recordsIdType: type, timeZone, agency } = options;
  const name = readLabel('--name', options.name);
  if (timeZone !== undefined && !isTimeZone(timeZone))
    throw new UsageFault('--time-zone must be a name of the IANA database, e.g. Europe/London');
  if (text === undefined && type !== 'string') throw new UsageFault('--records-id-type needs --records-id');
  const recordsId = text === undefined ? undefined : readRecordsId(text, type);
  const products = options.products === undefined ? null : readProducts(options.products);
  if (recordsId === null) throw new UsageFault(`--records-id is not of the type ${type}`);

  const map = readDataMap(context);
  const countries = options.countries === undefined ? null : readAccountCountries(options.countries, map);
  const account = await withDatabase(context, async ({ connection, db }) => {
    const accounts = createAccounts(connection);
    if (agency !== undefined) {
      const parent = await accounts.find(agency);
      if (!parent) throw new UsageFault('--agency is no account: see lethe account list');
      if (parent.agency_id !== undefined) throw new UsageFault('--agency is a sub-account: it cannot have its own');
    }
    const sharing = recordsId === undefined ? [] : await accounts.findByRecords(recordsId);
    if (sharing.length > 0)
      throw new UsageFault(
        `--records-id is ${sharing.map(({ _id }) => _id).join(', ')}'s already: two accounts would share suppressions and reports. Give the account a second key instead: ${LETHE} key create`,
      );
    const alone = entriesOfOneTenant(map);
    if (alone.length > 0 && (await countAccounts(db)) > 0) throw new UsageFault(tenantFault(alone));
    const made = await accounts.create({
      name,
      now: context.now(),
      ...(recordsId !== undefined && { recordsId }),
      ...(timeZone !== undefined && { timeZone }),
      ...(agency !== undefined && { agency }),
      ...(products !== null && { products }),
      ...(countries !== null && { countries }),
    });
    return made;
  });
  context.print(account._id);
  context.note(`Account created. A key for it: ${LETHE} key create --account ${account._id}`);
}
