import { Command } from 'commander';
import type { CommandContext } from '../context.ts';

/** `lethe api` */
export function api(context: CommandContext): Command {
  return new Command('api').description('Run an API process until it is told to stop').action(async () => {
    // Loaded late: no other command needs a web server.
    const { runApi } = await import('../../api/main.ts');
    await runApi(context.env);
  });
}
