import { Command } from 'commander';
import { readConfigPart } from '../../src/base/config.ts';
import { createTokens } from '../../src/base/keys/token.ts';
import { loadDataMap } from '../../src/engine/map/load.ts';
import type { DataMap } from '../../src/engine/map/schema.ts';
import { type Account, createAccounts } from '../../src/ledger/accounts/accounts.ts';
import { createCountriesOf } from '../../src/ledger/accounts/countries.ts';
import { suppressionEntry } from '../../src/ledger/suppression/list.ts';
import { findNumbers } from '../../src/ops/find/find.ts';
import { foreignTo } from '../../src/ops/find/foreign.ts';
import { joinedIn } from '../../src/ops/find/joined.ts';
import { countSealed, type SealedRows } from '../../src/ops/find/sealed.ts';
import type { Trace } from '../../src/ops/find/trace.ts';
import { databasesOf } from '../../src/ops/map-view.ts';
import type { PhoneNumber } from '../../src/phone/number.ts';
import type { CommandContext } from '../context.ts';
import { type OpenDatabase, withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';
import { JSON_OPTION } from '../json.ts';
import { COUNTRIES_OPTION, readCountries, readTypedNumber } from '../numbers.ts';
import { createProgress } from '../progress.ts';

interface Options {
  account?: string;
  collection?: string[];
  countries?: string;
  json?: true;
  expectNone?: true;
}

/** `lethe find`: where a number stands, in the whole database. Neither the number nor a value is ever shown. */
export function find(context: CommandContext): Command {
  return new Command('find')
    .description('Search everything, mapped or not, for the number on standard input; shows places, never values')
    .option('--account <id>', "leave out what is another account's for sure")
    .option('--collection <name...>', 'only these collections')
    .option('--countries <list>', COUNTRIES_OPTION)
    .option('--json', JSON_OPTION)
    .option('--expect-none', 'exit with 1 when something is found')
    .action((options: Options) => search(context, options));
}

async function search(context: CommandContext, options: Options): Promise<void> {
  const config = readConfigPart(context.env, ['DATA_MAP', 'COUNTRIES', 'NUMBER_PREFIXES']);
  const map = loadDataMap(config.DATA_MAP);
  const countriesOf = createCountriesOf(map, config);
  const named = options.countries === undefined ? undefined : readCountries(options.countries);
  const number = readTypedNumber((await context.readSecret?.('Number: ')) ?? '', named ?? countriesOf({}));
  const progress = createProgress(context);
  const out = options.json ? printJson(context) : printLines(context);
  const reach = { collections: 0, documents: 0 };
  let found = 0;
  let own = 0;
  const sealed = await withDatabase(context, async (open) => {
    const account = await findAccount(open, options.account);
    const accounts = account ? [account] : await createAccounts(open.connection).list();
    const others = databasesOf(
      open.platform,
      map,
      accounts.map(({ records_id }) => records_id),
    );
    const lethes = open.db.databaseName === open.platform.databaseName ? [] : [open.db];
    const databases = [open.platform, ...others, ...lethes];
    await assertCollections(databases, options.collection);
    const traces = findNumbers(
      {
        numbers: [number],
        // What is national for one account is searched for everywhere.
        countries: named ?? [...new Set([{}, ...accounts].flatMap(countriesOf))],
        databases,
        suppressionList: suppressionEntry(map).collection,
        joinedIn: joinedIn(map),
        ...(options.collection && { collections: options.collection }),
        ...(account && { isForeign: foreignTo(account.records_id, map) }),
        onProgress: progress.onProgress,
      },
      reach,
    );
    for await (const trace of traces) {
      progress.clear();
      if (trace.own) own += 1;
      else found += 1;
      out.trace(trace);
    }
    progress.clear();
    return options.collection ? [] : readSealed(context, open, map, accounts, number);
  });
  for (const row of sealed) out.sealed(row);
  const searched = `${reach.collections} collections, ${reach.documents} records`;
  context.note(found === 0 ? `Not found. Searched: ${searched}.` : `Found in ${count(found)}. Searched: ${searched}.`);
  if (own > 0)
    context.note(
      `Apart from that, ${count(own)} on Lethe's suppression list: the number stands there until its request is completed, or because the map says keep_number.`,
    );
  if (options.expectNone && found > 0) throw new CommandFailure('the number is still there');
}

async function findAccount({ connection }: OpenDatabase, id: string | undefined): Promise<Account | null> {
  if (id === undefined) return null;
  const account = await createAccounts(connection).find(id);
  if (account === null) throw new CommandFailure('no account has this id');
  return account;
}

/** "Not found" about a name that was mistyped would be taken for good news. */
async function assertCollections(
  databases: readonly OpenDatabase['db'][],
  names: readonly string[] = [],
): Promise<void> {
  const isThere = async (name: string) => {
    for (const db of databases) if (await db.listCollections({ name }, { nameOnly: true }).hasNext()) return true;
    return false;
  };
  for (const name of names)
    if (!(await isThere(name))) throw new CommandFailure('--collection names one that is not there');
}

/** What stands for the number under a token, as far as the keys are at hand. */
async function readSealed(
  context: CommandContext,
  { db }: OpenDatabase,
  map: DataMap,
  accounts: readonly Account[],
  number: PhoneNumber,
): Promise<SealedRows[]> {
  if (!context.env.LETHE_TOKEN_KEYS) {
    context.note('LETHE_TOKEN_KEYS is not set: what stands for the number under a token was not counted.');
    return [];
  }
  const tokens = createTokens(readConfigPart(context.env, ['LETHE_TOKEN_KEYS']).LETHE_TOKEN_KEYS);
  return countSealed(
    db,
    suppressionEntry(map).collection,
    tokens,
    accounts.map(({ _id }) => _id),
    number,
  );
}

interface Output {
  trace(trace: Trace): void;
  sealed(rows: SealedRows): void;
}

function printJson({ print }: CommandContext): Output {
  return {
    trace: (trace) => print(JSON.stringify(trace)),
    sealed: (rows) => print(JSON.stringify({ own: 'sealed', ...rows })),
  };
}

/** Lines come as they are found, so that columns have no common width. */
function printLines({ print, note }: CommandContext): Output {
  let isFirst = true;
  return {
    trace({ collection, id, path, as, sure, own }) {
      if (isFirst) print(['COLLECTION', '_ID', 'PATH', 'AS', 'SURE'].join('  '));
      isFirst = false;
      const apart = own ? ` (Lethe's own: ${own})` : '';
      print([collection, id ?? '-', path, as, sure ? 'yes' : 'no'].join('  ') + apart);
    },
    sealed: ({ collection, rows }) => note(`${collection}: ${rows} under a token; the number is not in them.`),
  };
}

const count = (number: number) => `${number} place${number === 1 ? '' : 's'}`;
