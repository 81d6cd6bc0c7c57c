import { Command } from 'commander';
import { auditPerson } from '../../src/ledger/people/audited.ts';
import { createPeople } from '../../src/ledger/people/people.ts';
import { CLI_ACTOR, openAudit } from '../audit.ts';
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
      const at = context.now();
      const done = await withDatabase(context, async ({ db }) => {
        const audit = await openAudit(context, db);
        const _id = readPersonId(person);
        const isDisabled = await createPeople(db).disable(_id, at);
        if (isDisabled) await auditPerson(audit, 'person disabled', { actor: CLI_ACTOR, person: { _id }, at });
        return isDisabled;
      });
      if (!done) throw new CommandFailure('nobody who may sign in has this address or id');
      context.note('Disabled, and signed out everywhere.');
    });
}
