import { existsSync } from 'node:fs';
import { Argument, Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { CommandFailure } from '../faults.ts';

/** What local/demo/run.ts exports. Named by its address alone: the build leaves that folder out. */
interface DemoModule {
  runDemo(names: readonly string[], context: Pick<CommandContext, 'env' | 'print'>): Promise<void>;
}

const SCENES = ['forget', 'transaction', 'contact', 'interactions', 'access', 'drill'];
const DEMO = new URL('../../local/demo/run.ts', import.meta.url);

/** `lethe demo [scene…]`: what `npm run demo` does; in a checkout only. */
export function demo(context: CommandContext): Command {
  return new Command('demo')
    .description('Show each contract once on demo data, then take everything down (in a checkout)')
    .addArgument(new Argument('[scenes...]', 'only these').choices(SCENES))
    .action(async (scenes: string[]) => {
      if (!existsSync(DEMO))
        throw new CommandFailure('the demo is not part of an installation: see npm run demo in a checkout');
      const { runDemo } = (await import(DEMO.href)) as DemoModule;
      await runDemo(scenes, context);
    });
}
