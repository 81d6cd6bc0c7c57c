import { Command } from 'commander';
import { createPeople } from '../../src/ledger/people/people.ts';
import type { CommandContext } from '../context.ts';
import { withDatabase } from '../database.ts';
import { CommandFailure } from '../faults.ts';
import { readPersonId } from '../people.ts';

/** `lethe user disable PERSON` */
export function userDisable(context: CommandContext): Command {
  return new Command('disable')
    .description('Keep somebody out of the console, at once; `user reset` lets them in again')
    .argument('<person>', 'the address, or the id')
    .action(async (person: string) => {
      const done = await withDatabase(context, ({ db }) =>
        createPeople(db).disable(readPersonId(person), context.now()),
      );
      if (!done) throw new CommandFailure('nobody who may sign in has this address or id');
      context.note('Disabled, and signed out everywhere.');
    });
}
