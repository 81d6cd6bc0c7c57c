import { Command } from 'commander';
import { runWorker } from '../../workers/main.ts';
import type { CommandContext } from '../context.ts';

/** `lethe worker [--drain]` */
export function worker(context: CommandContext): Command {
  return new Command('worker')
    .description('Run a worker process until it is told to stop')
    .option('--drain', 'work off what is due, then exit: for cron and scheduled jobs', false)
    .action(({ drain }: { drain: boolean }) => runWorker(context.env, { drain }));
}
