import { Command, Option } from 'commander';
import { readConfigPart } from '../../src/base/config.ts';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import { createCountriesOf } from '../../src/ledger/accounts/countries.ts';
import { createKeys, readWholeKey } from '../../src/ledger/accounts/keys.ts';
import { createDrillApi, DrillRefused } from '../../src/ops/drill/api.ts';
import { DrillFault, type DrillReport, runDrill } from '../../src/ops/drill/drill.ts';
import { SHAPE_SETS, type ShapeSet } from '../../src/ops/drill/shapes.ts';
import type { CommandContext } from '../context.ts';
import { type OpenDatabase, readDataMap, withDatabase } from '../database.ts';
import { CommandFailure, UsageFault } from '../faults.ts';
import { JSON_OPTION, printObjects } from '../json.ts';
import { createProgress } from '../progress.ts';

interface Options {
  url?: string;
  key?: string;
  shapes: ShapeSet;
  skip: string[];
  timeout: string;
  json?: true;
}

/** Whatever is read. Where the map turns the scan off, only what a look-up by index finds is erased. */
const DEFAULT_SHAPES: ShapeSet = 'all';
const MINUTE_MS = 60_000;
const MOST_MINUTES = 10_080;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** `lethe drill`: forgets a person who does not exist, and looks whether anything is left. */
export function drill(context: CommandContext): Command {
  return new Command('drill')
    .description(
      'Put a made-up person into every mapped collection, have them forgotten through the API, search for what is left, clean up',
    )
    .option('--url <address>', "the API's address (default: LETHE_URL)")
    .option('--key <key>', 'a key of the account; others can see arguments: LETHE_KEY is the better place')
    .addOption(
      new Option('--shapes <set>', 'what a look-up by index finds, or all shapes')
        .choices(SHAPE_SETS)
        .default(DEFAULT_SHAPES),
    )
    .option('--skip <name...>', 'entries of the map that are left out, by name', [])
    .option('--timeout <minutes>', 'how long the erasure may take', '60')
    .option('--json', JSON_OPTION)
    .action((options: Options) => run(context, options));
}

async function run(context: CommandContext, options: Options): Promise<void> {
  const url = readUrl(options.url ?? context.env.LETHE_URL);
  const key = options.key ?? context.env.LETHE_KEY;
  if (!key) throw new UsageFault('give a key of the account as LETHE_KEY, or with --key');
  const minutes = /^\d{1,5}$/.test(options.timeout) ? Number(options.timeout) : 0;
  if (minutes < 1 || minutes > MOST_MINUTES) throw new UsageFault(`--timeout must be 1 to ${MOST_MINUTES} minutes`);
  const config = readConfigPart(context.env, ['DATA_MAP', 'COUNTRIES', 'NUMBER_PREFIXES']);
  const map = readDataMap(context);
  const countriesOf = createCountriesOf(map, config);
  const stopping = new AbortController();
  const stop = () => stopping.abort(new CommandFailure('stopped; what the drill had put there is removed'));
  for (const signal of SIGNALS) process.once(signal, stop);
  const progress = createProgress(context);
  try {
    const report = await withDatabase(context, async (open) => {
      const account = await accountOf(open, key);
      return runDrill({
        ...{ db: open.db, map, account, shapes: options.shapes, skip: options.skip },
        prefixes: config.NUMBER_PREFIXES,
        countries: countriesOf(account),
        api: createDrillApi(url, key, stopping.signal),
        timeoutMs: minutes * MINUTE_MS,
        signal: stopping.signal,
        onProgress: progress.onProgress,
        note(line) {
          progress.clear();
          context.note(line);
        },
      });
    });
    progress.clear();
    if (options.json) printObjects(context, [report]);
    judgeReport(context, report, options.json ?? false);
  } catch (error) {
    progress.clear();
    if (error instanceof DrillFault || error instanceof DrillRefused) throw new CommandFailure(error.message);
    throw error;
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, stop);
  }
}

function readUrl(text: string | undefined): string {
  if (!text) throw new UsageFault("give the API's address as LETHE_URL, or with --url");
  if (!/^https?:\/\/[^/?#]/.test(text)) throw new UsageFault('the address must begin with http:// or https://');
  return text.replace(/\/+$/, '');
}

async function accountOf({ connection }: OpenDatabase, key: string): Promise<Account> {
  const parts = readWholeKey(key);
  const known = parts && (await createKeys(connection).authenticate(parts.id, parts.secret));
  if (!known) throw new CommandFailure('the key is none of this database');
  return known.account;
}

/** @throws CommandFailure when something was left, or not everything was drilled */
function judgeReport(context: CommandContext, report: DrillReport, isPrinted: boolean): void {
  const { planted, refused, state, left } = report;
  if (!isPrinted) printReport(context, report);
  if (state !== 'completed') throw new CommandFailure(`the request to forget the made-up person is ${state}`);
  if (left.length > 0)
    throw new CommandFailure(`the API said "removed", and ${left.length} traces of ${planted} records are left`);
  if (refused.length > 0)
    throw new CommandFailure('not every entry of the map could be drilled: leave out with --skip what is known');
  context.note(`Nothing of ${planted} records is left.`);
}

function printReport({ print }: CommandContext, { left, refused }: DrillReport): void {
  for (const { collection, shape, path, as } of left)
    print(`left  ${collection}  ${shape ?? 'not of the drill'}: ${path} (${as})`);
  for (const { name, why } of refused) print(`not drilled  ${name}: ${why}`);
}
