import { Command } from 'commander';
import { runApi } from '../../api/main.ts';
import type { CommandContext } from '../context.ts';

/** `lethe api` */
export function api(context: CommandContext): Command {
  return new Command('api')
    .description('Run an API process until it is told to stop')
    .action(() => runApi(context.env));
}
