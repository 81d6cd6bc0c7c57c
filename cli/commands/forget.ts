import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { presentBatch } from '../../api/forget/batch.ts';
import { readConfig } from '../../src/base/config.ts';
import { createLogger } from '../../src/base/log.ts';
import { digestOf, forgetBatch, MOST_LINES } from '../../src/contracts/forget/batch.ts';
import { createCore } from '../../src/core.ts';
import type { CommandContext } from '../context.ts';
import { CommandFailure, UsageFault } from '../faults.ts';
import { createProgress } from '../progress.ts';

interface Options {
  account: string;
  file: string;
  unsuppress: boolean;
}

/** What asks, for the audit. */
const ACTOR = 'cli';

/** `lethe forget --file F`: the numbers of a file, one line each of the answer; a file that was read before answers the same for a day. */
export function forgetCommand(context: CommandContext): Command {
  return new Command('forget')
    .description('Ask for the numbers of a file to be forgotten; a worker erases them')
    .requiredOption('--account <id>', 'the account whose records they are')
    .requiredOption(
      '--file <file>',
      `a CSV file: a column named number, or else the first; ${MOST_LINES} lines at most`,
    )
    .option('--unsuppress', 'take the numbers off the blacklist when they are erased', false)
    .action((options: Options) => forgetFile(context, options));
}

async function forgetFile(context: CommandContext, { account: id, file, unsuppress }: Options): Promise<void> {
  const numbers = readNumbers(file);
  if (numbers.length === 0) throw new UsageFault('the file has no number');
  if (numbers.length > MOST_LINES) throw new UsageFault(`a file may have ${MOST_LINES} numbers at most`);
  const config = readConfig(context.env);
  const progress = createProgress(context, 'lines');
  const core = createCore(config, { poolSize: 20 });
  try {
    await core.prepare();
    const account = await core.accounts.find(id);
    if (!account) throw new CommandFailure('no account has this id');
    const { deadlineMs } = core.times;
    const batch = await forgetBatch(
      {
        // The relay of a worker queues them: this process has no queue, and is gone soon.
        accept: { ...core, deadlineMs, graceMs: 0 },
        prefixes: config.NUMBER_PREFIXES,
        logger: createLogger({ level: config.LOG_LEVEL, service: 'cli' }),
        now: context.now,
        onLines: (read) => progress.onProgress({ place: file, read, total: numbers.length }),
      },
      { account, actor: ACTOR, numbers, unsuppress },
      () => false,
    );
    progress.clear();
    const { items, accepted, refused } = presentBatch(batch, config.NUMBER_PREFIXES);
    context.print('line,state,reference,error');
    for (const item of items) {
      const [reference, error] = ['reference' in item ? item.reference : '', 'error' in item ? item.error.msg : ''];
      context.print(`${item.line},${item.state},${reference},${error.includes(',') ? `"${error}"` : error}`);
    }
    context.note(`Batch ${batch._id}, digest ${digestOf(numbers)}: ${accepted} accepted, ${refused} refused.`);
  } finally {
    await core.close();
  }
}

/** The cells of one column, trimmed; a first line without a digit names the columns. @throws UsageFault */
function readNumbers(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new UsageFault('the file cannot be read');
  }
  const rows = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1')));
  const header = rows[0]?.every((cell) => !/\d/.test(cell)) ? rows.shift() : undefined;
  const column = Math.max(0, header?.findIndex((cell) => /^(phone_?)?number$/i.test(cell)) ?? 0);
  // As people write numbers: an international one with a plus, blanks and brackets.
  return rows.map((row) => (row[column] ?? '').replace(/[\s()./-]/g, '').replace(/^(\+|00)/, ''));
}
