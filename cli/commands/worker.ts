import { Command } from 'commander';
import type { CommandContext } from '../context.ts';

/** `lethe worker [--drain]` */
export function worker(context: CommandContext): Command {
  return new Command('worker')
    .description('Run a worker process until it is told to stop')
    .option('--drain', 'work off what is due, then exit: for cron and scheduled jobs', false)
    .action(async ({ drain }: { drain: boolean }) => {
      // Loaded late: few commands need a queue.
      const { runWorker } = await import('../../workers/main.ts');
      await runWorker(context.env, { drain });
    });
}
