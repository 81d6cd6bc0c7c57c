import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { readConfigPart } from '../../src/base/config.ts';
import { loadDataMap } from '../../src/engine/map/load.ts';
import { createCountriesOf } from '../../src/ledger/accounts/countries.ts';
import { findUnnamed } from '../../src/ops/discover/compare.ts';
import { proposeMap } from '../../src/ops/discover/propose.ts';
import { findReferences } from '../../src/ops/discover/references.ts';
import { surveyDatabase } from '../../src/ops/discover/survey.ts';
import { writeProposal } from '../../src/ops/discover/write.ts';
import { redactDigitRuns } from '../../src/phone/scan.ts';
import { LETHE } from '../command-line.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure, UsageFault } from '../faults.ts';
import { JSON_OPTION, printObjects } from '../json.ts';
import { COUNTRIES_OPTION, readCountries } from '../numbers.ts';
import { createProgress } from '../progress.ts';

interface Options {
  write?: string;
  sample: string;
  file?: string;
  countries?: string;
  json?: true;
}

const MOST_SAMPLED = 1_000_000;

/** `lethe discover`: a data map proposed from the database itself, or what an existing one does not name. */
export function discover(context: CommandContext): Command {
  return new Command('discover')
    .description('Propose a data map from a sample of every collection; with a map: say what it does not name')
    .option('--write <file>', 'write the proposed map to this new file')
    .option('--sample <n>', 'records to look at a collection: the oldest, the newest, and some between', '1000')
    .option('--file <path>', 'the map to compare with (default: DATA_MAP; without one the proposal is printed)')
    .option('--countries <list>', COUNTRIES_OPTION)
    .option('--json', `${JSON_OPTION}: what the map does not name`)
    .action((options: Options) => look(context, options));
}

async function look(context: CommandContext, options: Options): Promise<void> {
  const sample = /^\d{1,7}$/.test(options.sample) ? Number(options.sample) : 0;
  if (sample < 1 || sample > MOST_SAMPLED)
    throw new UsageFault(`--sample must be a whole number from 1 to ${MOST_SAMPLED}`);
  const config = readConfigPart(context.env, ['DATA_MAP', 'COUNTRIES', 'NUMBER_PREFIXES']);
  const file = options.file ?? config.DATA_MAP;
  const map = file === undefined ? undefined : loadDataMap(file);
  if (options.json && map === undefined) throw new UsageFault('--json needs a map to compare with: see --file');
  const general = createCountriesOf(map ?? {}, config)({});
  const countries = options.countries === undefined ? general : readCountries(options.countries);
  const progress = createProgress(context);
  const { surveyed, text } = await withDatabase(context, async ({ platform: db }) => {
    const found = await surveyDatabase(db, { countries, sample, onProgress: progress.onProgress });
    progress.clear();
    return { surveyed: found, text: writeProposal(proposeMap(found, await findReferences(db, found))) };
  });
  const records = surveyed.reduce((sum, one) => sum + one.records, 0);
  context.note(`${surveyed.length} collections, ${records} records looked at.`);
  if (options.write !== undefined) {
    await writeNew(options.write, text);
    context.note(`Proposed map written. Look at each line, then run: ${LETHE} check-map --file ${options.write}`);
  }
  if (map !== undefined) {
    const unnamed = findUnnamed(surveyed, map);
    const told = unnamed.map(({ where, what }) => ({ where: redactDigitRuns(where), what: redactDigitRuns(what) }));
    if (options.json) printObjects(context, told);
    else for (const { where, what } of told) context.print(`${where}: ${what}`);
    context.note(`${unnamed.length} collections or fields that the map does not name.`);
  } else if (options.write === undefined) context.print(text.trimEnd());
}

/** @throws CommandFailure where the file is there already: it may be the one in use */
async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new CommandFailure(
      code === 'EEXIST' ? `${file} is there already: name a new file` : `${file} cannot be written (${code})`,
    );
  }
}
