import { Command } from 'commander';
import { readConfig } from '../../src/base/config.ts';
import type { Status, StatusLevel } from '../../src/ops/status.ts';
import type { CommandContext } from '../context.ts';
import { describeFault, StatusIsNotOk } from '../faults.ts';
import { JSON_OPTION, printObjects } from '../json.ts';
import { formatTime, printTable } from '../table.ts';

/** The exit codes that monitoring systems agree on. */
const EXIT_CODES = { ok: 0, warning: 1, critical: 2 } as const satisfies Record<StatusLevel, number>;

interface Options {
  json?: true;
  workers: boolean;
}

/** `lethe status`: health, deadlines, workers and queues at one look, with an exit code for monitoring. */
export function status(context: CommandContext): Command {
  return new Command('status')
    .description('Services, deadlines, workers and queues; exits with 0 fine, 1 warning, 2 critical')
    .option('--json', JSON_OPTION)
    .option('--no-workers', 'workers run by the clock (worker --drain): none need be there now')
    .action((options: Options) => tell(context, options));
}

async function tell(context: CommandContext, options: Options): Promise<void> {
  const found = await read(context, options).catch(async (error: unknown) => {
    // Whoever watches is told the worst when nothing can be told.
    const { lines } = await describeFault(error);
    throw new StatusIsNotOk(EXIT_CODES.critical, [`critical: ${lines.join('; ')}`]);
  });
  if (options.json) printObjects(context, [found]);
  else print(context, found);
  if (found.level !== 'ok') throw new StatusIsNotOk(EXIT_CODES[found.level]);
}

async function read(context: CommandContext, options: Options): Promise<Status> {
  const config = readConfig(context.env);
  // Loaded late: few commands need a queue.
  const { lookAtInstallation } = await import('../installation.ts');
  return lookAtInstallation(config, context.now(), { areWorkersOptional: !options.workers });
}

function print(context: CommandContext, { level, why, version, deadlines, workers, queues }: Status): void {
  context.print(`${level}: ${why.map(({ what }) => what).join('; ') || 'all services are there, nothing is overdue'}`);
  if (deadlines)
    context.print(
      `requests: ${deadlines.on_track} on track, ${deadlines.due_soon} due soon, ${deadlines.overdue} overdue; ${deadlines.failed} of them failed`,
    );
  context.print(`Lethe ${version}, ${workers.length} ${workers.length === 1 ? 'worker' : 'workers'}`);
  if (workers.length > 0)
    printTable(
      context,
      ['WORKER', 'VERSION', 'HOST', 'STARTED'],
      workers.map((one) => [one.id.slice(0, 8), one.version, one.host, formatTime(one.started_at)]),
    );
  if (queues.length > 0)
    printTable(
      context,
      ['QUEUE', 'WAITING', 'ACTIVE', 'DELAYED', 'OLDEST'],
      queues.map(({ name, waiting, active, delayed, oldest_age_s: age }) => [
        name,
        String(waiting),
        String(active),
        String(delayed),
        age === null ? '' : `${Math.round(age)} s`,
      ]),
    );
}
